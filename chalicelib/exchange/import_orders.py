"""Import of orders with the prices agreed at the time; each `ref` is placed once.

Orders marked historical are recorded as complete; all others are placed, and cause work, stock movements and messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.catalog.model import CHANNELS
from chalicelib.exchange.model import BadValue, CsvRow, RowError
from chalicelib.kit import clock, config, idempotency
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem, Refused, Unavailable
from chalicelib.kit.money import Money, zero
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.find import list_all_orders_of_day
from chalicelib.orders.model import Delivery, Order, PlacedAtOutOfRange, check_placed_at
from chalicelib.orders.place import place
from chalicelib.orders.record_historical import record_historical
from chalicelib.orders.store import find_order
from chalicelib.payments.model import PAYMENT_METHODS
from chalicelib.places import find as places
from chalicelib.pricing.model import normalize_code

DELIVERIES = ("ship", "pickup", "handover")


class OrderDiffers(Refused):
    is_internal = True
    message = "Order {ref} is in the shop already, with other lines; it was left as it is."


class KnownIds(Protocol):
    def check(self, what: str, column: str, name: str) -> None: ...


class ImportReport(Protocol):
    changed: dict[str, int]
    errors: Any  # Listings of RowErrors, refusals and skipped lines
    refused: Any
    skipped: Any


@dataclass
class OrderImport:
    """The import of `orders.csv` with `order_lines.csv`. With `historical` all orders are of an earlier system."""

    known: KnownIds
    principal: Principal
    report: ImportReport
    historical: bool = False

    def __post_init__(self) -> None:
        self.stored = StoredOrders()

    def import_rows(self, orders: Iterable[CsvRow], lines: Iterable[CsvRow]) -> None:
        """Place or record the orders and add to the report what was placed, wrong, refused and skipped."""
        lines_by_ref: dict[str, list[CsvRow]] = {}
        for line in lines:
            lines_by_ref.setdefault(line.cell("ref"), []).append(line)
        self.report.changed["orders"] = 0
        for order in orders:
            self._import_order(order, lines_by_ref.pop(order.cell("ref"), []))
        for orphans in lines_by_ref.values():
            self.report.errors.extend(
                RowError(line.file, line.row, "ref", "no such order in orders.csv") for line in orphans
            )

    def _import_order(self, order: CsvRow, lines: Sequence[CsvRow]) -> None:
        skipped_before = self.report.skipped.count
        parsed = (_read_order_line(line, self.known, self.report) for line in lines)
        requested = [line for line in parsed if line is not None]
        try:
            if not requested:
                raise BadValue("ref", "has no lines in order_lines.csv that can be sold")
            command = _build_command(order, requested, self.known, self.principal)
        except BadValue as bad:
            self.report.errors.append(RowError(order.file, order.row, bad.column, bad.reason))
            return
        if len(requested) + self.report.skipped.count - skipped_before == len(lines):
            self._place_or_check(replace(command, historical=command.historical or self.historical))

    def _place_or_check(self, command: PlaceOrder) -> None:
        """Place or record the order. An existing order is not changed.

        Raises Unavailable: the import is then repeated, and does not report the order as refused.
        """
        try:
            if existing := self.stored.find(command):
                _check_equal(command, existing)
                return
            record_historical(command) if command.historical else place(command)
            self.report.changed["orders"] += 1
        except idempotency.Replay:
            pass
        except Unavailable:
            raise
        except Problem as refusal:
            refused = {"ref": command.ref, "code": refusal.code, "detail": refusal.detail, "facts": refusal.facts}
            self.report.refused.append(refused)


class StoredOrders:
    """The orders of the shop, loaded by day and channel when they are first looked for."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], dict[str, Order]] = {}

    def find(self, command: PlaceOrder) -> Order | None:
        """Return the order whose id is the `ref` (orders without one are exported by id), else the one with this `ref`
        on the command's day in its channel."""
        if command.ref.startswith("ord_") and (order := find_order(command.ref)):
            return order
        assert command.placed_at is not None  # nosec B101 - every row has one
        day = places.business_day(command.principal.location or "", command.placed_at).isoformat()
        if (day, command.channel) not in self._days:
            orders = list_all_orders_of_day(day, command.channel)
            self._days[day, command.channel] = {order.ref: order for order in orders if order.ref}
        return self._days[day, command.channel].get(command.ref)


def _check_equal(command: PlaceOrder, existing: Order) -> None:
    wanted = {line.sku: (line.quantity, _net(line)) for line in command.lines}
    if wanted != {line.sku: (line.quantity, line.total) for line in existing.lines}:
        raise OrderDiffers(ref=command.ref)


def _net(line: RequestedLine) -> Money:
    assert line.agreed_price is not None  # nosec B101 - every row has one
    return (line.agreed_price * line.quantity).portion(1 - line.agreed_discount)


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
        coupons=tuple(dict.fromkeys(normalize_code(code) for code in order.text("coupons").split(";") if code.strip())),
        placed_at=_read_placed_at(order),
        freight=order.amount("freight") or zero(config.currency()),
        ref=order.required_text("ref", 64),
        made_by=order.text("actor", 64),
        historical=order.flag("historical"),
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
