from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import find
from chalicelib.catalog.model import BarcodeTaken
from chalicelib.catalog.save import configure_channel, save_product
from chalicelib.kit import db, journal
from chalicelib.kit.errors import Invalid, NotFound
from tests.catalog.build import a_channel, a_product, save_products


def test_a_product_is_saved_with_all_its_fields(aws: Any):
    product = a_product(
        "TEH",
        description="25 kantong",
        barcode="8991002101234",
        tax_rate="0.12",
        channels=("pos", "web"),
        weight_grams=50,
        reorder_level=6,
        cost_minor=8000,
        shelves={"wh-kota": 4},
        image="/media/teh.webp",
        variant_of="TEH-SERI",
        complements=("GULA",),
        alternatives=("KOPI",),
    )

    assert save_product(product, actor="owner-ratna")

    assert find.load_product("TEH") == product
    assert find.list_all_products() == [product]


def test_saving_an_equal_product_changes_nothing(aws: Any):
    save_products(a_product("TEH", barcode="8991002101234"))

    assert not save_product(a_product("TEH", barcode="8991002101234"), actor="owner-ratna")

    assert len(journal.history("product#TEH")) == 1


def test_the_journal_records_the_actor_and_the_changed_fields(aws: Any):
    save_products(a_product("TEH", name="Teh", description="lama"))

    save_product(a_product("TEH", name="Teh Melati", description="baru"), actor="owner-ratna")

    first, second = journal.history("product#TEH")
    assert (second.kind, second.actor, second.sk) == ("ProductSaved", "owner-ratna", 2)
    assert json.loads(second.body)["changed"] == {
        "name": {"before": "Teh", "after": "Teh Melati"},
        "description": {},
    }
    assert second.previous == journal.hash_of(first)


def test_a_renamed_product_is_listed_once_under_its_new_name(aws: Any):
    save_products(a_product("TEH", name="Teh"), a_product("GULA", name="Gula"))

    save_product(a_product("TEH", name="Air Teh"), actor="owner-ratna")

    assert [product.sku for product in find.list_all_products()] == ["TEH", "GULA"]


def test_a_withdrawn_product_leaves_every_list_and_comes_back(aws: Any):
    save_products(a_product("TEH"))

    save_product(a_product("TEH", active=False), actor="owner-ratna")
    gone = find.list_all_products(), find.list_products(category="minuman")[0]
    save_product(a_product("TEH"), actor="owner-ratna")

    assert gone == ([], [])
    assert [product.sku for product in find.list_all_products()] == ["TEH"]


def test_a_barcode_belongs_to_one_product(aws: Any):
    save_products(a_product("TEH", barcode="8991002101234"))

    with pytest.raises(BarcodeTaken) as refusal:
        save_product(a_product("KOPI", barcode="8991002101234"), actor="owner-ratna")

    assert refusal.value.facts == {"barcode": "8991002101234", "sku": "TEH"}
    assert find.load_products(["KOPI"]) == {}
    assert journal.history("product#KOPI") == []


def test_a_released_barcode_can_be_used_by_another_product(aws: Any):
    save_products(a_product("TEH", barcode="8991002101234"))

    save_product(a_product("TEH", barcode="8991002101241"), actor="owner-ratna")
    save_product(a_product("KOPI", barcode="8991002101234"), actor="owner-ratna")

    assert find.load_product_by_barcode("8991002101234").sku == "KOPI"
    assert find.load_product_by_barcode("8991002101241").sku == "TEH"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sku": "A@B"}, "sku"),
        ({"sku": ""}, "sku"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"tax_rate": "11%"}, "tax_rate"),
        ({"tax_rate": "1.1"}, "tax_rate"),
        ({"tax_rate": "NaN"}, "tax_rate"),
        ({"currency": "XXX"}, "currency"),
        ({"channels": ("radio",)}, "channels"),
        ({"weight_grams": -1}, "weight_grams"),
        ({"cost_minor": -1}, "cost"),
    ],
)
def test_an_invalid_product_is_refused_with_the_field(aws: Any, wrong: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refusal:
        save_product(replace(a_product("TEH"), **wrong), actor="owner-ratna")

    assert [error["field"] for error in refusal.value.errors] == [field]
    assert find.list_all_products() == []


def test_saving_is_repeated_if_the_product_changed_meanwhile(aws: Any, monkeypatch: pytest.MonkeyPatch):
    save_products(a_product("TEH"))
    commit, raced = db.commit, []

    def race_once(writes: Any) -> None:
        if not raced:
            raced.append(True)
            save_product(a_product("TEH", reorder_level=9), actor="someone-else")
        commit(writes)

    monkeypatch.setattr(db, "commit", race_once)
    save_product(a_product("TEH", name="Teh Melati"), actor="owner-ratna")

    assert [entry.actor for entry in journal.history("product#TEH")] == ["owner-ratna", "someone-else", "owner-ratna"]
    assert find.load_product("TEH").name == "Teh Melati"


def test_switching_a_channel_off_and_on_is_recorded_with_the_changed_fields(aws: Any):
    configure_channel(a_channel("web", active=False), actor="owner-ratna")
    off = find.load_channel("web").active
    configure_channel(a_channel("web", safety_units=2, tenders=("cod",)), actor="owner-ratna")

    assert off is False
    assert find.load_channel("web") == a_channel("web", safety_units=2, tenders=("cod",))
    assert find.load_channel("pos").active
    bodies = [json.loads(entry.body)["changed"] for entry in journal.history("channel#web")]
    assert bodies == [
        {"active": {"before": True, "after": False}},
        {
            "active": {"before": False, "after": True},
            "tenders": {"before": [], "after": ["cod"]},
            "safety_units": {"before": 0, "after": 2},
        },
    ]


def test_an_unknown_product_is_not_found(aws: Any):
    with pytest.raises(NotFound):
        find.load_product("NOTHING")
