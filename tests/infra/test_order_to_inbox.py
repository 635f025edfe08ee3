"""From the shopper's door to both inboxes, over the journal's stream, the topics and the queues."""

from urllib.parse import urlparse

import pytest

from infra.demo import seed as demo
from infra.local import phones
from tests.client import call

NEAR_BUDI = {"lat": -7.276, "lon": 112.736}


@pytest.mark.ministack
def test_a_web_order_reaches_the_salesman_nearby_and_the_warehouse_and_his_sms_claims_it(ministack, drain):
    demo.seed_shop()
    drain()
    tokens = {each["id"]: each["token"] for each in demo.list_staff_with_tokens()}

    placed = call("POST", "/api/orders", an_order(), key="walk-0123456789ab")
    drain()

    assert placed.status == 201
    assert [told["kind"] for told in inbox(tokens["salesman-budi"], placed.json["id"])] == ["offer"]
    assert [told["kind"] for told in inbox(tokens["warehouse-yanto"], placed.json["id"])] == ["assigned"]

    link = urlparse(claim_link("+6281252000200")).path
    page = call("GET", link)
    claimed = call("POST", f"{link}/claim", headers={"content-type": "application/x-www-form-urlencoded"})
    drain()

    assert page.status == 200
    assert claimed.status == 303
    order = call("GET", f"/api/orders/{placed.json['id']}", token=tokens["owner-ratna"]).json
    assert {piece["location"] for piece in order["allocations"]} == {"van-budi"}


def an_order() -> dict:
    return {
        "channel": "web",
        "customer": {"name": "Sari Wulandari", "phone": "081252981234"},
        "lines": [{"sku": sku, "quantity": 2} for sku in list(demo.van_load(0))[:2]],
        "delivery": {
            "method": "ship",
            "address": {"street": "Jl. Kenanga 5", "postcode": "60241", "country": "ID", "position": NEAR_BUDI},
        },
        "payments": [{"method": "cod"}],
    }


def inbox(token: str, order: str) -> list[dict]:
    return [told for told in call("GET", "/api/inbox", token=token).json["items"] if told.get("order") == order]


def claim_link(phone: str) -> str:
    (text,) = phones.load_messages()[phone]
    return phones.LINK.findall(text)[-1]
