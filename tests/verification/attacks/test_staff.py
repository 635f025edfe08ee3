"""Fraud by staff: what was sold for cash stays sold, whoever would rather have the money."""

from __future__ import annotations

import pytest

from tests.shop import an_order
from tests.verification.attacks.acts import ask, done, nothing_moves
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.rows import HANDED
from tests.verification.endpoints.world import RATNA, SINTA, SOAP, drawers


@pytest.mark.parametrize("who", [SINTA, RATNA])
@pytest.mark.parametrize("reason", ["changed_my_mind", "void", "other"])
def test_a_cash_sale_that_is_done_is_not_voided_at_the_door(ground: Ground, who: str, reason: str) -> None:
    """The oldest trick at a till: ring it up, hand it over, void it, and keep the notes."""
    drawers(ground.world)
    sale = done(ground, "POST", "/orders", an_order((SOAP, 1), channel="pos", **HANDED), by=SINTA)
    drawer = f"/shifts/{ground.world.names[f'drawer of {SINTA}']}"
    before = done(ground, "GET", drawer, by=SINTA)
    assert (sale["status"], sale["payment_status"]) == ("completed", "paid")
    assert before["expected"]["amount"] == 500_000 + sale["total"]["amount"]

    with nothing_moves(ground):
        answer = ask(ground, "POST", f"/orders/{sale['id']}/cancel", {"reason": reason}, by=who)

    assert (answer.status, answer.json["code"]) == (409, "cannot_cancel")
    assert done(ground, "GET", drawer, by=SINTA) == before
