"""What an order costs after some of its units were cancelled. Pure.

A line gives back its price and its share of every discount; nothing else is priced again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.kit.money import Money, total
from chalicelib.orders.model import DiscountGivenBack, OrderLine, ReducedLine, merge_demand

DaysByUnits = Mapping[str, int]  # {promised day: units}


def reduce_line(line: OrderLine, quantity: int, cancelled_days: DaysByUnits | None = None) -> OrderLine | None:
    """Return the line without `quantity` of its units, or None if no unit remains.

    Discounts are shared by the unit and rounded so that the rest never costs less than its share.
    """
    rest = line.quantity - quantity
    if rest < 0:
        raise ValueError(f"{line.sku} has {line.quantity} units, not {quantity}")
    if not rest:
        return None
    adjustments = [_scale_adjustment(adjustment, rest, line.quantity) for adjustment in line.adjustments]
    discount = sum(adjustment["amount_minor"] for adjustment in adjustments)
    line_total = Money(line.unit_price.minor * rest + discount, line.total.currency)
    return replace(
        line,
        quantity=rest,
        total=line_total,
        tax=_scale_tax(line, line_total),
        cost=Money(line.cost.minor * rest // line.quantity, line.cost.currency) if line.cost else line.cost,
        adjustments=tuple(adjustment for adjustment in adjustments if adjustment["amount_minor"]),
        later=_reduce_days(line.later, rest, cancelled_days or {}),
    )


def reduce_lines(
    lines: Sequence[OrderLine], quantities: Mapping[str, int], cancelled_days: Mapping[str, DaysByUnits]
) -> tuple[OrderLine, ...]:
    """Return the lines without these units by SKU. `cancelled_days` are the units of backorders among them."""
    reduced = (reduce_line(line, quantities.get(line.sku, 0), cancelled_days.get(line.sku)) for line in lines)
    return tuple(line for line in reduced if line is not None)


def list_reduced_lines(before: Sequence[OrderLine], after: Sequence[OrderLine]) -> tuple[ReducedLine, ...]:
    """Return by how much each line became smaller, without those that did not."""
    rest = {line.sku: line for line in after}
    return tuple(_build_reduced_line(line, rest.get(line.sku)) for line in before if rest.get(line.sku) != line)


def list_coupons(lines: Sequence[OrderLine]) -> list[str]:
    """Return the codes of the coupons that lower these lines, each once."""
    adjustments = (adjustment for line in lines for adjustment in line.adjustments)
    return list(dict.fromkeys(item["code"] for item in adjustments if item["kind"] == "coupon"))


def total_of(lines: Sequence[OrderLine], freight: Money) -> Money:
    return total((line.total for line in lines), freight.currency) + freight


def _scale_adjustment(adjustment: dict[str, Any], rest: int, quantity: int) -> dict[str, Any]:
    return adjustment | {"amount_minor": -(-adjustment["amount_minor"] * rest // quantity)}  # rounded up


def _scale_tax(line: OrderLine, line_total: Money) -> Money:
    """Return the same share of tax as before, rounded half up."""
    if not line.total:
        return line.tax
    doubled = 2 * line.tax.minor * line_total.minor + line.total.minor
    return Money(doubled // (2 * line.total.minor), line_total.currency)


def _reduce_days(
    later: Sequence[tuple[int, str]], rest: int, cancelled_days: DaysByUnits
) -> tuple[tuple[int, str], ...]:
    days = []
    for units, day in later:
        remaining = min(units - cancelled_days.get(day, 0), rest)
        if remaining > 0:
            days.append((remaining, day))
            rest -= remaining
    return tuple(days)


def _discounts_of(line: OrderLine) -> list[tuple[str, int]]:
    return [(adjustment["code"], adjustment["amount_minor"]) for adjustment in line.adjustments]


def _build_reduced_line(line: OrderLine, rest: OrderLine | None) -> ReducedLine:
    whole = merge_demand(_discounts_of(line))
    remaining = merge_demand(_discounts_of(rest) if rest else [])
    discounts = [DiscountGivenBack(code, minor - remaining.get(code, 0)) for code, minor in whole.items()]
    remaining_cost = rest.cost.minor if rest and rest.cost else 0
    return ReducedLine(
        line.sku,
        line.quantity - (rest.quantity if rest else 0),
        line.total.minor - (rest.total.minor if rest else 0),
        line.tax.minor - (rest.tax.minor if rest else 0),
        line.cost.minor - remaining_cost if line.cost is not None else None,
        tuple(discount for discount in discounts if discount.minor),
    )
