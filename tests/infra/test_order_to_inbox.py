"""From a web order to both inboxes, over the journal's stream, the topics and the queues."""

from urllib.parse import urlparse

import pytest

from infra.demo import seed as demo
from infra.local import phones
from tests.client import call

NEAR_BUDI = {"lat": -7.276, "lon": 112.736}


@pytest.mark.ministack
def test_a_web_order_is_offered_to_the_salesman_nearby_who_claims_it_by_the_link_in_an_sms(ministack, drain):
    demo.seed_shop()
    drain()
    tokens = {person["id"]: person["token"] for person in demo.list_staff_with_tokens()}

    placed = call("POST", "/api/orders", an_order(), key="walk-0123456789ab")
    drain()

    assert placed.status == 201
    assert [notice["kind"] for notice in inbox(tokens["salesman-budi"], placed.json["id"])] == ["offer"]
    assert [notice["kind"] for notice in inbox(tokens["warehouse-yanto"], placed.json["id"])] == ["assigned"]

    link = urlparse(claim_link("+6281252000200")).path
    page = call("GET", link)
    claim = call("POST", f"{link}/claim", headers={"content-type": "application/x-www-form-urlencoded"})
    drain()

    assert page.status == 200
    assert claim.status == 303
    order = call("GET", f"/api/orders/{placed.json['id']}", token=tokens["owner-ratna"]).json
    assert {allocation["location"] for allocation in order["allocations"]} == {"van-budi"}


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
    return [notice for notice in call("GET", "/api/inbox", token=token).json["items"] if notice.get("order") == order]


def claim_link(phone: str) -> str:
    (text,) = phones.load_messages()[phone]
    return phones.LINK.findall(text)[-1]
