"""Histories deliver the same kinds of events as the subscriptions of the topics."""

from __future__ import annotations

import pytest

from chalicelib.notify import events as notify
from chalicelib.orders import events as orders
from chalicelib.payments import events as payments
from chalicelib.reporting import events as reporting
from tests.verification.simulator.probabilities import HANDLERS

EVENTS_BY_HANDLER = {"notify": notify, "orders": orders, "the ledger": payments, "the recap": reporting}


@pytest.mark.parametrize("handler", EVENTS_BY_HANDLER)
def test_handlers_receive_the_same_events_in_histories_as_from_topics(handler: str) -> None:
    assert set(HANDLERS[handler][0]) == EVENTS_BY_HANDLER[handler].SUBSCRIBED_KINDS
