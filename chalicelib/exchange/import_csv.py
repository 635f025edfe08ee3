"""Import of a folder of CSV files: each row is parsed, its references are checked, and its package's use case saves it.

A dry run does the same on an engine that saves nothing, so it reports every refusal. A wrong row is reported and the
rest is imported. Importing a folder twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from chalicelib.exchange import import_orders, import_rows
from chalicelib.exchange.model import FILES, BadValue, CellFormats, CsvRow, RowError, UnknownFile, parse_csv
from chalicelib.kit import config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.dry_run import DryRunEngine
from chalicelib.kit.errors import Invalid, Problem, Refused
from chalicelib.places import find as places
from chalicelib.stock.save import LEVELS_PER_COMMIT

T = TypeVar("T")
MAX_LISTED = 2500  # of each kind in a report, which must fit in the 6 MB of a Lambda's answer
LISTS = ("errors", "warnings", "refused", "skipped")
ParsedRow = tuple[CsvRow, Any]  # a row and its parsed value
ID_COLUMNS = {"products": "sku", "locations": "id", "staff": "id", "customers": "id"}  # what other files may refer to


@dataclass(frozen=True)
class ImportOptions:
    """`historical` orders were sold in an earlier system. `numbers` and `dates` are the conventions of all files; each
    file shows its own if they are empty. The lists of the report begin with item number `start`."""

    dry_run: bool = False
    historical: bool = False
    numbers: str = ""
    dates: str = ""
    start: int = 0


@dataclass
class Listing(Generic[T]):
    """The items of a report from number `start` on, at most MAX_LISTED. Further ones are only counted."""

    start: int = 0
    items: list[T] = field(default_factory=list)
    count: int = 0

    def append(self, item: T) -> None:
        if self.start <= self.count < self.start + MAX_LISTED:
            self.items.append(item)
        self.count += 1

    def extend(self, items: Iterable[T]) -> None:
        for item in items:
            self.append(item)


@dataclass
class ImportReport:
    """What an import did: rows read and changed per file, wrong rows, refused orders and skipped lines.

    `warnings` are about rows that are imported with a changed meaning, such as an unusable phone number; `formats` are
    the number and date formats found in each file. Each list begins with its item number `start`."""

    dry_run: bool
    start: int = 0
    formats: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.errors: Listing[RowError] = Listing(self.start)
        self.warnings: Listing[RowError] = Listing(self.start)
        self.refused: Listing[dict[str, Any]] = Listing(self.start)
        self.skipped: Listing[dict[str, Any]] = Listing(self.start)

    @property
    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name).count for name in LISTS}

    def to_json(self) -> dict[str, Any]:
        """Return the report; `counts` are of all items, and `next` is the number of the first one that is left out."""
        end = self.start + MAX_LISTED
        return {
            "dry_run": self.dry_run,
            "formats": self.formats,
            "rows": self.rows,
            "changed": dict.fromkeys(self.changed, 0) if self.dry_run else self.changed,
            "errors": [error.to_json() for error in self.errors.items],
            "warnings": [warning.to_json() for warning in self.warnings.items],
            "refused": self.refused.items,
            "skipped": self.skipped.items,
            "counts": self.counts,
            "next": end if max(self.counts.values()) > end else None,
        }


def import_folder(folder: Mapping[str, str], principal: Principal, options: ImportOptions) -> ImportReport:
    """Import a folder, given as text by file name without `.csv`. Wrong rows are reported; raises UnknownFile."""
    if unknown := [name for name in folder if name not in FILES]:
        raise build_unknown_file(f"{unknown[0]}.csv")
    if not options.dry_run:
        return _import_files(folder, principal, options)
    with db.use_engine(DryRunEngine(db.current_engine())):
        return _import_files(folder, principal, options)


def _import_files(folder: Mapping[str, str], principal: Principal, options: ImportOptions) -> ImportReport:
    report = ImportReport(options.dry_run, options.start)
    formats = CellFormats(config.currency(), config.zone(), options.numbers, options.dates)
    lines = {name: _parse_file(name, folder[name], formats, report) for name in FILES if name in folder}
    known = import_rows.KnownIds({name: _ids_in_folder(lines, name) for name in ID_COLUMNS})
    for name in FILES:
        if name in lines and name not in ("orders", "order_lines"):
            _import_file(name, lines[name], known, principal, report)
            places.clear_cache()
    if "orders" in lines:
        orders = import_orders.OrderImport(known, principal, report, options.historical)
        orders.import_rows(lines["orders"], lines.get("order_lines", []))
    return report


def build_unknown_file(file: str) -> UnknownFile:
    return UnknownFile(("", f"{file} cannot be imported"), file=file, files=", ".join(FILES))


def _parse_file(name: str, text: str, formats: CellFormats, report: ImportReport) -> list[CsvRow]:
    parsed = parse_csv(name, text, formats)
    report.errors.extend(parsed.errors)
    report.rows[name] = parsed.row_count
    report.formats[f"{name}.csv"] = parsed.formats_to_json()
    return parsed.rows


def _ids_in_folder(lines: Mapping[str, list[CsvRow]], name: str) -> set[str]:
    return {line.cell(ID_COLUMNS[name]) for line in lines.get(name, [])}


def _import_file(
    name: str, lines: Iterable[CsvRow], known: import_rows.KnownIds, principal: Principal, report: ImportReport
) -> None:
    """Read the rows and save them: those of batches together, each other one before the next is read.

    A row completes the stored record, so as little time as possible passes between reading that and saving."""
    parsed: list[ParsedRow] = []
    report.changed[name] = 0
    for line in lines:
        value = try_row(line, report, import_rows.READERS[name], known)
        if value is None:
            continue
        parsed.append((line, value))
        report.warnings.extend(import_rows.list_contact_warnings(line, value))
        if name in import_rows.SAVERS:
            report.changed[name] += _save_row(line, value, name, principal, report)
    if name in import_rows.BATCH_SAVERS:
        report.changed[name] = _save_batches(parsed, name, principal, report)
    if name in ID_COLUMNS:
        known.folder[name] = set()  # from now on those that were saved are in the shop


def _save_batches(parsed: Iterable[ParsedRow], name: str, principal: Principal, report: ImportReport) -> int:
    """Save the rows in batches; the rows of a refused batch are saved one by one, to report those at fault."""
    save, changed = import_rows.BATCH_SAVERS[name], 0
    for batch in _batches(parsed, name):
        try:
            changed += save([value for _, value in batch], principal)
        except (Invalid, Refused):
            counts = (try_row(line, report, lambda _, value: save([value], principal), value) for line, value in batch)
            changed += sum(count or 0 for count in counts)
    return changed


def _batches(parsed: Iterable[ParsedRow], name: str) -> Iterator[list[ParsedRow]]:
    """Yield the batches of a file: all postcodes at once, and stock by location."""
    if name != "stock":
        yield list(parsed)
        return
    by_location: dict[str, list[ParsedRow]] = {}
    for line, value in parsed:
        by_location.setdefault(line.cell("location"), []).append((line, value))
    for rows in by_location.values():
        yield from (rows[start : start + LEVELS_PER_COMMIT] for start in range(0, len(rows), LEVELS_PER_COMMIT))


def _save_row(line: CsvRow, value: Any, name: str, principal: Principal, report: ImportReport) -> bool:
    return bool(try_row(line, report, lambda _, parsed: import_rows.SAVERS[name](parsed, principal), value))


def try_row(line: CsvRow, report: ImportReport, act: Callable[[CsvRow, Any], Any], argument: Any) -> Any:
    """Return the result of `act`, or None for a wrong or refused row, which is added to the report."""
    try:
        return act(line, argument)
    except BadValue as bad:
        report.errors.append(RowError(line.file, line.row, bad.column, bad.reason))
    except Invalid as invalid:
        for error in invalid.errors or [{"field": "", "says": invalid.detail}]:
            report.errors.append(RowError(line.file, line.row, error["field"], error["says"]))
    except Problem as refusal:
        report.errors.append(RowError(line.file, line.row, "", refusal.detail))
    return None
