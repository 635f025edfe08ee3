"""What a cart would cost here and now, what of it is there, and how it could be delivered and paid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.look import look, look_wider
from chalicelib.orders.place import check
from chalicelib.orders.price import quoted
from chalicelib.payments.model import METHODS
from chalicelib.places import find as places
from chalicelib.stock.coming import plan_with_expected
from chalicelib.stock.model import OutOfStock


def quoted_json(command: PlaceOrder) -> dict[str, Any]:
    """Never refuses for lack of stock: a cart page has to show what is short."""
    seen = look_wider(command, look(command))
    check(command, seen)
    made = quoted(command, seen)
    demand = {line.sku: line.quantity for line in command.lines}

    def short_at(locations: list[str]) -> list[dict[str, Any]]:
        try:
            plan_with_expected(
                demand,
                seen.levels,
                replace(seen.on_its_way, preference=locations),
                backorder=False,
                safety_units=seen.channel.safety_units,
            )
        except OutOfStock as refused:
            return list(refused.facts["short"])
        return []

    stores = [one for one in places.locations().values() if one.kind == "store" and one.active]
    pickup = [one for one in stores if one.id in seen.preference and not short_at([one.id])]
    return {
        "lines": [line.as_json() for line in made.lines],
        "freight": made.freight.as_json(),
        "tax_included": made.tax_included.as_json(),
        "total": made.total.as_json(),
        "coupons_used": list(made.coupons_used),
        "short": short_at(list(seen.preference)),
        "delivery": [{"method": "ship"}]
        + [{"method": "pickup", "location": one.id, "name": one.name, "address": one.address} for one in pickup],
        "payments": [code for code in METHODS if payable(code, command, seen)],
    }


def payable(method: str, command: PlaceOrder, seen: Any) -> bool:
    allowed = seen.channel.tenders
    if allowed and method not in allowed:
        return False
    if method == "cash":
        return command.channel in ("pos", "sfa")
    return method != "credit" or seen.credit is not None
