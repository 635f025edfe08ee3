"""What one house gave up is another's work, and it is told so."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.reroute import reroute
from tests.fulfillment.build import JOKO, placed, step
from tests.notify.build import everybody_hears, inbox_of
from tests.shop import CUP, open_shop, put


def test_the_house_that_brings_it_instead_is_told(carriers: Any) -> None:
    open_shop(CUP=1)
    put(CUP, "wh-sidoarjo", 1)
    order_id = placed((CUP, 1))
    assert step(order_id, "reject", JOKO, {"reason": "not_found"}).status == 200

    reroute(order_id)
    everybody_hears(order_id)

    assert inbox_of("location#wh-sidoarjo") == ["yours_now"]
