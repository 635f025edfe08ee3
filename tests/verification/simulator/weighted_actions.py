"""The shop before its first customer, and who does what in it how often."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate
from random import Random

from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.verify import verify_by_staff
from chalicelib.kit import clock, config
from chalicelib.payments import shift as drawers
from chalicelib.places.report_position import report_position
from chalicelib.stock.set_expected import set_expected
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, add_stock, open_shop, principal_of
from tests.verification.simulator import actions_back_office as desk
from tests.verification.simulator import actions_fulfillment as work
from tests.verification.simulator import actions_operations as house
from tests.verification.simulator import actions_sales as selling
from tests.verification.simulator.action_helpers import DEBTORS, SALESMEN, STORE_LOCATION, agent_principal, rupiah
from tests.verification.simulator.actions_operations import CAPPED_PROMOTION, ONCE_PER_CUSTOMER_PROMOTION
from tests.verification.simulator.sim import Sim
from tests.verification.simulator.store import Tables


@cache
def load_initial_tables() -> Tables:
    """The same for every history."""
    with Sim(-1).shop() as sim:  # of no history's family
        open_shop(TEAPOT=9, CUP=16, RARE=1, TRAY=2)
        for staff in ("cashier-sinta", "salesman-budi"):
            drawers.open_shift(principal_of(staff), "", rupiah(100_000))
        for sku, location in ((CUP, STORE_LOCATION), (RARE, STORE_LOCATION), (TRAY, "wh-sidoarjo")):
            add_stock(sku, location, 1 if sku == RARE else 4)
        for sku in (RARE, TRAY):
            set_expected(
                principal_of("owner-ratna"), "wh-surabaya", clock.day_of(clock.now(), config.zone()), {sku: 6}, "bought"
            )
        for van in ("van-budi", "van-dewi"):
            add_stock(TEAPOT, van, 3)
            add_stock(CUP, van, 3)
        for number, debtor in enumerate(DEBTORS):
            customer = Customer(debtor, f"Toko {debtor}", phone=f"+628120000000{9 - number}", terms_days=14)
            save_customer(customer, "test", credit_limit=rupiah(400_000))
            verify_by_staff(agent_principal(), debtor, "phone")
        house.save_promotion_from_json(CAPPED_PROMOTION)
        house.save_promotion_from_json(ONCE_PER_CUSTOMER_PROMOTION)
        for staff in SALESMEN:
            report_position(principal_of(staff), principal_of(staff).location or "", HERE)
        return sim.memory.snapshot()


WEIGHTED_ACTIONS: list[tuple[int, Callable[[Sim], str]]] = [
    (7, selling.place_web_order),
    (2, selling.sell_at_counter),
    (2, selling.sell_from_another_location),
    (3, selling.place_phone_order),
    (2, selling.sell_from_van),
    (1, selling.sell_with_price_override),
    (1, selling.place_marketplace_order),
    (1, selling.create_draft),
    (2, selling.send_or_submit_draft),
    (4, selling.cancel_order),
    (1, selling.renew_order_link),
    (6, selling.handle_bank_transfer),
    (10, work.answer_offer),
    (44, work.advance_fulfillment),
    (2, work.request_call_or_reroute),
    (3, work.acknowledge_notice),
    (5, house.change_stock),
    (5, house.announce_inbound_stock),
    (2, house.receive_inbound_stock),
    (3, house.receive_or_cancel_transfer),
    (3, house.collect_debt),
    (3, house.open_or_close_shift),
    (2, house.hand_over_cash),
    (3, house.change_terms),
    (2, house.merge_or_unmerge_customers),
    (2, desk.verify_identity),
    (1, desk.create_customer),
    (1, desk.change_reference_data),
    (1, desk.import_files),
    (1, desk.read_reports),
    (54, house.deliver_event),
    (5, house.run_scheduled_jobs),
    (4, house.advance_clock),
]
_ACTIONS, _CUMULATIVE_WEIGHTS = (
    [deed for _, deed in WEIGHTED_ACTIONS],
    list(accumulate(weight for weight, _ in WEIGHTED_ACTIONS)),
)


def choose_action(chance: Random) -> Callable[[Sim], str]:
    """What is done next."""
    return chance.choices(_ACTIONS, cum_weights=_CUMULATIVE_WEIGHTS)[0]
