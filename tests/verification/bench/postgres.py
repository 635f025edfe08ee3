"""A temporary PostgreSQL server on loopback, from Debian's package, in a new folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from time import sleep

from infra.local.engine import free_port

USER, DATABASE = "vendure", "vendure"
START_SECONDS = 30
SETTINGS = ("listen_addresses=127.0.0.1", "logging_collector=off", "log_min_messages=warning")


class Postgres:
    """PostgreSQL refuses to run as root, so root runs it as the user `postgres`, which Debian's package creates."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.log = folder, free_port(), folder.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        initialize = [program("initdb"), "-D", str(self.folder), "-U", USER, "--auth=trust", "--no-sync"]
        subprocess.run(initialize, check=True, stdout=subprocess.DEVNULL, user=_user(), cwd="/")
        settings = [part for setting in SETTINGS for part in ("-c", setting)]
        command = [program("postgres"), "-D", str(self.folder), "-p", str(self.port), "-k", str(self.folder), *settings]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), cwd="/")
        self._await_start()
        self.run(f"CREATE DATABASE {DATABASE}", database="postgres")

    def run(self, statement: str, database: str = DATABASE) -> str:
        """Run the statement and return psql's output: rows whose columns are separated by `|`."""
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database, "-Atqc", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def statements_of(self, log_from: int) -> int:
        """Count the statements that clients have sent since the log had this length, after `log_all_statements`."""
        text = self.log.read_bytes()[log_from:].decode("utf-8", "replace")
        return sum("LOG:  execute " in line or "LOG:  statement: " in line for line in text.splitlines())

    def log_all_statements(self) -> int:
        """Turn on logging of all statements; return the current length of the log in bytes."""
        self.run("ALTER SYSTEM SET log_statement = 'all'")
        self.run("SELECT pg_reload_conf()")
        sleep(1)
        return self.log.stat().st_size

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(START_SECONDS)
            self.process.kill()

    def _await_start(self) -> None:
        for _ in range(START_SECONDS * 10):
            with suppress(subprocess.CalledProcessError):
                self.run("SELECT 1", database="postgres")
                return
            sleep(0.1)
        raise SystemExit(f"PostgreSQL did not start; see {self.log}")


def program(name: str) -> str:
    """Return the path of a server program, which Debian installs outside of PATH."""
    files = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not files:
        raise FileNotFoundError(name)
    return str(files[-1])


def is_installed() -> bool:
    return bool(list(Path("/usr/lib/postgresql").glob("*/bin/postgres")))


def _user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None
