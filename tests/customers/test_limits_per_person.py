"""Limits of coupons and credit belong to a person, whichever customer record an order is on."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import config, db
from chalicelib.kit.money import Money
from chalicelib.pricing.coupon_uses import guest_person
from infra.invariants.prices import m9_coupon_usage_matches_live_orders
from infra.invariants.snapshot import load_snapshot
from tests.client import call
from tests.shop import TEAPOT, add_stock, an_order, open_shop, token

OWNER, AGENT = "owner-ratna", "agent-lia"
A_PHONE, B_PHONE = "081252981001", "081252981002"
PROMOTION = {
    "id": "sekali",
    "name": "Sekali saja",
    "kind": "percent",
    "rate": "0.1",
    "starts_at": "2026-01-01T00:00:00Z",
    "terms": {"id": "Sekali.", "en": "Once."},
}


class Shop:
    """Requests to the API, each with an idempotency key of its own."""

    aws: Any

    def __init__(self) -> None:
        open_shop(TEAPOT=99)
        self.requests = 0

    def send(self, method: str, path: str, body: Any = None, by: str = "", **query: Any) -> Any:
        self.requests += 1
        key = f"a-key-of-16-chars-{self.requests}" if method == "POST" else ""
        return call(method, f"/api{path}", body, key=key, token=token(by) if by else "", query=query)

    def save_coupon(self, per_customer: int | None) -> None:
        coupon = {"code": "SEKALI"} | ({"per_customer": per_customer} if per_customer else {})
        assert self.send("PUT", "/promotions", PROMOTION | {"coupon": coupon}, OWNER).status == 200

    def order(self, customer: dict[str, str], by: str = "", **fields: Any) -> Any:
        channel = {"channel": "phone"} if by == AGENT else {}
        return self.send("POST", "/orders", an_order((TEAPOT, 1), customer=customer, **channel, **fields), by)

    def use_coupon(self, customer: dict[str, str], by: str = "") -> str:
        answer = self.order(customer, by, coupons=["SEKALI"])
        return "used" if answer.status == 201 else str(answer.json["code"])

    def quote(self, customer: dict[str, str], by: str = "") -> str:
        lines = [{"sku": TEAPOT, "quantity": 1}]
        cart = {"channel": "phone" if by else "web", "customer": customer, "lines": lines, "coupons": ["SEKALI"]}
        answer = self.send("POST", "/quotes", cart, by)
        return "fits" if answer.status == 200 else str(answer.json["code"])

    def a_verified_customer(self, phone: str, limit: int = 0) -> str:
        customer_id = self.send("POST", "/customers", {"name": "Sari", "phone": phone}, AGENT).json["id"]
        self.send("POST", f"/customers/{customer_id}/verify", {"identity": "phone"}, AGENT)
        if limit:
            assert self.grant(customer_id, limit).status == 200
        return str(customer_id)

    def grant(self, customer_id: str, limit: int) -> Any:
        terms = {"limit": {"amount": limit, "currency": "IDR"}, "terms_days": 14, "reason": "good record"}
        return self.send("PUT", f"/customers/{customer_id}/terms", terms, OWNER)

    def merge(self, customer_id: str, into: str) -> None:
        assert self.send("POST", f"/customers/{customer_id}/merge", {"into": into}, OWNER).status == 200

    def buy_on_credit(self, customer_id: str) -> Any:
        return self.order({"id": customer_id}, AGENT, payments=[{"method": "credit"}])

    def credit_left(self, customer_id: str) -> int:
        return int(self.send("GET", f"/customers/{customer_id}", by=OWNER).json["credit_left"]["amount"])

    def owed(self, customer_id: str) -> int:
        return int(self.send("GET", f"/customers/{customer_id}", by=OWNER).json["owed"]["amount"])

    def list_order_ids(self, customer_id: str, limit: int = 50) -> list[str]:
        ids, query = [], {"customer": customer_id, "limit": limit}
        while True:
            page = self.send("GET", "/orders", by=OWNER, **query).json
            ids += [order["id"] for order in page["items"]]
            if page["next"] is None:
                return ids
            query["cursor"] = page["next"]


@pytest.fixture
def shop(aws: Any) -> Shop:
    shop = Shop()
    shop.aws = aws
    return shop


def assert_uses_match_orders(shop: Shop) -> None:
    snapshot = load_snapshot(shop.aws.client("dynamodb"), config.prefix())
    assert m9_coupon_usage_matches_live_orders(snapshot) == []


def test_a_guest_uses_a_coupon_once_with_a_phone_or_an_email(shop: Shop) -> None:
    shop.save_coupon(per_customer=1)
    sari = {"name": "Sari", "phone": A_PHONE, "email": "sari@example.com"}

    assert shop.use_coupon(sari) == "used"

    assert shop.use_coupon(sari) == "coupon_spent"
    assert shop.use_coupon({"name": "S.", "phone": "+62 812 5298 1001"}) == "coupon_spent"
    assert shop.use_coupon({"name": "S.", "phone": B_PHONE, "email": "SARI@example.com"}) == "coupon_spent"
    assert shop.use_coupon({"name": "Dewi", "phone": B_PHONE, "email": "dewi@example.com"}) == "used"
    assert_uses_match_orders(shop)


def test_a_guest_who_gives_the_phone_of_a_customer_leaves_the_customers_limit_alone(shop: Shop) -> None:
    shop.save_coupon(per_customer=1)
    customer_id = shop.a_verified_customer(A_PHONE)

    assert shop.use_coupon({"name": "Someone", "phone": A_PHONE}) == "used"

    assert shop.use_coupon({"id": customer_id}, AGENT) == "used"
    assert shop.use_coupon({"id": customer_id, "name": "Sari", "phone": B_PHONE}, AGENT) == "coupon_spent"
    assert_uses_match_orders(shop)


def test_a_guest_does_not_learn_whether_the_customer_with_the_phone_used_a_coupon(shop: Shop) -> None:
    shop.save_coupon(per_customer=1)
    shop.a_verified_customer(A_PHONE)
    sari, dewi = {"name": "Sari", "phone": A_PHONE}, {"name": "Dewi", "phone": B_PHONE}
    assert shop.use_coupon(sari, AGENT) == "used"

    assert shop.quote(sari) == shop.quote(dewi) == "fits"
    assert shop.use_coupon(sari) == shop.use_coupon(dewi) == "used"
    assert shop.quote(sari) == shop.quote({"name": "Eka", "phone": "081252981003"}) == "fits"


def test_staff_see_in_the_quote_that_a_customer_used_a_coupon_up(shop: Shop) -> None:
    shop.save_coupon(per_customer=2)
    a, b = shop.a_verified_customer(A_PHONE), shop.a_verified_customer(B_PHONE)
    assert shop.use_coupon({"id": a}, AGENT) == shop.use_coupon({"id": b}, AGENT) == "used"
    assert shop.quote({"name": "Sari", "phone": B_PHONE}, AGENT) == "fits"

    shop.merge(a, into=b)

    assert shop.quote({"name": "Sari", "phone": B_PHONE}, AGENT) == shop.quote({"id": a}, AGENT) == "coupon_spent"


def test_uses_as_a_guest_count_once_the_guest_proves_the_phone(shop: Shop) -> None:
    shop.save_coupon(per_customer=2)
    customer_id = shop.a_verified_customer(A_PHONE)
    guest = shop.order({"name": "Sari", "phone": A_PHONE}, coupons=["SEKALI"]).json["customer_id"]

    verified = shop.send("POST", f"/customers/{guest}/verify", {"identity": "phone"}, AGENT)
    shop.merge(guest, into=customer_id)

    assert verified.status == 200
    assert shop.use_coupon({"id": customer_id}, AGENT) == "used"
    assert shop.use_coupon({"id": customer_id}, AGENT) == "coupon_spent"
    assert_uses_match_orders(shop)


def test_a_sale_without_a_customer_cannot_use_a_limited_coupon(shop: Shop) -> None:
    shop.save_coupon(per_customer=1)
    add_stock(TEAPOT, "store-tunjungan", 1)
    sale = {"channel": "pos", "lines": [{"sku": TEAPOT, "quantity": 1}], "payments": [{"method": "cash"}]}

    refused = shop.send("POST", "/orders", sale | {"coupons": ["SEKALI"]}, "cashier-sinta")

    assert (refused.status, refused.json["code"]) == (409, "coupon_needs_customer")


def test_the_stored_key_of_a_guest_depends_on_the_apps_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    before = guest_person("phone", "+6281252981001")
    monkeypatch.setattr(config, "secrets", lambda: ("another secret of the app",))

    assert guest_person("phone", "+6281252981001") != before
    assert "81252981001" not in before


def test_a_cancelled_order_gives_the_use_back_to_the_phone(shop: Shop) -> None:
    shop.save_coupon(per_customer=1)
    sari = {"name": "Sari", "phone": A_PHONE}
    order = shop.order(sari, coupons=["SEKALI"]).json

    shop.send("POST", f"/orders/{order['id']}/cancel", {"reason": "changed_my_mind"}, OWNER)

    assert shop.use_coupon(sari) == "used"
    assert shop.use_coupon(sari) == "coupon_spent"
    assert_uses_match_orders(shop)


def test_uses_of_a_customer_before_a_limit_count_when_one_is_set(shop: Shop) -> None:
    shop.save_coupon(per_customer=None)
    sari = {"id": shop.a_verified_customer(A_PHONE)}
    assert (shop.use_coupon(sari, AGENT), shop.use_coupon(sari, AGENT)) == ("used", "used")

    shop.save_coupon(per_customer=3)

    assert (shop.use_coupon(sari, AGENT), shop.use_coupon(sari, AGENT)) == ("used", "coupon_spent")


def test_phones_of_guests_are_counted_only_for_coupons_with_a_limit_per_customer(shop: Shop) -> None:
    shop.save_coupon(per_customer=None)
    sari = {"name": "Sari", "phone": A_PHONE}
    order = shop.order(sari, coupons=["SEKALI"]).json

    shop.save_coupon(per_customer=1)

    assert (shop.use_coupon(sari), shop.use_coupon(sari)) == ("used", "coupon_spent")
    assert shop.send("POST", f"/orders/{order['id']}/cancel", {"reason": "too late"}, OWNER).status == 200
    assert shop.use_coupon(sari) == "coupon_spent"
    assert_uses_match_orders(shop)


def test_merging_joins_the_uses_of_a_coupon_and_unmerging_separates_them(shop: Shop) -> None:
    shop.save_coupon(per_customer=2)
    a, b = shop.a_verified_customer(A_PHONE), shop.a_verified_customer(B_PHONE)
    assert (shop.use_coupon({"id": a}, AGENT), shop.use_coupon({"id": b}, AGENT)) == ("used", "used")

    shop.merge(a, into=b)

    assert shop.use_coupon({"id": b}, AGENT) == "coupon_spent"
    assert shop.use_coupon({"id": a}, AGENT) == "coupon_spent"

    shop.send("POST", f"/customers/{a}/unmerge", by=OWNER)

    assert (shop.use_coupon({"id": a}, AGENT), shop.use_coupon({"id": b}, AGENT)) == ("used", "used")
    assert_uses_match_orders(shop)


def test_merging_joins_the_use_of_credit_and_unmerging_separates_it(shop: Shop) -> None:
    a, b = shop.a_verified_customer(A_PHONE, 300_000), shop.a_verified_customer(B_PHONE, 300_000)
    for _ in range(2):
        assert shop.buy_on_credit(a).status == 201  # 125 000 each

    shop.merge(a, into=b)

    assert (shop.owed(b), shop.credit_left(b)) == (250_000, 50_000)
    refused = shop.buy_on_credit(b)
    assert (refused.status, refused.json["code"], refused.json["left_amount"]) == (402, "credit_limit_reached", 50_000)
    assert shop.buy_on_credit(a).json["code"] == "credit_limit_reached"
    assert shop.owed(b) == 250_000

    shop.send("POST", f"/customers/{a}/unmerge", by=OWNER)

    assert (shop.credit_left(a), shop.credit_left(b)) == (50_000, 300_000)
    assert shop.buy_on_credit(b).status == 201


def test_a_payment_of_merged_debts_frees_the_joined_credit(shop: Shop) -> None:
    a, b = shop.a_verified_customer(A_PHONE, 300_000), shop.a_verified_customer(B_PHONE, 300_000)
    assert (shop.buy_on_credit(a).status, shop.buy_on_credit(a).status) == (201, 201)
    shop.merge(a, into=b)

    paid = {"customer": b, "amount": Money(250_000, "IDR").to_json(), "method": "transfer"}
    assert shop.send("POST", "/collections", paid, "finance-maya").status == 201

    assert (shop.owed(b), shop.credit_left(b)) == (0, 300_000)
    assert shop.buy_on_credit(b).status == 201


def test_orders_of_merged_customers_are_listed_together(shop: Shop) -> None:
    a, b = shop.a_verified_customer(A_PHONE), shop.a_verified_customer(B_PHONE)
    placed = [shop.order({"id": customer_id}, AGENT).json["id"] for customer_id in (a, b, a, b, a)]

    shop.merge(a, into=b)

    assert shop.list_order_ids(b) == shop.list_order_ids(b, limit=2) == placed[::-1]
    shop.send("POST", f"/customers/{a}/unmerge", by=OWNER)
    assert shop.list_order_ids(b) == [placed[3], placed[1]]


def test_one_phone_is_granted_credit_once(shop: Shop) -> None:
    first, second = (
        shop.order({"name": "Sari", "phone": A_PHONE}).json["customer_id"] for _ in range(2)
    )  # guests with the same phone

    assert shop.grant(first, 300_000).status == 200
    refused = shop.grant(second, 300_000)

    assert (refused.status, refused.json["code"], refused.json["customer"]) == (409, "identity_taken", first)
    assert shop.credit_left(second) == 0


def test_a_merge_during_an_order_is_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = shop.a_verified_customer(A_PHONE, 300_000), shop.a_verified_customer(B_PHONE, 300_000)
    assert (shop.buy_on_credit(a).status, shop.buy_on_credit(a).status) == (201, 201)
    commit = db.commit

    def merge_first(writes: Any, **options: Any) -> Any:
        monkeypatch.setattr(db, "commit", commit)
        shop.merge(a, into=b)
        return commit(writes, **options)

    monkeypatch.setattr(db, "commit", merge_first)

    assert shop.buy_on_credit(b).json["code"] == "credit_limit_reached"
