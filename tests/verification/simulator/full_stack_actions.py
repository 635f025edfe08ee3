"""The initial tables of a full history, and its actions with their weights."""

from __future__ import annotations

from functools import cache

from tests.shop import CUP, RARE, TEAPOT, TRAY, a_credit_customer, add_stock, open_shop
from tests.verification.simulator import full_stack_back_office as back_office
from tests.verification.simulator import full_stack_operations as operations
from tests.verification.simulator import full_stack_orders as orders
from tests.verification.simulator import full_stack_people as people
from tests.verification.simulator.action_helpers import SALESMEN, STORE_LOCATION
from tests.verification.simulator.actions_operations import CAPPED_PROMOTION
from tests.verification.simulator.full_stack import Action, FullStackSim
from tests.verification.simulator.store import Tables


@cache
def load_initial_tables() -> Tables:
    """Return the tables of the shop before its first customer, the same for every history."""
    with FullStackSim(0).shop() as sim:
        open_shop(TEAPOT=9, CUP=20, RARE=1, TRAY=2)
        for sku, location in ((CUP, STORE_LOCATION), (RARE, STORE_LOCATION), (TRAY, "wh-sidoarjo")):
            add_stock(sku, location, 1 if sku == RARE else 4)
        for van in ("van-budi", "van-dewi"):
            add_stock(TEAPOT, van, 3)
            add_stock(CUP, van, 3)
        for sku in (RARE, TRAY):
            expected = {"location": "wh-surabaya", "on": operations.DAYS[1], "lines": [{"sku": sku, "quantity": 6}]}
            sim.client.post("/api/stock/expected", expected | {"reason": "bought"}, orders.RATNA, idempotent=True)
        a_credit_customer(400_000)
        for staff in (orders.SINTA, SALESMEN[0]):
            sim.client.post("/api/shifts", operations.OPENING_FLOAT, staff, idempotent=True)
        sim.client.request("PUT", "/api/promotions", CAPPED_PROMOTION, orders.RATNA)
        operations.report_van_positions(sim)
        return sim.store.snapshot_of_setup()


WEIGHTED_ACTIONS: list[tuple[int, Action]] = [
    (20, orders.place_web_order),
    (4, orders.sell_at_counter),
    (3, orders.sell_from_another_location),
    (4, orders.place_phone_order),
    (3, orders.sell_from_van),
    (2, orders.place_marketplace_order),
    (1, orders.create_and_submit_draft),
    (4, orders.cancel_order),
    (8, orders.handle_bank_transfer),
    (12, orders.answer_offer),
    (24, orders.advance_fulfillment),
    (5, operations.change_stock),
    (3, operations.receive_inbound_stock),
    (3, operations.receive_or_cancel_transfer),
    (3, operations.collect_debt),
    (4, operations.open_or_close_shift),
    (2, operations.hand_over_cash),
    (6, back_office.view_pages),
    (2, back_office.save_reference_data),
    (1, back_office.import_and_merge_customer),
    (1, people.sign_in_and_out),
    (1, people.invite_or_assign),
    (2, people.settle_exceptions),
    (4, operations.send_minor_request),
    (3, operations.repeat_old_request),
    (1, operations.activate_or_deactivate_salesman),
    (12, operations.deliver_events),
    (5, operations.run_scheduled_jobs),
    (4, operations.advance_clock),
]
