"""The shop before its first customer, and who does what in it how often."""

from __future__ import annotations

from functools import cache

from tests.shop import CUP, RARE, TEAPOT, TRAY, a_creditor, open_shop, put
from tests.verification.simulator import full_desk as desk
from tests.verification.simulator import full_house as house
from tests.verification.simulator import full_orders as orders
from tests.verification.simulator.deeds import STORE, VANS
from tests.verification.simulator.deeds_house import HEMAT
from tests.verification.simulator.full import Deed, Full
from tests.verification.simulator.store import Tables


@cache
def opened() -> Tables:
    """The shop before its first customer, the same for every history."""
    with Full(0).shop() as sim:
        open_shop(TEAPOT=9, CUP=20, RARE=1, TRAY=2)
        for sku, location in ((CUP, STORE), (RARE, STORE), (TRAY, "wh-sidoarjo")):
            put(sku, location, 1 if sku == RARE else 4)
        for van in ("van-budi", "van-dewi"):
            put(TEAPOT, van, 3)
            put(CUP, van, 3)
        for sku in (RARE, TRAY):
            bought = {"location": "wh-surabaya", "on": house.DAYS[1], "lines": [{"sku": sku, "quantity": 6}]}
            sim.doors.post("/api/stock/expected", bought | {"reason": "bought"}, orders.RATNA, keyed=True)
        a_creditor(400_000)
        for staff in (orders.SINTA, VANS[0]):
            sim.doors.post("/api/shifts", house.FLOAT, staff, keyed=True)
        sim.doors.ask("PUT", "/api/promotions", HEMAT, orders.RATNA)
        house.vans_report(sim)
        return sim.store.snapshot()


ACTORS: list[tuple[int, Deed]] = [
    (20, orders.a_shopper_orders),
    (4, orders.the_cashier_sells),
    (3, orders.the_cashier_sells_what_is_elsewhere),
    (4, orders.a_customer_phones),
    (3, orders.a_salesman_sells),
    (2, orders.a_marketplace_sends),
    (1, orders.an_agent_prepares),
    (4, orders.somebody_cancels),
    (8, orders.money_moves),
    (12, orders.a_salesman_answers),
    (24, orders.somebody_works),
    (5, house.goods_move),
    (3, house.what_was_bought_comes),
    (3, house.a_load_arrives),
    (3, house.the_debtor_pays),
    (4, house.a_drawer_opens_or_shuts),
    (2, house.a_bag_is_emptied),
    (6, desk.somebody_looks),
    (2, desk.somebody_keeps),
    (1, desk.a_customer_comes_from_a_file),
    (4, house.somebody_asks),
    (3, house.an_old_question_comes_again),
    (1, house.the_owner_decides),
    (12, house.news_arrive),
    (5, house.the_minute),
    (4, house.time_passes),
]
