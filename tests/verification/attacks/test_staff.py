"""Fraud by staff: a completed cash sale cannot be voided."""

from __future__ import annotations

import pytest

from tests.shop import an_order
from tests.verification.attacks.actions import assert_nothing_changes, send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.access_table import HANDOVER_SALE
from tests.verification.endpoints.sample_shop import RATNA, SINTA, SOAP, open_shifts


@pytest.mark.parametrize("staff", [SINTA, RATNA])
@pytest.mark.parametrize("reason", ["changed_my_mind", "void", "other"])
def test_a_completed_cash_sale_cannot_be_voided(shop: MemoryShop, staff: str, reason: str) -> None:
    """A common fraud at a till: hand over the goods, void the sale, and keep the cash."""
    open_shifts(shop.sample)
    sale = send_ok(shop, "POST", "/orders", an_order((SOAP, 1), channel="pos", **HANDOVER_SALE), by=SINTA)
    shift = f"/shifts/{shop.sample.ids[f'shift of {SINTA}']}"
    before = send_ok(shop, "GET", shift, by=SINTA)
    assert (sale["status"], sale["payment_status"]) == ("completed", "paid")
    assert before["expected"]["amount"] == 500_000 + sale["total"]["amount"]

    with assert_nothing_changes(shop):
        answer = send_request(shop, "POST", f"/orders/{sale['id']}/cancel", {"reason": reason}, by=staff)

    assert (answer.status, answer.json["code"]) == (409, "cannot_cancel")
    assert send_ok(shop, "GET", shift, by=SINTA) == before
