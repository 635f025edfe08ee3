"""Import of past orders with the prices agreed at the time; each `ref` is placed once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.catalog.model import CHANNELS
from chalicelib.exchange.model import BadValue, CsvRow, RowError
from chalicelib.kit import clock, config, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem
from chalicelib.kit.money import zero
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.model import Delivery, PlacedAtOutOfRange, check_placed_at
from chalicelib.orders.place import place
from chalicelib.payments.model import PAYMENT_METHODS

DELIVERIES = ("ship", "pickup", "handover")


class KnownIds(Protocol):
    def check(self, what: str, column: str, name: str) -> None: ...


class ImportReport(Protocol):
    dry_run: bool
    changed: dict[str, int]
    errors: list[RowError]
    refused: list[dict[str, Any]]
    skipped: list[dict[str, Any]]


def import_orders(
    orders: Iterable[CsvRow], lines: Iterable[CsvRow], known: KnownIds, principal: Principal, report: ImportReport
) -> None:
    """Place the orders and add to the report what was placed, wrong, refused and skipped."""
    lines_by_ref: dict[str, list[CsvRow]] = {}
    for line in lines:
        lines_by_ref.setdefault(line.cell("ref"), []).append(line)
    report.changed["orders"] = 0
    for order in orders:
        _import_order(order, lines_by_ref.pop(order.cell("ref"), []), known, principal, report)
    for orphans in lines_by_ref.values():
        report.errors += [RowError(line.file, line.row, "ref", "no such order in orders.csv") for line in orphans]


def _import_order(
    order: CsvRow, lines: Sequence[CsvRow], known: KnownIds, principal: Principal, report: ImportReport
) -> None:
    parsed = (_read_order_line(line, known, report) for line in lines)
    requested = [line for line in parsed if line is not None]
    try:
        if not requested:
            raise BadValue("ref", "has no lines in order_lines.csv that can be sold")
        command = _build_command(order, requested, known, principal)
    except BadValue as bad:
        report.errors.append(RowError(order.file, order.row, bad.column, bad.reason))
        return
    if len(requested) == len(lines) - _count_skipped(lines, report) and not report.dry_run:
        _place(command, report)


def _count_skipped(lines: Sequence[CsvRow], report: ImportReport) -> int:
    rows = {line.row for line in lines}
    return sum(1 for skipped in report.skipped if skipped["row"] in rows)


def _place(command: PlaceOrder, report: ImportReport) -> None:
    try:
        place(command)
        report.changed["orders"] += 1
    except idempotency.Replay:
        pass
    except Problem as refusal:
        report.refused.append({"ref": command.ref, "code": refusal.code, "detail": refusal.detail})


def _read_order_line(line: CsvRow, known: KnownIds, report: ImportReport) -> RequestedLine | None:
    """Return the line, or None for a wrong line and for a return, which are added to the report."""
    try:
        sku = line.required_text("sku", 64)
        known.check("products", "sku", sku)
        quantity = line.integer("quantity", minimum=-100_000, maximum=100_000)
        if quantity < 0:
            report.skipped.append({"ref": line.cell("ref"), "row": line.row, "reason": "returns_not_yet"})
            return None
        if quantity == 0:
            raise BadValue("quantity", "is zero")
        line.required_text("unit_price")
        return RequestedLine(
            sku, quantity, agreed_price=line.amount("unit_price"), agreed_discount=line.rate("discount_rate")
        )
    except BadValue as bad:
        report.errors.append(RowError(line.file, line.row, bad.column, bad.reason))
        return None


def _build_command(order: CsvRow, lines: Sequence[RequestedLine], known: KnownIds, principal: Principal) -> PlaceOrder:
    channel = _read_choice(order, "channel", CHANNELS, "")
    known.check("customers", "customer", order.text("customer"))
    known.check("staff", "actor", order.text("actor"))
    known.check("locations", "location", order.text("location"))
    if len({line.sku for line in lines}) < len(lines):
        raise BadValue("ref", "has two lines with one SKU; merge them")
    location = order.text("location")
    method = _read_choice(order, "delivery_method", DELIVERIES, "ship")
    command = PlaceOrder(
        channel=channel,
        lines=lines,
        delivery=Delivery(method, location or None),
        tenders=[Tender(_read_choice(order, "payment_method", tuple(PAYMENT_METHODS), "cod"))],
        principal=Principal(principal.role, principal.id, location or principal.location),
        customer_id=order.text("customer", 64),
        coupons=tuple(code for code in order.text("coupons").split(";") if code),
        placed_at=_read_placed_at(order),
        freight=order.amount("freight") or zero(config.currency()),
        ref=order.required_text("ref", 64),
        made_by=order.text("actor", 64),
    )
    return _with_idempotency_key(command)


def _with_idempotency_key(command: PlaceOrder) -> PlaceOrder:
    body = {"order": [asdict(line) for line in command.lines], "at": command.placed_at, "who": command.customer_id}
    key = idempotency.build_idempotency_key(command.channel, "ref", command.ref, body)
    return replace(command, idempotency_key=key)


def _read_choice(line: CsvRow, column: str, allowed: Sequence[str], default: str) -> str:
    choice = line.text(column, default=default)
    if choice not in allowed:
        raise BadValue(column, f"{choice!r} is not one of {', '.join(allowed)}")
    return choice


def _read_placed_at(order: CsvRow) -> datetime:
    try:
        placed_at = order.instant("placed_at")
        check_placed_at(placed_at, clock.now())
    except (OverflowError, PlacedAtOutOfRange) as error:
        raise BadValue("placed_at", "must lie between 1990 and now") from error
    return placed_at
