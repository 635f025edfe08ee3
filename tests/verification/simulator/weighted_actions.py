"""The initial tables of a history, and its actions with their weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import accumulate
from random import Random

from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import link_staff
from chalicelib.customers.verify import verify_by_staff
from chalicelib.kit import clock, config, db
from chalicelib.payments import shift as shifts
from chalicelib.places.report_position import report_position
from chalicelib.stock.set_expected import set_expected
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, add_stock, open_shop, principal_of
from tests.verification.simulator import actions_back_office as back_office
from tests.verification.simulator import actions_fulfillment as fulfillment
from tests.verification.simulator import actions_operations as operations
from tests.verification.simulator import actions_sales as sales
from tests.verification.simulator.action_helpers import DEBTORS, SALESMEN, STORE_LOCATION, agent_principal, rupiah
from tests.verification.simulator.actions_operations import CAPPED_PROMOTION, ONCE_PER_CUSTOMER_PROMOTION
from tests.verification.simulator.sim import Sim
from tests.verification.simulator.store import Tables


@cache
def load_initial_tables() -> Tables:
    """Return the tables of the shop before its first customer, the same for every history."""
    with Sim(-1).shop() as sim:  # no history has this seed
        open_shop(TEAPOT=9, CUP=16, RARE=1, TRAY=2)
        for staff in ("cashier-sinta", "salesman-budi"):
            shifts.open_shift(principal_of(staff), "", rupiah(100_000))
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
            db.commit([link_staff(debtor, staff) for staff in SALESMEN])
        operations.save_promotion_from_json(CAPPED_PROMOTION)
        operations.save_promotion_from_json(ONCE_PER_CUSTOMER_PROMOTION)
        for staff in SALESMEN:
            report_position(principal_of(staff), principal_of(staff).location or "", HERE)
        return sim.memory.snapshot_of_setup()


WEIGHTED_ACTIONS: list[tuple[int, Callable[[Sim], str]]] = [
    (7, sales.place_web_order),
    (2, sales.sell_at_counter),
    (2, sales.sell_from_another_location),
    (3, sales.place_phone_order),
    (2, sales.sell_from_van),
    (1, sales.sell_with_price_override),
    (1, sales.place_marketplace_order),
    (1, sales.create_draft),
    (2, sales.send_or_submit_draft),
    (4, sales.cancel_order),
    (3, sales.cancel_some_units),
    (2, sales.record_order_refund),
    (1, sales.renew_order_link),
    (6, sales.handle_bank_transfer),
    (10, fulfillment.answer_offer),
    (50, fulfillment.advance_fulfillment),
    (2, fulfillment.request_call_or_reroute),
    (3, fulfillment.acknowledge_notice),
    (5, operations.change_stock),
    (8, operations.announce_inbound_stock),
    (2, operations.receive_inbound_stock),
    (3, operations.receive_or_cancel_transfer),
    (3, operations.collect_debt),
    (3, operations.open_or_close_shift),
    (2, operations.hand_over_cash),
    (3, operations.change_terms),
    (2, operations.merge_or_unmerge_customers),
    (2, back_office.verify_identity),
    (1, back_office.create_customer),
    (1, back_office.change_reference_data),
    (1, back_office.import_files),
    (1, back_office.read_reports),
    (54, operations.deliver_event),
    (5, operations.run_scheduled_jobs),
    (4, operations.advance_clock),
]
_ACTIONS, _CUMULATIVE_WEIGHTS = (
    [action for _, action in WEIGHTED_ACTIONS],
    list(accumulate(weight for weight, _ in WEIGHTED_ACTIONS)),
)


def choose_action(rng: Random) -> Callable[[Sim], str]:
    """Return a random action according to the weights."""
    return rng.choices(_ACTIONS, cum_weights=_CUMULATIVE_WEIGHTS)[0]
