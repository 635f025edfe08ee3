"""CPU time of processes, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU seconds of the process and its descendants, including descendants that have exited and were waited for."""
    return sum(_own_seconds(process) for process in list_descendants(pid))


def list_descendants(pid: int) -> list[int]:
    return [pid, *(descendant for child in list_children(pid) for descendant in list_descendants(child))]


def list_children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in _read_text(file).split()]


def _own_seconds(pid: int) -> float:
    """The sum of utime, stime, cutime and cstime: fields 14 to 17 of /proc/PID/stat.

    Field 2, the name in parentheses, may contain spaces and parentheses, so the fields are counted after it.
    """
    fields = _read_text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_SECOND


def _read_text(file: Path) -> str:
    """The file's text; empty for a process that has exited."""
    try:
        return file.read_text()
    except OSError:
        return ""
