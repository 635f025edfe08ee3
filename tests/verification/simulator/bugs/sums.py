"""What belongs together is added up: lines of one SKU, tenders of one drawer, debts of one name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.channels import speech
from chalicelib.fulfillment import claim as claiming
from chalicelib.fulfillment import collect as at_the_door
from chalicelib.fulfillment import offer as offering
from chalicelib.kit.money import Money
from chalicelib.notify import store as notices
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.payments import collect as collecting
from chalicelib.places.keep import keep_staff
from chalicelib.stock import store as stock
from tests.shop import CUP, STAFF, TEAPOT, TRAY, put, who
from tests.verification.simulator.bugs.bug import Bug, instead, swap
from tests.verification.simulator.bugs.scene import CREDIT, MAKMUR, Scene
from tests.verification.simulator.bugs.shop import BUDI, LIA, MAYA, SINTA

KIND = "sums per SKU"
TO_THE_COUNTER = {"method": "handover"}


def one_sku_on_two_lines(scene: Scene) -> None:
    scene.heard((TRAY, 2), (TRAY, 3))


def one_sku_on_two_lines_at_the_till(scene: Scene) -> None:
    payments = [{"method": "cash"}]
    scene.heard((CUP, 1), (CUP, 2), by=SINTA, channel="pos", payments=payments, delivery=TO_THE_COUNTER)


def two_debts_are_collected_together(scene: Scene) -> None:
    for _ in "two":
        scene.heard((CUP, 4), by=LIA, channel="phone", payments=CREDIT, **MAKMUR)
    collecting.collect(who(MAYA), "cus_makmur", Money(70_000, "IDR"), "transfer")


def cash_in_two_parts(scene: Scene) -> None:
    parts = [{"method": "cash", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cash"}]
    scene.heard((CUP, 2), by=SINTA, channel="pos", payments=parts, delivery=TO_THE_COUNTER)


def two_transfers_become_cash(scene: Scene) -> None:
    parts = [{"method": "transfer", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "transfer"}]
    order = scene.heard((CUP, 4), payments=parts)
    confirm_payment.pay_in_cash(who(SINTA), order)


def two_cod_tenders_at_the_door(scene: Scene) -> None:
    parts = [{"method": "cod", "amount": {"amount": 10_000, "currency": "IDR"}}, {"method": "cod"}]
    scene.bring(scene.heard((TRAY, 1), payments=parts))


def a_claim_of_what_lies_in_two_houses(scene: Scene) -> None:
    put(CUP, "van-budi", 30)
    order = scene.heard((CUP, 24), by=SINTA, channel="pos", payments=[{"method": "cod"}], **SHIPPED)
    claiming.claim(BUDI, scene.offer(order))


def two_salesmen_with_one_phone(scene: Scene) -> None:
    dewi = next(each for each in STAFF if each.id == "salesman-dewi")
    keep_staff(type(dewi)(dewi.id, dewi.name, dewi.role, "+6281100000003", location=dewi.location), "test")
    scene.heard((TEAPOT, 2))


def money_comes_for_what_is_held(scene: Scene) -> None:
    scene.confirm(scene.heard((TRAY, 2), payments=[{"method": "transfer"}]))


SHIPPED: dict[str, Any] = {"delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}}}
SHIPPED["delivery"]["address"]["position"] = {"lat": -7.2575, "lon": 112.7521}


def line_by_line(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda lines: [speech._wanted(line) for line in lines]


def the_last_only(paid: Any) -> Any:
    last = {each.customer_id: part for each, part in paid}
    return [collecting.give_back_credit(name, amount) for name, amount in last.items()]


def the_first_only(context: Any, payments: Any) -> Any:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [placing.cash_into(context.shift, cash[0])] if cash and context.shift else []


def of_the_last_work(works: Any) -> dict[str, int]:
    return {piece.sku: piece.quantity for work in works for piece in work.pieces}


BUGS = (
    Bug(
        "two lines of one SKU are promised one by one",
        KIND,
        by="O7",
        sown=(swap(speech, "wanted", line_by_line),),
        story=one_sku_on_two_lines,
    ),
    Bug(
        "two lines of one SKU leave the counter as one",
        KIND,
        by="S6",
        sown=(swap(speech, "wanted", line_by_line),),
        story=one_sku_on_two_lines_at_the_till,
    ),
    Bug(
        "of several debts paid together only the last gives its credit back",
        KIND,
        by="M3",
        sown=(swap(collecting, "credit_given_back", instead(the_last_only)),),
        story=two_debts_are_collected_together,
    ),
    Bug(
        "of cash in two parts the drawer counts the first",
        KIND,
        by="M8",
        sown=(swap(placing, "till_writes", instead(the_first_only)),),
        story=cash_in_two_parts,
    ),
    Bug(
        "of two cash tenders at the door the bag counts the first",
        KIND,
        by="M8",
        sown=(swap(at_the_door, "total", lambda was: lambda amounts, currency: next(iter(amounts))),),
        story=two_cod_tenders_at_the_door,
    ),
    Bug(
        "cash for two transfers pays for the first",
        KIND,
        by="M2",
        sown=(lambda patch: patch.setattr(confirm_payment, "sum", lambda parts, first: first, raising=False),),
        story=two_transfers_become_cash,
    ),
    Bug(
        "a claim of what lies in two houses brings what lies in one",
        KIND,
        by="O7",
        sown=(swap(offering, "served", instead(of_the_last_work)),),
        story=a_claim_of_what_lies_in_two_houses,
    ),
    Bug(
        "two messages to one number are counted as one",
        KIND,
        by="N4",
        sown=(swap(notices, "Counter", lambda was: lambda keys: dict.fromkeys(keys, 1)),),
        story=two_salesmen_with_one_phone,
    ),
    Bug(
        "of several changes to one level only the last is made",
        KIND,
        by="A3",
        sown=(swap(stock._Change, "total", lambda was: property(lambda change: change.movements[-1])),),
        story=money_comes_for_what_is_held,
    ),
)
