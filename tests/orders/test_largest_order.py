"""The largest order that the API accepts fits in one DynamoDB transaction, and so does its cancellation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.kit import db
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money
from chalicelib.pricing.model import Coupon, Promotion
from chalicelib.pricing.save import save_price, save_promotion
from tests.client import call
from tests.conditional_writes import memory  # noqa: F401
from tests.shop import add_stock, an_order, open_shop, token

SKUS = [f"SKU-{number:02}" for number in range(40)]
CODES = [f"KODE-{number}" for number in range(5)]
START = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = {"id": "Sekali.", "en": "Once."}
KNOWN = {"id": "cus_makmur"}
GUEST = {"name": "Sari", "phone": "081252981234", "email": "sari@example.com"}
CREDIT_AND_TRANSFER = [{"method": "credit", "amount": {"amount": 9_000, "currency": "IDR"}}, {"method": "transfer"}]


@pytest.fixture
def sizes(memory: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:  # noqa: F811
    """Open a shop with forty products and five coupons, each once per customer; return the sizes of transactions."""
    open_shop()
    for sku in SKUS:
        save_product(Product(sku, sku, "Dapur", "IDR"), "test")
        save_price(sku, Money(1_000, "IDR"), (), "test")
        add_stock(sku, "wh-surabaya", 5)
    for code in CODES:
        promotion = Promotion(code, code, "percent", START, rate="0.05", combinable=True, terms=TERMS)
        save_promotion(promotion, "test", Coupon(code, code, START, per_customer=1))
    makmur = Customer("cus_makmur", "Makmur", phone="+6281200000009", email="makmur@example.com", terms_days=14)
    save_customer(makmur, "test", credit_limit=Money(100_000, "IDR"))
    sizes: list[int] = []
    monkeypatch.setattr(db, "commit", record_size(db.commit, sizes))
    return sizes


def record_size(commit: Callable[..., Any], sizes: list[int]) -> Callable[..., Any]:
    def run(writes: list[Write], **options: Any) -> Any:
        sizes.append(len([write for write in writes if write]))
        return commit(writes, **options)

    return run


@pytest.mark.parametrize(
    ("channel", "by", "customer", "payments"),
    [("phone", "agent-lia", KNOWN, CREDIT_AND_TRANSFER), ("web", "", GUEST, [{"method": "transfer"}])],
)
def test_forty_lines_with_five_coupons_are_one_transaction(
    sizes: list[int], channel: str, by: str, customer: dict[str, str], payments: Any
) -> None:
    body = an_order(*((sku, 1) for sku in SKUS), channel=channel, customer=customer, payments=payments, coupons=CODES)

    placed = call("POST", "/api/orders", body, key="a-key-of-16-characters", token=token(by) if by else "")
    again = call("POST", "/api/orders", body, key="another-key-of-16-characters", token=token(by) if by else "")
    path = f"/api/orders/{placed.json['id']}/cancel"
    cancelled = call("POST", path, {"reason": "changed_my_mind"}, token=token("owner-ratna"))

    assert (placed.status, placed.json["coupons"]) == (201, CODES)
    assert (again.status, again.json["code"]) == (409, "coupon_spent")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert 90 < max(sizes) <= db.MAX_TRANSACTION_WRITES
