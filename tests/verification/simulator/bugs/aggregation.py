"""What belongs together is added up: lines of one SKU, tenders of one drawer, debts of one name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.channels import order_form
from chalicelib.fulfillment import assign as offering
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import collect_cash as at_the_door
from chalicelib.kit.money import Money
from chalicelib.notify import store as notices
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.places.save import save_staff
from chalicelib.stock import store as stock
from tests.shop import CUP, STAFF, TEAPOT, TRAY, add_stock, principal_of
from tests.verification.simulator.bugs.bug import Bug, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CREDIT, MAKMUR, ScenarioDriver
from tests.verification.simulator.bugs.shop import BUDI, LIA, MAYA, SINTA

KIND = "sums per SKU"
COUNTER_DELIVERY = {"method": "handover"}


def one_sku_on_two_lines(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2), (TRAY, 3))


def one_sku_on_two_lines_at_the_till(scene: ScenarioDriver) -> None:
    payments = [{"method": "cash"}]
    scene.place_and_handle((CUP, 1), (CUP, 2), by=SINTA, channel="pos", payments=payments, delivery=COUNTER_DELIVERY)


def two_receivables_are_collected_together(scene: ScenarioDriver) -> None:
    for _ in "two":
        scene.place_and_handle((CUP, 4), by=LIA, channel="phone", payments=CREDIT, **MAKMUR)
    collecting.collect(principal_of(MAYA), "cus_makmur", Money(70_000, "IDR"), "transfer")


def cash_in_two_parts(scene: ScenarioDriver) -> None:
    parts = [{"method": "cash", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cash"}]
    scene.place_and_handle((CUP, 2), by=SINTA, channel="pos", payments=parts, delivery=COUNTER_DELIVERY)


def two_transfers_become_cash(scene: ScenarioDriver) -> None:
    parts = [{"method": "transfer", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "transfer"}]
    order = scene.place_and_handle((CUP, 4), payments=parts)
    confirm_payment.pay_in_cash(principal_of(SINTA), order)


def two_cod_tenders_on_delivery(scene: ScenarioDriver) -> None:
    parts = [{"method": "cod", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cod"}]
    scene.fulfill(scene.place_and_handle((TRAY, 1), payments=parts))


def a_claim_of_units_from_two_warehouses(scene: ScenarioDriver) -> None:
    add_stock(CUP, "van-budi", 30)
    order = scene.place_and_handle((CUP, 24), by=SINTA, channel="pos", payments=[{"method": "cod"}], **SHIP_DELIVERY)
    claiming.claim(BUDI, scene.last_offer_id(order))


def two_salesmen_with_one_phone(scene: ScenarioDriver) -> None:
    dewi = next(each for each in STAFF if each.id == "salesman-dewi")
    save_staff(type(dewi)(dewi.id, dewi.name, dewi.role, "+6281100000003", location=dewi.location), "test")
    scene.place_and_handle((TEAPOT, 2))


def a_payment_arrives_for_held_units(scene: ScenarioDriver) -> None:
    scene.confirm(scene.place_and_handle((TRAY, 2), payments=[{"method": "transfer"}]))


SHIP_DELIVERY: dict[str, Any] = {"delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}}}
SHIP_DELIVERY["delivery"]["address"]["position"] = {"lat": -7.2575, "lon": 112.7521}


def keep_duplicate_lines(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda lines: [order_form._build_line(line) for line in lines]


def give_back_last_credit_only(paid: Any) -> Any:
    last = {each.customer_id: part for each, part in paid}
    return [collecting.release_credit(name, amount) for name, amount in last.items()]


def count_first_cash_only(context: Any, payments: Any) -> Any:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [placing.add_cash(context.shift, cash[0])] if cash and context.shift else []


def count_last_work_only(works: Any) -> dict[str, int]:
    return {piece.sku: piece.quantity for work in works for piece in work.pieces}


BUGS = (
    Bug(
        "two lines of one SKU are promised one by one",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(order_form, "merge_lines", keep_duplicate_lines),),
        scenario=one_sku_on_two_lines,
    ),
    Bug(
        "two lines of one SKU leave the counter as one",
        KIND,
        detected_by="S6",
        patches=(patch_attribute(order_form, "merge_lines", keep_duplicate_lines),),
        scenario=one_sku_on_two_lines_at_the_till,
    ),
    Bug(
        "of several debts paid together only the last gives its credit back",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(collecting, "release_credit_of_customers", replace_with(give_back_last_credit_only)),),
        scenario=two_receivables_are_collected_together,
    ),
    Bug(
        "of cash in two parts the drawer counts the first",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(placing, "build_till_writes", replace_with(count_first_cash_only)),),
        scenario=cash_in_two_parts,
    ),
    Bug(
        "of two cash tenders at the door the bag counts the first",
        KIND,
        detected_by="M8",
        patches=(patch_attribute(at_the_door, "total", lambda was: lambda amounts, currency: next(iter(amounts))),),
        scenario=two_cod_tenders_on_delivery,
    ),
    Bug(
        "cash for two transfers pays for the first",
        KIND,
        detected_by="M2",
        patches=(lambda patch: patch.setattr(confirm_payment, "sum", lambda parts, first: first, raising=False),),
        scenario=two_transfers_become_cash,
    ),
    Bug(
        "a claim of what lies in two houses brings what lies in one",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(offering, "assigned_quantities", replace_with(count_last_work_only)),),
        scenario=a_claim_of_units_from_two_warehouses,
    ),
    Bug(
        "two messages to one number are counted as one",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notices, "Counter", lambda was: lambda keys: dict.fromkeys(keys, 1)),),
        scenario=two_salesmen_with_one_phone,
    ),
    Bug(
        "of several changes to one level only the last is made",
        KIND,
        detected_by="A3",
        patches=(
            patch_attribute(stock._LevelChange, "total", lambda was: property(lambda change: change.movements[-1])),
        ),
        scenario=a_payment_arrives_for_held_units,
    ),
)
