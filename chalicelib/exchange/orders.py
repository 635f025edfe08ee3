"""A history of orders with the prices agreed then: placed as they were, once for each `ref`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.catalog.model import CHANNELS
from chalicelib.exchange.model import BadValue, Line, Trouble
from chalicelib.kit import clock, config, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Problem
from chalicelib.kit.money import from_decimal
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.model import Delivery
from chalicelib.orders.place import place
from chalicelib.payments.model import METHODS

DELIVERIES = ("ship", "pickup", "handover")


class Known(Protocol):
    def check(self, what: str, column: str, name: str) -> None: ...


class Report(Protocol):
    dry_run: bool
    changed: dict[str, int]
    troubles: list[Trouble]
    refused: list[dict[str, Any]]
    skipped: list[dict[str, Any]]


def bring(orders: Iterable[Line], lines: Iterable[Line], known: Known, who: Principal, report: Report) -> None:
    of_order: dict[str, list[Line]] = {}
    for line in lines:
        of_order.setdefault(line.cells["ref"].strip(), []).append(line)
    report.changed["orders"] = 0
    for order in orders:
        _bring_one(order, of_order.pop(order.cells["ref"].strip(), []), known, who, report)
    for left in of_order.values():
        report.troubles += [Trouble(line.file, line.row, "ref", "no such order in orders.csv") for line in left]


def _bring_one(order: Line, lines: Sequence[Line], known: Known, who: Principal, report: Report) -> None:
    wanted = [one for line in lines if (one := _wanted(line, known, report)) is not None]
    try:
        if not wanted:
            raise BadValue("ref", "has no lines in order_lines.csv that can be sold")
        command = _command(order, wanted, known, who)
    except BadValue as bad:
        report.troubles.append(Trouble(order.file, order.row, bad.column, bad.reason))
        return
    if len(wanted) == len(lines) - _skipped(lines, report) and not report.dry_run:
        _place(command, report)


def _skipped(lines: Sequence[Line], report: Report) -> int:
    rows = {line.row for line in lines}
    return sum(1 for each in report.skipped if each["row"] in rows)


def _place(command: PlaceOrder, report: Report) -> None:
    try:
        place(command)
        report.changed["orders"] += 1
    except requests.AlreadyAnswered:
        pass
    except Problem as refusal:
        report.refused.append({"ref": command.ref, "code": refusal.code, "detail": refusal.detail})


def _wanted(line: Line, known: Known, report: Report) -> Wanted | None:
    """None for a line that is wrong, or that is a return."""
    try:
        sku, currency = line.needed("sku", 64), config.currency()
        known.check("products", "sku", sku)
        quantity = line.whole("quantity", least=-100_000, most=100_000)
        if quantity < 0:
            report.skipped.append({"ref": line.cells["ref"], "row": line.row, "reason": "returns_not_yet"})
            return None
        if quantity == 0:
            raise BadValue("quantity", "is zero")
        price, rate = line.decimal("unit_price"), line.decimal("discount_rate", most="1")
        line.needed("unit_price")
        assert price is not None and rate is not None  # nosec B101 - both have defaults
        return Wanted(sku, quantity, agreed_price=from_decimal(price, currency), agreed_discount=rate)
    except BadValue as bad:
        report.troubles.append(Trouble(line.file, line.row, bad.column, bad.reason))
        return None


def _command(order: Line, wanted: Sequence[Wanted], known: Known, who: Principal) -> PlaceOrder:
    channel = _one_of(order, "channel", CHANNELS, "")
    known.check("customers", "customer", order.text("customer"))
    known.check("staff", "actor", order.text("actor"))
    known.check("locations", "location", order.text("location"))
    if len({line.sku for line in wanted}) < len(wanted):
        raise BadValue("ref", "sells one SKU on two lines; make them one")
    freight = order.decimal("freight")
    assert freight is not None  # nosec B101 - it has a default
    location = order.text("location")
    method = _one_of(order, "delivery_method", DELIVERIES, "ship")
    command = PlaceOrder(
        channel=channel,
        lines=wanted,
        delivery=Delivery(method, location or None),
        tenders=[Tender(_one_of(order, "payment_method", tuple(METHODS), "cod"))],
        principal=Principal(who.role, who.id, location or who.location),
        customer_id=order.text("customer", 64),
        coupons=tuple(code for code in order.text("coupons").split(";") if code),
        placed_at=_instant(order),
        freight=from_decimal(freight, config.currency()),
        ref=order.needed("ref", 64),
        made_by=order.text("actor", 64),
    )
    return _asked(command)


def _asked(command: PlaceOrder) -> PlaceOrder:
    said = {"order": [asdict(line) for line in command.lines], "at": command.placed_at, "who": command.customer_id}
    return replace(command, asked=requests.asked(command.channel, "ref", command.ref, said))


def _one_of(line: Line, column: str, allowed: Sequence[str], default: str) -> str:
    said = line.text(column, default=default)
    if said not in allowed:
        raise BadValue(column, f"{said!r} is none of {', '.join(allowed)}")
    return said


def _instant(order: Line) -> datetime:
    try:
        return clock.parse(order.needed("placed_at", 40))
    except ValueError as error:
        raise BadValue("placed_at", str(error)) from error
