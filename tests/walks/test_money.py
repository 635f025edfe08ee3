"""Money through several packages: a cashier's day, an order with two tenders, and two customers who are merged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.shop import CUP, TEAPOT, level
from tests.walks.actions import (
    CASH,
    LIA,
    MAYA,
    RATNA,
    SINTA,
    invariants_hold,
    load_order,
    open_shop_with_vans,
    place_order,
    request,
    request_ok,
    sms_to,
)

pytestmark = pytest.mark.ministack


@pytest.fixture
def shop(ministack: Any, drain: Callable[[], int]) -> Callable[[], int]:
    open_shop_with_vans()
    drain()
    return drain


def rupiah(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "IDR"}


def test_a_shift_is_counted_and_closed_with_its_variance(shop: Callable[[], int]) -> None:
    shift = request_ok("POST", "/shifts", {"opening": rupiah(200_000)}, by=SINTA)["id"]
    for quantity in (1, 2, 3):
        sale = {"channel": "pos", "lines": [{"sku": CUP, "quantity": quantity}], "payments": CASH}
        request_ok("POST", "/orders", sale, by=SINTA)

    request_ok("POST", f"/shifts/{shift}/count", {"counted": rupiah(274_000)}, by=SINTA)
    late = request("POST", "/orders", sale, by=SINTA)
    closed = request_ok("POST", f"/shifts/{shift}/close", {"reason": "a coin under the drawer"}, by=SINTA)
    shop()

    assert late.status == 409
    assert (closed["expected"], closed["variance"]) == (rupiah(275_000), rupiah(-1_000))
    assert level(CUP, "store-tunjungan")["on_hand"] == 24
    assert invariants_hold()


def test_an_order_paid_by_cash_and_transfer_is_paid_once_both_have_arrived(shop: Callable[[], int]) -> None:
    request_ok("POST", "/shifts", {"opening": rupiah(0)}, by=SINTA)
    tenders = [{"method": "cash", "amount": rupiah(100_000)}, {"method": "transfer"}]

    order = place_order((TEAPOT, 2), by=SINTA, channel="pos", payments=tenders)
    shop()
    before = load_order(order)
    transfer = next(payment["id"] for payment in order["payments"] if payment["method"] == "transfer")
    request_ok("POST", f"/payments/{transfer}/confirm", by=MAYA)
    shop()

    assert [payment["amount"]["amount"] for payment in order["payments"]] == [100_000, 150_000]
    assert (before["payment_status"], load_order(order)["payment_status"]) == ("partly_paid", "paid")
    assert request_ok("GET", "/shifts/mine", by=SINTA)["expected"] == rupiah(100_000)
    assert level(TEAPOT) == {"on_hand": 50, "reserved": 0, "allocated": 2, "available": 48}
    assert invariants_hold()


def test_a_guest_and_a_caller_with_one_phone_number_can_be_merged_once_both_are_verified(
    shop: Callable[[], int],
) -> None:
    order = place_order((CUP, 1))
    caller = request_ok("POST", "/customers", {"name": "Sari W.", "phone": "081252981234"}, by=LIA)["id"]
    shop()
    guest = load_order(order)["customer_id"]
    too_early = request("POST", f"/customers/{guest}/merge", {"into": caller}, by=LIA)

    identity = {"order": order["id"], "identity": "phone"}
    requested = request("POST", f"/identities/verify?token={order['token']}", identity)
    shop()
    (code,) = re.findall(r"\b\d{6}\b", sms_to("+6281252981234")[-1])
    verified = request("POST", f"/identities/confirm?token={order['token']}", {**identity, "code": code})
    request_ok("POST", f"/customers/{caller}/verify", {"identity": "phone"}, by=LIA)
    request_ok("POST", f"/customers/{guest}/merge", {"into": caller}, by=LIA)
    shop()
    next_order = place_order((CUP, 1), by=LIA, channel="phone", customer={"id": guest})
    shop()

    assert too_early.status == 409
    assert (requested.status, verified.status) == (202, 200), requested.text + verified.text
    assert load_order(next_order)["customer_id"] == caller
    unmerged = request_ok("POST", f"/customers/{guest}/unmerge", by=RATNA)
    assert not unmerged.get("merged_into")
    assert invariants_hold()
