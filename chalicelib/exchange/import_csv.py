"""Bringing a folder in: every row is read, checked against the others and the shop, and kept by the room's own verb.

A dry run does everything but keep. A row that is wrong is reported and the rest goes on; a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.exchange import import_orders, import_rows
from chalicelib.exchange.model import FILES, BadValue, CsvRow, RowError, UnknownFile, parse_csv
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid, Problem, Refused
from chalicelib.places import find as places
from chalicelib.stock.save import LEVELS_PER_COMMIT

ParsedRow = tuple[CsvRow, Any]  # a row, and what it was read as
ID_COLUMNS = {"products": "sku", "locations": "id", "staff": "id", "customers": "id"}  # what other files may refer to


@dataclass
class ImportReport:
    dry_run: bool
    rows: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "changed": self.changed,
            "errors": [trouble.to_json() for trouble in self.errors],
            "refused": self.refused,
            "skipped": self.skipped,
        }


def import_folder(folder: Mapping[str, str], principal: Principal, dry_run: bool) -> ImportReport:
    """`folder` maps file names without `.csv` to their text. Never raises for a row; raises UnknownFile."""
    if unknown := [name for name in folder if name not in FILES]:
        raise UnknownFile(("", f"{unknown[0]}.csv is none of ours"), file=unknown[0], files=", ".join(FILES))
    report = ImportReport(dry_run)
    lines: dict[str, list[CsvRow]] = {}
    for name in FILES:
        if name in folder:
            lines[name], troubles = parse_csv(name, folder[name])
            report.errors += troubles
            report.rows[name] = len(lines[name]) + len({one.row for one in troubles if one.row > 1})
    known = import_rows.KnownIds({name: _ids_in_folder(lines, name) for name in ID_COLUMNS})
    for name in FILES:
        if name in lines and name not in ("orders", "order_lines"):
            _import_file(name, lines[name], known, principal, report)
            places.clear_cache()
    if "orders" in lines:
        import_orders.import_orders(lines["orders"], lines.get("order_lines", []), known, principal, report)
    return report


def _ids_in_folder(lines: Mapping[str, list[CsvRow]], name: str) -> set[str]:
    return {line.cells[ID_COLUMNS[name]].strip() for line in lines.get(name, [])}


def _import_file(
    name: str, lines: Iterable[CsvRow], known: import_rows.KnownIds, principal: Principal, report: ImportReport
) -> None:
    made = [
        (line, thing)
        for line in lines
        if (thing := try_row(line, report, import_rows.READERS[name], known)) is not None
    ]
    if report.dry_run:
        report.changed[name] = 0
    elif name in import_rows.BATCH_SAVERS:
        report.changed[name] = _save_batches(made, name, principal, report)
    else:
        report.changed[name] = sum(_save_row(line, thing, name, principal, report) for line, thing in made)


def _save_batches(made: Iterable[ParsedRow], name: str, principal: Principal, report: ImportReport) -> int:
    """Where the rules refuse one of those that go in one commit, each of them goes by itself."""
    keep, kept = import_rows.BATCH_SAVERS[name], 0
    for some in _batches(made, name):
        try:
            kept += keep([thing for _, thing in some], principal)
        except (Invalid, Refused):
            alone = (try_row(line, report, lambda _, value: keep([value], principal), thing) for line, thing in some)
            kept += sum(each or 0 for each in alone)
    return kept


def _batches(made: Iterable[ParsedRow], name: str) -> Iterator[list[ParsedRow]]:
    """Of rows about one level the last counts. A country's postcodes count only when all of them are there."""
    if name != "stock":
        yield list(made)
        return
    last = {(line.required_text("location"), line.required_text("sku")): (line, thing) for line, thing in made}
    by_location: dict[str, list[ParsedRow]] = {}
    for (location, _), each in last.items():
        by_location.setdefault(location, []).append(each)
    for there in by_location.values():
        yield from (there[start : start + LEVELS_PER_COMMIT] for start in range(0, len(there), LEVELS_PER_COMMIT))


def _save_row(line: CsvRow, thing: Any, name: str, principal: Principal, report: ImportReport) -> bool:
    return bool(try_row(line, report, lambda _, value: import_rows.SAVERS[name](value, principal), thing))


def try_row(line: CsvRow, report: ImportReport, act: Callable[[CsvRow, Any], Any], said: Any) -> Any:
    """None where the row was wrong or the rules refused it; either way it is in the report."""
    try:
        return act(line, said)
    except BadValue as bad:
        report.errors.append(RowError(line.file, line.row, bad.column, bad.reason))
    except Invalid as invalid:
        for error in invalid.errors or [{"field": "", "says": invalid.detail}]:
            report.errors.append(RowError(line.file, line.row, error["field"], error["says"]))
    except Problem as refusal:
        report.errors.append(RowError(line.file, line.row, "", refusal.detail))
    return None
