"""What an order costs after some of its units were cancelled. Pure.

A line gives back its price and its share of every discount; nothing else is priced again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

from chalicelib.kit.money import Money, total
from chalicelib.orders.model import DiscountGivenBack, OrderLine, ReducedLine, merge_demand

DaysByUnits = Mapping[str, int]  # {promised day: units}


def reduce_line(line: OrderLine, quantity: int, cancelled_days: DaysByUnits | None = None) -> OrderLine | None:
    """Return the line without `quantity` of its units, or None if no unit remains.

    Discounts are shared by the unit and rounded so that the rest never costs less than its share, nor more than before.
    Raises ValueError for more units than the line has.
    """
    rest = line.quantity - quantity
    if rest < 0:
        raise ValueError(f"{line.sku} has {line.quantity} units, not {quantity}")
    if not rest:
        return None
    adjustments = _scale_adjustments(line.adjustments, rest, line.quantity)
    adjusted = sum(adjustment["amount_minor"] for adjustment in adjustments)
    line_total = Money(line.unit_price.minor * rest + adjusted, line.total.currency)
    return replace(
        line,
        quantity=rest,
        total=line_total,
        tax=_scale(line.tax, line_total.minor, line.total.minor),
        cost=_scale(line.cost, rest, line.quantity) if line.cost else line.cost,
        adjustments=adjustments,
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
    return list(
        dict.fromkeys(item["code"] for item in adjustments if item["kind"] == "coupon" and item["amount_minor"])
    )


def total_of(lines: Sequence[OrderLine], freight: Money) -> Money:
    return total((line.total for line in lines), freight.currency) + freight


def _scale_adjustments(adjustments: Sequence[dict[str, Any]], rest: int, quantity: int) -> tuple[dict[str, Any], ...]:
    """Return the share of the rest in each adjustment.

    Their running sums are rounded up, and not each share: several roundings could make a free line cost money.
    """
    sums = [0, *accumulate(adjustment["amount_minor"] for adjustment in adjustments)]
    scaled_sums = [-(-amount * rest // quantity) for amount in sums]
    return tuple(
        adjustment | {"amount_minor": after - before}
        for adjustment, (before, after) in zip(adjustments, pairwise(scaled_sums))
    )


def _scale(amount: Money, part: int, whole: int) -> Money:
    """Return this part of the amount, rounded half up, or all of it if the whole is zero."""
    if not whole:
        return amount
    return Money((2 * amount.minor * part + whole) // (2 * whole), amount.currency)


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
