"""The shop before its first customer, and who does what in it how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate
from random import Random

from chalicelib.customers.keep import keep_customer
from chalicelib.customers.model import Customer
from chalicelib.customers.verify import vouch
from chalicelib.kit import clock, config
from chalicelib.payments import shift as drawers
from chalicelib.places.move import report_position
from chalicelib.stock.expect import expect
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, open_shop, put, who
from tests.verification.simulator import deeds_desk as desk
from tests.verification.simulator import deeds_house as house
from tests.verification.simulator import deeds_selling as selling
from tests.verification.simulator import deeds_work as work
from tests.verification.simulator.deeds import DEBTORS, STORE, VANS, agent, rupiah
from tests.verification.simulator.deeds_house import HEMAT, LAGI
from tests.verification.simulator.sim import Sim
from tests.verification.simulator.store import Tables


@cache
def opened() -> Tables:
    """The same for every history."""
    with Sim(-1).shop() as sim:  # of no history's family
        open_shop(TEAPOT=9, CUP=16, RARE=1, TRAY=2)
        for staff in ("cashier-sinta", "salesman-budi"):
            drawers.open_shift(who(staff), "", rupiah(100_000))
        for sku, location in ((CUP, STORE), (RARE, STORE), (TRAY, "wh-sidoarjo")):
            put(sku, location, 1 if sku == RARE else 4)
        for sku in (RARE, TRAY):
            expect(who("owner-ratna"), "wh-surabaya", clock.day_of(clock.now(), config.zone()), {sku: 6}, "bought")
        for van in ("van-budi", "van-dewi"):
            put(TEAPOT, van, 3)
            put(CUP, van, 3)
        for number, debtor in enumerate(DEBTORS):
            customer = Customer(debtor, f"Toko {debtor}", phone=f"+628120000000{9 - number}", terms_days=14)
            keep_customer(customer, "test", credit_limit=rupiah(400_000))
            vouch(agent(), debtor, "phone")
        house.promise_a_discount(HEMAT)
        house.promise_a_discount(LAGI)
        for staff in VANS:
            report_position(who(staff), who(staff).location or "", HERE)
        return sim.memory.snapshot()


ACTORS: list[tuple[int, Callable[[Sim], str]]] = [
    (7, selling.a_shopper_orders),
    (2, selling.the_cashier_sells),
    (2, selling.the_cashier_sells_what_is_elsewhere),
    (3, selling.a_customer_phones),
    (2, selling.a_salesman_sells),
    (1, selling.the_owner_sells_to_a_friend),
    (1, selling.a_marketplace_sends_one),
    (1, selling.an_agent_prepares_a_draft),
    (2, selling.a_draft_goes_on),
    (4, selling.somebody_cancels),
    (1, selling.a_link_is_renewed),
    (6, selling.money_moves),
    (10, work.a_salesman_answers),
    (44, work.somebody_works),
    (2, work.somebody_asks_about_it),
    (3, work.somebody_reads_his_inbox),
    (5, house.goods_move),
    (5, house.goods_are_bought),
    (2, house.what_was_bought_comes),
    (3, house.a_load_arrives),
    (3, house.the_debtor_pays),
    (3, house.a_drawer_opens_or_shuts),
    (2, house.cash_changes_hands),
    (3, house.terms_change),
    (2, house.customers_turn_out_to_be_one),
    (2, desk.somebody_proves_who_he_is),
    (1, desk.a_customer_is_written_down),
    (1, desk.names_change),
    (1, desk.a_file_comes),
    (1, desk.somebody_reads_the_books),
    (54, house.news_arrive),
    (5, house.the_minute),
    (4, house.time_passes),
]
_DEEDS, _ODDS = [deed for _, deed in ACTORS], list(accumulate(weight for weight, _ in ACTORS))


def somebody(chance: Random) -> Callable[[Sim], str]:
    """What is done next."""
    return chance.choices(_DEEDS, cum_weights=_ODDS)[0]
