"""Histories tell their listeners what the topics' own filters would."""

from __future__ import annotations

import pytest

from chalicelib.notify import events as notify
from chalicelib.orders import events as orders
from chalicelib.payments import events as payments
from chalicelib.reporting import events as reporting
from tests.verification.simulator.chances import LISTENERS

HEARD = {"notify": notify, "orders": orders, "the ledger": payments, "the recap": reporting}


@pytest.mark.parametrize("listener", HEARD)
def test_a_listener_hears_in_histories_what_it_hears_from_its_topics(listener: str) -> None:
    assert set(LISTENERS[listener][0]) == HEARD[listener].HEARS
