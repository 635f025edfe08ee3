from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock, journal
from chalicelib.kit.errors import Invalid
from chalicelib.pricing import find
from chalicelib.pricing.keep import keep_price, keep_promotion
from chalicelib.pricing.model import CodeTaken, PriceEntry
from chalicelib.pricing.store import use_coupon
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, rupiah


@pytest.fixture(autouse=True)
def at_a_quarter_past_nine(aws: Any) -> None:
    clock.source = lambda: NOW


def test_a_price_is_kept_whole_and_keeping_it_twice_changes_nothing():
    entries = [PriceEntry(11900, min_quantity=12), PriceEntry(11500, price_list="grosir", channel="sfa")]

    changed = [keep_price("TEH", rupiah(12500), entries, actor="owner-ratna") for _ in range(2)]

    assert changed == [True, False]
    assert find.price("TEH") == a_price("TEH", 12500, *entries)
    assert find.prices(["TEH", "KOPI"]) == {"TEH": a_price("TEH", 12500, *entries)}


def test_the_journal_keeps_every_price_there_ever_was():
    keep_price("TEH", rupiah(12500), [], actor="owner-ratna")
    keep_price("TEH", rupiah(13000), [], actor="owner-ratna")

    changed = [json.loads(entry.body)["changed"] for entry in journal.history("price#TEH")]
    before, after = {"minor": 12500, "currency": "IDR"}, {"minor": 13000, "currency": "IDR"}
    assert changed[1] == {"base": {"before": before, "after": after}}


def test_a_price_below_nothing_or_for_no_channel_is_refused():
    with pytest.raises(Invalid):
        keep_price("TEH", rupiah(-1), [], actor="owner-ratna")
    with pytest.raises(Invalid):
        keep_price("TEH", rupiah(1), [PriceEntry(-1)], actor="owner-ratna")
    with pytest.raises(Invalid):
        keep_price("TEH", rupiah(1), [PriceEntry(1, channel="radio")], actor="owner-ratna")

    assert find.prices(["TEH"]) == {}


def test_a_promotion_is_kept_whole_and_seen_at_once():
    promotion = a_promotion(
        skus=("TEH",), categories=("teh",), channels=("web",), price_groups=("grosir",), min_quantity=2,
        min_total_minor=5000, combinable=True, ends_at=NOW + timedelta(days=1),
    )  # fmt: skip
    before = find.promotions(NOW)

    changed = [keep_promotion(promotion, actor="owner-ratna") for _ in range(2)]

    assert before == []
    assert changed == [True, False]
    assert find.promotions(NOW) == [promotion]


def test_only_promotions_that_run_are_given():
    keep_promotion(a_promotion("soon", starts_at=NOW + timedelta(minutes=1)), actor="owner-ratna")
    keep_promotion(a_promotion("over", ends_at=NOW), actor="owner-ratna")
    keep_promotion(a_promotion("now"), actor="owner-ratna")

    assert [each.id for each in find.promotions(NOW)] == ["now"]
    assert {each.id for each in find.promotions(NOW + timedelta(minutes=1))} == {"now", "soon"}


def test_a_code_is_found_however_it_is_typed():
    keep_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("lebaran", cap=5, per_customer=1))

    (coupon,) = find.coupons([" Lebaran "])

    assert coupon == a_coupon("LEBARAN", cap=5, per_customer=1)
    assert find.promotions(NOW) == [a_promotion(coupon_only=True)]


def test_a_code_ends_with_its_promotion():
    keep_promotion(a_promotion(ends_at=NOW + timedelta(days=2)), actor="owner-ratna", coupon=a_coupon())

    assert find.coupon("LEBARAN").ends_at == NOW + timedelta(days=2)


def test_changing_a_promotion_keeps_count_of_its_code():
    from chalicelib.kit import db

    keep_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon(cap=5))
    db.commit(use_coupon(find.coupon("LEBARAN"), None))

    keep_promotion(a_promotion(rate="0.20"), actor="owner-ratna", coupon=a_coupon(cap=9))

    assert find.coupon("LEBARAN") == a_coupon(cap=9, used=1)


def test_a_code_that_its_promotion_gave_up_has_ended():
    keep_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("OLD"))

    keep_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("NEW"))

    assert find.coupon("OLD").ends_at == NOW
    assert find.coupon("NEW").ends_at is None


def test_a_code_opens_one_promotion():
    keep_promotion(a_promotion("first"), actor="owner-ratna", coupon=a_coupon())

    with pytest.raises(CodeTaken):
        keep_promotion(a_promotion("second"), actor="owner-ratna", coupon=a_coupon())

    assert find.coupon("LEBARAN").promotion_id == "first"
    assert journal.history("promotion#second") == []


def test_a_promotion_kept_by_another_process_is_seen_through_its_code_at_once():
    find.promotions(NOW)  # known for a minute from here
    keep_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon())
    find._known.rows, find._known.until = (), NOW + timedelta(seconds=60)  # as a process that was not told

    assert find.promotions(NOW) == []
    assert [each.id for each in find.promotions(NOW, opened_by=find.coupons(["LEBARAN"]))] == ["promo"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "gift"}, "kind"),
        ({"rate": "0"}, "rate"),
        ({"rate": "1.01"}, "rate"),
        ({"kind": "amount", "amount_minor": 0}, "amount_minor"),
        ({"kind": "price", "amount_minor": 5}, "skus"),
        ({"kind": "amount", "amount_minor": 5, "currency": ""}, "currency"),
        ({"ends_at": NOW - timedelta(days=1)}, "ends_at"),
        ({"terms": {"id": "Syarat"}}, "terms"),
    ],
)
def test_a_promotion_that_makes_no_sense_is_refused_by_its_field(wrong: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        keep_promotion(a_promotion(**wrong), actor="owner-ratna")

    assert [error["field"] for error in refused.value.errors] == [field]
    assert find.promotions(NOW) == []
