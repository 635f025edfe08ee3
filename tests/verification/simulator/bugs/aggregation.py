"""Quantities and amounts that are not summed: lines of one SKU, tenders of one till, debts of one customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.channels import order_form
from chalicelib.fulfillment import assign as assigning
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import collect_cash as collecting_cash
from chalicelib.kit.money import Money
from chalicelib.notify import store as notify_store
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.places.save import save_staff
from chalicelib.stock import store as stock
from tests.shop import CUP, STAFF, TEAPOT, TRAY, add_stock, principal_of
from tests.verification.simulator.bugs.bug import Bug, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CREDIT, MAKMUR, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, LIA, MAYA, SINTA

KIND = "aggregation"
COUNTER_DELIVERY = {"method": "handover"}


def one_sku_on_two_lines(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2), (TRAY, 3))


def one_sku_on_two_lines_at_the_till(driver: ScenarioDriver) -> None:
    payments = [{"method": "cash"}]
    driver.place_and_handle((CUP, 1), (CUP, 2), by=SINTA, channel="pos", payments=payments, delivery=COUNTER_DELIVERY)


def two_receivables_are_collected_together(driver: ScenarioDriver) -> None:
    for _ in range(2):
        driver.place_and_handle((CUP, 4), by=LIA, channel="phone", payments=CREDIT, **MAKMUR)
    collecting.collect(principal_of(MAYA), "cus_makmur", Money(70_000, "IDR"), "transfer")


def cash_in_two_parts(driver: ScenarioDriver) -> None:
    parts = [{"method": "cash", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cash"}]
    driver.place_and_handle((CUP, 2), by=SINTA, channel="pos", payments=parts, delivery=COUNTER_DELIVERY)


def two_transfers_become_cash(driver: ScenarioDriver) -> None:
    parts = [{"method": "transfer", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "transfer"}]
    order = driver.place_and_handle((CUP, 4), payments=parts)
    confirm_payment.pay_in_cash(principal_of(SINTA), order)


def two_cod_tenders_on_delivery(driver: ScenarioDriver) -> None:
    parts = [{"method": "cod", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cod"}]
    driver.fulfill(driver.place_and_handle((TRAY, 1), payments=parts))


def a_claim_of_units_from_two_warehouses(driver: ScenarioDriver) -> None:
    add_stock(CUP, "van-budi", 30)
    order = driver.place_and_handle((CUP, 24), by=SINTA, channel="pos", payments=[{"method": "cod"}], **SHIP_DELIVERY)
    claiming.claim(BUDI, driver.last_offer_id(order))
    # The units that the claim leaves out are routed after it, so the invariants hold again.
    claimed = sum(allocation.quantity for allocation in driver.work(order).allocations)
    driver.expect("a claim covers all units of its offer", claimed == 24)


def two_salesmen_with_one_phone(driver: ScenarioDriver) -> None:
    dewi = next(member for member in STAFF if member.id == "salesman-dewi")
    save_staff(type(dewi)(dewi.id, dewi.name, dewi.role, "+6281100000003", location=dewi.location), "test")
    driver.place_and_handle((TEAPOT, 2))


def a_payment_arrives_for_held_units(driver: ScenarioDriver) -> None:
    driver.confirm(driver.place_and_handle((TRAY, 2), payments=[{"method": "transfer"}]))


SHIP_DELIVERY: dict[str, Any] = {"delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}}}
SHIP_DELIVERY["delivery"]["address"]["position"] = {"lat": -7.2575, "lon": 112.7521}


def keep_duplicate_lines(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda lines: [order_form._build_line(line) for line in lines]


def give_back_last_credit_only(paid: Any) -> Any:
    last_amounts = {payment.customer_id: amount for payment, amount in paid}
    return [collecting.release_credit(customer_id, credit) for customer_id, credit in last_amounts.items()]


def count_first_cash_only(context: Any, payments: Any) -> Any:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [placing.add_cash(context.shift, cash[0])] if cash and context.shift else []


def count_last_work_only(works: Any) -> dict[str, int]:
    return {allocation.sku: allocation.quantity for work in works for allocation in work.allocations}


def take_first_amount(amounts: Iterable[Money], currency: str) -> Money:
    return next(iter(amounts), Money(0, currency))


BUGS = (
    Bug(
        "two lines of one SKU are allocated separately",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(order_form, "merge_lines", keep_duplicate_lines),),
        scenario=one_sku_on_two_lines,
    ),
    Bug(
        "of two lines of one SKU sold at the counter only one is issued",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(order_form, "merge_lines", keep_duplicate_lines),),
        scenario=one_sku_on_two_lines_at_the_till,
    ),
    Bug(
        "of several receivables settled together only the last releases its credit",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "release_credit_of_customers", replace_with(give_back_last_credit_only)),),
        scenario=two_receivables_are_collected_together,
    ),
    Bug(
        "of two cash tenders the till counts only the first",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(placing, "build_till_writes", replace_with(count_first_cash_only)),),
        scenario=cash_in_two_parts,
    ),
    Bug(
        "of two cash tenders on delivery the courier's shift counts only the first",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(collecting_cash, "total", replace_with(take_first_amount)),),
        scenario=two_cod_tenders_on_delivery,
    ),
    Bug(
        "cash that replaces two transfers pays only the first",
        KIND,
        detected_by="M2",
        patches=(patch_attribute(confirm_payment, "total", replace_with(take_first_amount)),),
        scenario=two_transfers_become_cash,
    ),
    Bug(
        "a claim of units from two warehouses assigns the units of one",
        KIND,
        detected_by="a claim covers all units of its offer",
        patches=(patch_attribute(assigning, "assigned_quantities", replace_with(count_last_work_only)),),
        scenario=a_claim_of_units_from_two_warehouses,
    ),
    Bug(
        "two messages to one phone number are counted as one",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notify_store, "Counter", lambda original: lambda keys: dict.fromkeys(keys, 1)),),
        scenario=two_salesmen_with_one_phone,
    ),
    Bug(
        "of several changes to one stock level only the last is written",
        KIND,
        detected_by="A3",
        patches=(
            patch_attribute(
                stock._LevelChange, "total", lambda original: property(lambda change: change.movements[-1])
            ),
        ),
        scenario=a_payment_arrives_for_held_units,
    ),
)
