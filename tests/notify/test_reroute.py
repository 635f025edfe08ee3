"""Notices of rerouted work."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.reroute import reroute
from tests.fulfillment.build import JOKO, place_order, post_step
from tests.notify.build import deliver_all_events, inbox_kinds
from tests.shop import CUP, add_stock, open_shop


def test_the_location_that_gets_rerouted_work_is_notified(sns_and_ses: Any) -> None:
    open_shop(CUP=1)
    add_stock(CUP, "wh-sidoarjo", 1)
    order_id = place_order((CUP, 1))
    assert post_step(order_id, "reject", JOKO, {"reason": "not_found"}).status == 200

    reroute(order_id)
    deliver_all_events(order_id)

    assert inbox_kinds("location#wh-sidoarjo") == ["yours_now"]
