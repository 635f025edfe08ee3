"""A postcode that is not on file: the customer is told, and its area's position finds the vans."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.places.model import Postcode
from chalicelib.places.save import save_postcodes
from tests.client import call
from tests.notify.build import a_shop_with_vans, place_and_offer_order
from tests.shop import HERE, TEAPOT, an_order, token

AREA = [
    Postcode("60241", "Wonokromo", HERE.lat - 0.01, HERE.lon),
    Postcode("60246", "Ngagel", HERE.lat + 0.01, HERE.lon),
]


def ship_to(postcode: str, **address: Any) -> dict[str, Any]:
    return {"method": "ship", "address": {"street": "Jl. Kenanga 5", "postcode": postcode, "country": "ID"} | address}


def quote(**fields: Any) -> dict[str, Any]:
    cart = {name: value for name, value in an_order((TEAPOT, 1), **fields).items() if name != "payments"}
    answer = call("POST", "/api/quotes", cart)
    assert answer.status == 200, answer.text
    quoted: dict[str, Any] = answer.json
    return quoted


@pytest.mark.parametrize(
    ("delivery", "source"),
    [
        (ship_to("60241"), "postcode"),
        (ship_to("60299"), "area"),
        (ship_to("10110"), None),
        (ship_to("10110", position=HERE.to_json()), "address"),
    ],
)
def test_a_quote_says_how_the_delivery_was_located(aws: Any, delivery: dict[str, Any], source: str | None) -> None:
    a_shop_with_vans()
    save_postcodes("ID", AREA, complete=False)

    assert quote(delivery=delivery)["located_by"] == source


def test_a_quote_without_a_postcode_does_not_speak_of_one(aws: Any) -> None:
    a_shop_with_vans()

    assert "located_by" not in quote(delivery={"method": "ship"})


@pytest.mark.parametrize(("postcode", "invited"), [("60299", [["salesman-budi"]]), ("10110", [])])
def test_an_unknown_postcode_is_offered_to_vans_near_its_area(aws: Any, postcode: str, invited: list[Any]) -> None:
    a_shop_with_vans("van-budi")
    save_postcodes("ID", AREA, complete=False)

    order_id = place_and_offer_order(delivery=ship_to(postcode))

    offers = call("GET", f"/api/orders/{order_id}/routing", token=token("owner-ratna")).json["offers"]
    assert [offer["invited"] for offer in offers] == invited


def test_one_changed_postcode_does_not_replace_the_middle_of_its_area(aws: Any) -> None:
    a_shop_with_vans("van-budi")
    save_postcodes("ID", AREA, complete=False)

    save_postcodes("ID", [Postcode("60247", "Far", 5.0, 95.0)], complete=False)

    order_id = place_and_offer_order(delivery=ship_to("60299"))
    offers = call("GET", f"/api/orders/{order_id}/routing", token=token("owner-ratna")).json["offers"]
    assert [offer["invited"] for offer in offers] == [["salesman-budi"]]
