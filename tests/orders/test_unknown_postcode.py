"""A postcode that is not on file: the customer is told, and its area's position finds the vans."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.fulfillment.assign import assign_order
from chalicelib.kit import clock
from chalicelib.places.model import Postcode
from chalicelib.places.save import save_postcodes
from tests.client import call
from tests.exchange.test_import_and_export import zip_folder
from tests.notify.build import a_shop_with_vans, load_last_entry, place_and_offer_order
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


@pytest.mark.parametrize(
    ("postcode", "source", "invited"),
    [("60241", "postcode", [["salesman-budi"]]), ("60299", "area", [["salesman-budi"]]), ("10110", None, [])],
)
def test_the_stored_address_of_a_known_customer_is_located_as_a_new_one_is(
    aws: Any, postcode: str, source: str | None, invited: list[Any]
) -> None:
    a_shop_with_vans("van-budi")
    save_postcodes("ID", AREA, complete=False)
    address = {"street": "Jl. Kenanga 5", "postcode": postcode}
    customer = {"name": "Bu Tini", "phone": "081252981234", "address": address}
    customer_id = call("POST", "/api/customers", customer, token=token("agent-lia"), key="register-tini-0001").json[
        "id"
    ]
    body = an_order((TEAPOT, 1), channel="phone", customer={"id": customer_id}, delivery={"method": "ship"})
    cart = {name: value for name, value in body.items() if name != "payments"}

    quoted = call("POST", "/api/quotes", cart, token=token("agent-lia"))
    placed = call("POST", "/api/orders", body, token=token("agent-lia"), key="order-of-tini-0001")
    assign_order(load_last_entry(placed.json["id"], "OrderPlaced"))

    routing = call("GET", f"/api/orders/{placed.json['id']}/routing", token=token("owner-ratna")).json
    assert quoted.json["located_by"] == source
    assert [offer["invited"] for offer in routing["offers"]] == invited


def test_an_imported_order_is_located_by_the_postcode_of_its_customer(aws: Any) -> None:
    a_shop_with_vans("van-budi")
    save_postcodes("ID", AREA, complete=False)
    folder = {
        "customers": "id,name,phone,street,postcode\nC1,Bu Tini,081252981234,Jl. Kenanga 5,60299\n",
        "orders": "ref,placed_at,channel,customer,actor,delivery_method,location,payment_method,freight,coupons\n"
        f"A-1,{clock.iso(clock.now())},phone,C1,agent-lia,ship,,cod,,\n",
        "order_lines": "ref,sku,quantity,unit_price,discount_rate\nA-1,TEAPOT,1,125000,0\n",
    }

    report = call("POST", "/api/imports", zip_folder(folder), token=token("owner-ratna"))

    assert report.status == 200, report.text
    (order,) = call("GET", "/api/orders", token=token("owner-ratna")).json["items"]
    assign_order(load_last_entry(order["id"], "OrderPlaced"))
    routing = call("GET", f"/api/orders/{order['id']}/routing", token=token("owner-ratna")).json
    assert [offer["invited"] for offer in routing["offers"]] == [["salesman-budi"]]


def test_one_changed_postcode_does_not_replace_the_middle_of_its_area(aws: Any) -> None:
    a_shop_with_vans("van-budi")
    save_postcodes("ID", AREA, complete=False)

    save_postcodes("ID", [Postcode("60247", "Far", 5.0, 95.0)], complete=False)

    order_id = place_and_offer_order(delivery=ship_to("60299"))
    offers = call("GET", f"/api/orders/{order_id}/routing", token=token("owner-ratna")).json["offers"]
    assert [offer["invited"] for offer in offers] == [["salesman-budi"]]
