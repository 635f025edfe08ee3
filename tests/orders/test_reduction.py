"""What an order costs after some of its units were cancelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.orders.model import DiscountGivenBack, OrderLine, ReducedLine
from chalicelib.orders.reduction import list_coupons, list_reduced_lines, reduce_line, reduce_lines, total_of

FIFTH, TENTH = "2026-12-05", "2026-12-10"


def rupiah(minor: int) -> Money:
    return Money(minor, "IDR")


def an_adjustment(minor: int, code: str = "murah") -> dict[str, Any]:
    return {"code": code, "says": code.title(), "kind": "promotion", "amount_minor": minor}


def a_line(quantity: int, unit: int = 1000, *adjustments: dict[str, Any], **fields: Any) -> OrderLine:
    total = unit * quantity + sum(adjustment["amount_minor"] for adjustment in adjustments)
    amounts = {"unit_price": rupiah(unit), "total": rupiah(total), "tax": rupiah(fields.pop("tax", 0))}
    return OrderLine(fields.pop("sku", "CUP"), "Cup", quantity, **amounts, adjustments=adjustments, **fields)


def reduce(line: OrderLine, quantity: int, **days: int) -> OrderLine:
    rest = reduce_line(line, quantity, {day.removeprefix("d").replace("_", "-"): units for day, units in days.items()})
    assert rest is not None
    return rest


def discounts_of(line: OrderLine) -> list[int]:
    return [adjustment["amount_minor"] for adjustment in line.adjustments]


def test_the_rest_keeps_its_price_and_everything_else_of_the_line():
    line = a_line(3, 1000, tax=297, cost=rupiah(1500))

    assert reduce(line, 1) == replace(line, quantity=2, total=rupiah(2000), tax=rupiah(198), cost=rupiah(1000))


def test_no_line_remains_without_units_and_no_more_units_are_cancelled_than_it_has():
    assert reduce_line(a_line(3), 3) is None

    with pytest.raises(ValueError, match=r"^CUP has 3 units, not 4$"):
        reduce_line(a_line(3), 4)


def test_a_line_without_cancelled_units_stays_as_it_is():
    overridden = replace(
        a_line(3, 1000, an_adjustment(0, "override"), an_adjustment(-100), tax=287, cost=rupiah(100)),
        later=((1, FIFTH), (2, TENTH)),
    )

    assert reduce_line(overridden, 0) == overridden


def test_the_reason_of_an_adjustment_stays_with_its_share():
    line = a_line(4, 1000, an_adjustment(-400, "murah"), an_adjustment(0, "override"))

    assert reduce(line, 3).adjustments == (an_adjustment(-100, "murah"), an_adjustment(0, "override"))


def test_a_share_of_a_discount_is_rounded_down_and_one_of_a_surcharge_up():
    discounted, surcharged = a_line(3, 1000, an_adjustment(-100)), a_line(3, 1000, an_adjustment(100))

    assert (discounts_of(reduce(discounted, 1)), reduce(discounted, 1).total) == ([-66], rupiah(1934))
    assert (discounts_of(reduce(surcharged, 1)), reduce(surcharged, 1).total) == ([67], rupiah(2067))


def test_a_free_line_stays_free_whatever_number_of_discounts_made_it_free():
    line = a_line(2, 3, an_adjustment(-1, "a"), an_adjustment(-1, "b"), an_adjustment(-1, "c"), an_adjustment(-3, "d"))

    rest = reduce(line, 1)

    assert (rest.total, discounts_of(rest)) == (rupiah(0), [0, -1, 0, -2])


def test_every_share_of_a_discount_by_the_unit_is_exact():
    line = a_line(3, 1000, an_adjustment(-100, "order"), an_adjustment(-30, "unit"), an_adjustment(-100, "more"))

    assert discounts_of(reduce(line, 1)) == [-66, -20, -67]


@pytest.mark.parametrize(("tax", "rest"), [(298, 99), (299, 100), (300, 100), (301, 100), (1, 0)])
def test_tax_and_cost_of_the_rest_are_rounded_to_the_nearest(tax: int, rest: int):
    reduced = reduce(a_line(3, 1000, tax=tax, cost=rupiah(tax)), 2)

    assert (reduced.tax, reduced.cost) == (rupiah(rest), rupiah(rest))


def test_half_a_minor_unit_of_tax_or_cost_is_rounded_up():
    reduced = reduce(a_line(2, 1000, tax=5, cost=rupiah(7)), 1)

    assert (reduced.tax, reduced.cost) == (rupiah(3), rupiah(4))


def test_tax_follows_the_amount_and_cost_the_units():
    line = a_line(2, 10, an_adjustment(-9), tax=11, cost=rupiah(8))

    rest = reduce(line, 1)

    assert (rest.total, rest.tax, rest.cost) == (rupiah(6), rupiah(6), rupiah(4))


def test_a_free_line_has_no_tax_and_goods_without_cost_cost_nothing():
    free, costless = a_line(2, 5, an_adjustment(-10)), a_line(2, cost=rupiah(0))

    assert (reduce(free, 1).tax, reduce(free, 1).cost) == (rupiah(0), None)
    assert reduce(costless, 1).cost == rupiah(0)


def test_cancelled_backorders_leave_their_promised_day():
    line = replace(a_line(6), later=((2, FIFTH), (3, TENTH)))

    assert reduce(line, 1, d2026_12_10=1).later == ((2, FIFTH), (2, TENTH))
    assert reduce(line, 3, d2026_12_10=3).later == ((2, FIFTH),)
    assert reduce(line, 3, d2026_12_05=2, d2026_12_10=1).later == ((2, TENTH),)


def test_units_from_stock_leave_the_promised_days_as_long_as_units_remain_for_them():
    line = replace(a_line(6), later=((2, FIFTH), (3, TENTH)))

    assert reduce(line, 1).later == ((2, FIFTH), (3, TENTH))
    assert reduce(line, 2).later == ((2, FIFTH), (2, TENTH))
    assert reduce(line, 4).later == ((2, FIFTH),)
    assert reduce(line, 5).later == ((1, FIFTH),)


def test_lines_are_reduced_by_sku_and_those_without_units_are_left_out():
    cup, pot, tray = replace(a_line(3), later=((2, FIFTH),)), a_line(1, sku="POT"), a_line(2, sku="TRAY")

    lines = reduce_lines((cup, pot, tray), {"CUP": 1, "POT": 1}, {"CUP": {FIFTH: 1}, "TRAY": {FIFTH: 1}})

    assert lines == (replace(cup, quantity=2, total=rupiah(2000), later=((1, FIFTH),)), tray)


def test_the_total_is_that_of_the_lines_and_the_freight():
    assert total_of((a_line(3), a_line(1, 500, sku="POT")), rupiah(9000)) == rupiah(12_500)
    assert total_of((), rupiah(9000)) == rupiah(9000)


def test_a_reduced_line_names_what_its_cancelled_units_cost_and_their_share_of_each_discount():
    line = a_line(
        3, 1000, an_adjustment(-100), an_adjustment(-7, "KUPON"), an_adjustment(-50), tax=284, cost=rupiah(1500)
    )
    other = a_line(2, sku="POT")

    reduced = list_reduced_lines((line, other), reduce_lines((line, other), {"CUP": 1}, {}))

    # Of -100, -7 and -50 the rest has -66, -5 and -33: the sums -66.67, -71.33 and -104.67 are rounded up.
    discounts = (DiscountGivenBack("murah", -51), DiscountGivenBack("KUPON", -2))
    assert reduced == (ReducedLine("CUP", 1, 947, 95, 500, discounts),)


def test_a_line_that_is_gone_gives_back_everything():
    line = a_line(3, 1000, an_adjustment(-100), an_adjustment(0, "override"), tax=287, cost=rupiah(1500))
    uncosted = a_line(2, sku="POT")

    reduced = list_reduced_lines((line, uncosted), ())

    assert reduced == (
        ReducedLine("CUP", 3, 2900, 287, 1500, (DiscountGivenBack("murah", -100),)),
        ReducedLine("POT", 2, 2000, 0, None),
    )


def test_goods_without_cost_give_back_no_cost():
    line = a_line(2, cost=rupiah(0))

    assert list_reduced_lines((line,), (reduce(line, 1),)) == (ReducedLine("CUP", 1, 1000, 0, 0),)


@st.composite
def lines(draw: Any) -> OrderLine:
    quantity, unit = draw(st.integers(1, 30)), draw(st.integers(0, 200_000))
    adjustments, left = [], unit * quantity
    for code in draw(st.lists(st.sampled_from("abcd"), max_size=4)):
        minor = draw(st.integers(-left, 5_000))
        adjustments.append(an_adjustment(minor, code))
        left += minor
    tax, cost = draw(st.integers(0, left)), draw(st.none() | st.integers(0, 1_000_000).map(rupiah))
    return a_line(quantity, unit, *adjustments, tax=tax, cost=cost)


@st.composite
def cancellations(draw: Any) -> tuple[tuple[OrderLine, ...], list[dict[str, int]]]:
    """Return the lines of an order and partial cancellations that end in everything."""
    ordered = tuple(replace(line, sku=sku) for sku, line in zip("ABC", draw(st.lists(lines(), min_size=1, max_size=3))))
    left, steps = {line.sku: line.quantity for line in ordered}, []
    while left:
        step = {sku: draw(st.integers(0, quantity)) for sku, quantity in left.items()}
        step = {sku: quantity for sku, quantity in step.items() if quantity} or dict(left)
        left = {sku: rest for sku, quantity in left.items() if (rest := quantity - step.get(sku, 0))}
        steps.append(step)
    return ordered, steps


@settings(max_examples=100, deadline=None)
@given(cancelled=cancellations())
def test_partial_cancellations_that_end_in_everything_give_back_exactly_what_the_order_cost(
    cancelled: tuple[tuple[OrderLine, ...], list[dict[str, int]]],
):
    ordered, steps = cancelled
    rest, given_back = ordered, []
    for step in steps:
        before, rest = rest, reduce_lines(rest, step, {})
        reduced = list_reduced_lines(before, rest)
        assert {line.sku: line.quantity for line in reduced} == step
        assert (
            total_of(before, rupiah(0)).minor - sum(line.total_minor for line in reduced)
            == total_of(rest, rupiah(0)).minor
        )
        given_back += reduced

    assert rest == ()
    for line in ordered:
        parts = [part for part in given_back if part.sku == line.sku]
        assert sum(part.quantity for part in parts) == line.quantity
        assert sum(part.total_minor for part in parts) == line.total.minor
        assert sum(part.tax_minor for part in parts) == line.tax.minor
        assert sum(part.cost_minor or 0 for part in parts) == (line.cost.minor if line.cost else 0)
        shares = [share for part in parts for share in part.discounts]
        for code in "abcd":
            whole = sum(item["amount_minor"] for item in line.adjustments if item["code"] == code)
            assert sum(share.minor for share in shares if share.code == code) == whole


@settings(max_examples=100, deadline=None)
@given(cancelled=cancellations())
def test_no_cancellation_gives_back_less_than_nothing_or_leaves_less_than_the_share_of_the_rest(
    cancelled: tuple[tuple[OrderLine, ...], list[dict[str, int]]],
):
    ordered, steps = cancelled
    rest = ordered
    for step in steps:
        before, rest = rest, reduce_lines(rest, step, {})
        for part in list_reduced_lines(before, rest):
            assert 0 <= part.tax_minor <= part.total_minor
        for line in rest:
            whole = next(other for other in before if other.sku == line.sku)
            assert line.total.minor == line.unit_price.minor * line.quantity + sum(discounts_of(line))
            assert 0 <= line.total.minor * whole.quantity - whole.total.minor * line.quantity < whole.quantity
            assert 0 <= line.tax.minor <= line.total.minor


def test_the_coupons_of_lines_are_those_that_lower_one_each_once():
    def a_coupon(code: str, minor: int) -> dict[str, Any]:
        return an_adjustment(minor, code) | {"kind": "coupon"}

    lines = [
        a_line(1, 1000, an_adjustment(-50, "promo"), a_coupon("HEMAT", -100), a_coupon("NOL", 0)),
        a_line(2, 1000, a_coupon("BARU", -10), a_coupon("HEMAT", -20)),
    ]

    assert list_coupons(lines) == ["HEMAT", "BARU"]
