from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock, journal
from chalicelib.kit.errors import Invalid
from chalicelib.pricing import find
from chalicelib.pricing.model import CodeTaken, PriceEntry
from chalicelib.pricing.save import save_price, save_promotion
from chalicelib.pricing.store import use_coupon
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, rupiah


@pytest.fixture(autouse=True)
def fixed_clock(aws: Any) -> None:
    clock.source = lambda: NOW


def test_a_price_is_saved_with_all_entries_and_saving_it_twice_changes_nothing():
    entries = [PriceEntry(11900, min_quantity=12), PriceEntry(11500, price_list="grosir", channel="sfa")]

    changed = [save_price("TEH", rupiah(12500), entries, actor="owner-ratna") for _ in range(2)]

    assert changed == [True, False]
    assert find.load_price("TEH") == a_price("TEH", 12500, *entries)
    assert find.load_prices(["TEH", "KOPI"]) == {"TEH": a_price("TEH", 12500, *entries)}


def test_the_journal_records_every_price_change():
    save_price("TEH", rupiah(12500), [], actor="owner-ratna")
    save_price("TEH", rupiah(13000), [], actor="owner-ratna")

    changed = [json.loads(entry.body)["changed"] for entry in journal.history("price#TEH")]
    before, after = {"minor": 12500, "currency": "IDR"}, {"minor": 13000, "currency": "IDR"}
    assert changed[1] == {"base": {"before": before, "after": after}}


def test_a_price_below_zero_or_for_an_unknown_channel_is_refused():
    with pytest.raises(Invalid):
        save_price("TEH", rupiah(-1), [], actor="owner-ratna")
    with pytest.raises(Invalid):
        save_price("TEH", rupiah(1), [PriceEntry(-1)], actor="owner-ratna")
    with pytest.raises(Invalid):
        save_price("TEH", rupiah(1), [PriceEntry(1, channel="radio")], actor="owner-ratna")

    assert find.load_prices(["TEH"]) == {}


def test_a_promotion_is_saved_with_all_fields_and_runs_at_once():
    promotion = a_promotion(
        skus=("TEH",), categories=("teh",), channels=("web",), price_groups=("grosir",), min_quantity=2,
        min_total_minor=5000, combinable=True, ends_at=NOW + timedelta(days=1),
    )  # fmt: skip
    before = find.list_running_promotions(NOW)

    changed = [save_promotion(promotion, actor="owner-ratna") for _ in range(2)]

    assert before == []
    assert changed == [True, False]
    assert find.list_running_promotions(NOW) == [promotion]


def test_only_running_promotions_are_listed():
    save_promotion(a_promotion("soon", starts_at=NOW + timedelta(minutes=1)), actor="owner-ratna")
    save_promotion(a_promotion("over", ends_at=NOW), actor="owner-ratna")
    save_promotion(a_promotion("now"), actor="owner-ratna")

    assert [promotion.id for promotion in find.list_running_promotions(NOW)] == ["now"]
    later = find.list_running_promotions(NOW + timedelta(minutes=1))
    assert {promotion.id for promotion in later} == {"now", "soon"}


def test_a_code_is_found_in_any_case():
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("lebaran", cap=5, per_customer=1))

    (coupon,) = find.load_coupons([" Lebaran "])

    assert coupon == a_coupon("LEBARAN", cap=5, per_customer=1)
    assert find.list_running_promotions(NOW) == [a_promotion(coupon_only=True)]


def test_a_code_ends_with_its_promotion():
    save_promotion(a_promotion(ends_at=NOW + timedelta(days=2)), actor="owner-ratna", coupon=a_coupon())

    assert find.load_coupon("LEBARAN").ends_at == NOW + timedelta(days=2)


def test_changing_a_promotion_keeps_the_uses_of_its_code():
    from chalicelib.kit import db

    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon(cap=5))
    db.commit([use_coupon(find.load_coupon("LEBARAN"))])

    save_promotion(a_promotion(rate="0.20"), actor="owner-ratna", coupon=a_coupon(cap=9))

    assert find.load_coupon("LEBARAN") == a_coupon(cap=9, used=1)


def test_a_code_that_its_promotion_replaced_has_ended():
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("OLD"))

    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon("NEW"))

    assert find.load_coupon("OLD").ends_at == NOW
    assert find.load_coupon("NEW").ends_at is None


def test_a_code_belongs_to_one_promotion():
    save_promotion(a_promotion("first"), actor="owner-ratna", coupon=a_coupon())

    with pytest.raises(CodeTaken):
        save_promotion(a_promotion("second"), actor="owner-ratna", coupon=a_coupon())

    assert find.load_coupon("LEBARAN").promotion_id == "first"
    assert journal.history("promotion#second") == []


def test_a_promotion_saved_by_another_process_is_found_by_its_code_at_once():
    find.list_running_promotions(NOW)  # cached for a minute from now
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon())
    find._cache.rows, find._cache.until = (), NOW + timedelta(seconds=60)  # the cache of another process

    assert find.list_running_promotions(NOW) == []
    running = find.list_running_promotions(NOW, coupons=find.load_coupons(["LEBARAN"]))
    assert [promotion.id for promotion in running] == ["promo"]


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
def test_an_invalid_promotion_is_refused_with_the_field(wrong: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refusal:
        save_promotion(a_promotion(**wrong), actor="owner-ratna")

    assert [error["field"] for error in refusal.value.errors] == [field]
    assert find.list_running_promotions(NOW) == []
