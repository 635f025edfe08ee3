"""Bringing a folder in: every row is read, checked against the others and the shop, and kept by the room's own verb.

A dry run does everything but keep. A row that is wrong is reported and the rest goes on; a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.exchange import orders, rows
from chalicelib.exchange.model import FILES, BadValue, Line, Trouble, UnknownFile, read
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid, Problem, Refused
from chalicelib.places import find as places
from chalicelib.stock.keep import AT_ONCE

Made = tuple[Line, Any]  # a row, and what it was read as
NAMED = {"products": "sku", "locations": "id", "staff": "id", "customers": "id"}  # what other files may refer to


@dataclass
class Report:
    dry_run: bool
    rows: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "changed": self.changed,
            "errors": [trouble.as_json() for trouble in self.troubles],
            "refused": self.refused,
            "skipped": self.skipped,
        }


def bring(folder: Mapping[str, str], principal: Principal, dry_run: bool) -> Report:
    """`folder` maps file names without `.csv` to their text. Never raises for a row; raises UnknownFile."""
    if unknown := [name for name in folder if name not in FILES]:
        raise UnknownFile(("", f"{unknown[0]}.csv is none of ours"), file=unknown[0], files=", ".join(FILES))
    report = Report(dry_run)
    lines: dict[str, list[Line]] = {}
    for name in FILES:
        if name in folder:
            lines[name], troubles = read(name, folder[name])
            report.troubles += troubles
            report.rows[name] = len(lines[name]) + len({one.row for one in troubles if one.row > 1})
    known = rows.Known({name: _names(lines, name) for name in NAMED})
    for name in FILES:
        if name in lines and name not in ("orders", "order_lines"):
            _keep_file(name, lines[name], known, principal, report)
            places.forget()
    if "orders" in lines:
        orders.bring(lines["orders"], lines.get("order_lines", []), known, principal, report)
    return report


def _names(lines: Mapping[str, list[Line]], name: str) -> set[str]:
    return {line.cells[NAMED[name]].strip() for line in lines.get(name, [])}


def _keep_file(name: str, lines: Iterable[Line], known: rows.Known, principal: Principal, report: Report) -> None:
    made = [(line, thing) for line in lines if (thing := tried(line, report, rows.READ[name], known)) is not None]
    if report.dry_run:
        report.changed[name] = 0
    elif name in rows.TOGETHER:
        report.changed[name] = _kept_together(made, name, principal, report)
    else:
        report.changed[name] = sum(_kept(line, thing, name, principal, report) for line, thing in made)


def _kept_together(made: Iterable[Made], name: str, principal: Principal, report: Report) -> int:
    """Where the rules refuse one of those that go in one commit, each of them goes by itself."""
    keep, kept = rows.TOGETHER[name], 0
    for some in _commits(made, name):
        try:
            kept += keep([thing for _, thing in some], principal)
        except (Invalid, Refused):
            alone = (tried(line, report, lambda _, value: keep([value], principal), thing) for line, thing in some)
            kept += sum(each or 0 for each in alone)
    return kept


def _commits(made: Iterable[Made], name: str) -> Iterator[list[Made]]:
    """Of rows about one level the last counts. A country's postcodes count only when all of them are there."""
    if name != "stock":
        yield list(made)
        return
    last = {(line.needed("location"), line.needed("sku")): (line, thing) for line, thing in made}
    by_location: dict[str, list[Made]] = {}
    for (location, _), each in last.items():
        by_location.setdefault(location, []).append(each)
    for there in by_location.values():
        yield from (there[start : start + AT_ONCE] for start in range(0, len(there), AT_ONCE))


def _kept(line: Line, thing: Any, name: str, principal: Principal, report: Report) -> bool:
    return bool(tried(line, report, lambda _, value: rows.KEEP[name](value, principal), thing))


def tried(line: Line, report: Report, act: Callable[[Line, Any], Any], said: Any) -> Any:
    """None where the row was wrong or the rules refused it; either way it is in the report."""
    try:
        return act(line, said)
    except BadValue as bad:
        report.troubles.append(Trouble(line.file, line.row, bad.column, bad.reason))
    except Invalid as invalid:
        for error in invalid.errors or [{"field": "", "says": invalid.detail}]:
            report.troubles.append(Trouble(line.file, line.row, error["field"], error["says"]))
    except Problem as refusal:
        report.troubles.append(Trouble(line.file, line.row, "", refusal.detail))
    return None
