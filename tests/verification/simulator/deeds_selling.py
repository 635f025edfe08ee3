"""Orders come, are paid for and end: every channel's way of placing, drafts, proofs and cancellations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment, draft, link
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.model import Delivery
from chalicelib.orders.place import place
from chalicelib.payments.store import load_payments
from tests.shop import CUP, RARE, TEAPOT, who
from tests.verification.simulator.deeds import (
    DEBTORS,
    SARI,
    SKUS,
    STORE,
    TO_SARI,
    VANS,
    agent,
    an_order_of,
    asked,
    name,
    owner,
    rupiah,
)
from tests.verification.simulator.sim import Sim


def wanted(sim: Sim, skus: Sequence[str] = SKUS, most: int = 3, **said: Any) -> tuple[Wanted, ...]:
    chosen = sim.chance.sample(skus, sim.chance.choice((1, 1, 1, 2)))
    return tuple(Wanted(sku, sim.chance.randint(1, most), **said) for sku in chosen)


def tenders(*methods: str) -> tuple[Tender, ...]:
    return tuple(Tender(method) for method in methods)


def an_order(sim: Sim, command: PlaceOrder) -> str:
    by, said = command.principal, [str(command.lines), str(command.tenders)]

    def ask(key: str) -> Any:
        return place(replace(command, asked=asked(by, key, said)))

    return placed(sim, command.channel, ask, command.lines, command.tenders)


def placed(sim: Sim, words: str, ask: Callable[[str], Any], lines: Sequence[Wanted], payments: Sequence[Tender]) -> str:
    answer = sim.asking(words, ask)
    if answer["id"] not in sim.orders:
        sim.orders.append(answer["id"])
    goods = ", ".join(f"{each.quantity} {each.sku}" for each in lines)
    return f"{goods} by {' and '.join(each.method for each in payments)}: {answer['id'][-6:]}"


def a_shopper_orders(sim: Sim) -> str:
    coupons = sim.chance.choice(((), (), ("HEMAT",), ("HEMAT", "LAGI")))
    paying = tenders(sim.chance.choice(("cod", "cod", "transfer")))
    waits = sim.chance.random() < 0.8  # for what is expected
    command = PlaceOrder("web", wanted(sim), TO_SARI, paying, ANYONE, contact=SARI, coupons=coupons, backorder=waits)
    return an_order(sim, command)


def the_cashier_sells(sim: Sim) -> str:
    delivery = Delivery("handover", STORE)
    lines = wanted(sim, (CUP, RARE), most=1)
    return an_order(sim, PlaceOrder("pos", lines, delivery, tenders("cash"), who("cashier-sinta")))


def the_cashier_sells_what_is_elsewhere(sim: Sim) -> str:
    delivery, by = sim.chance.choice((TO_SARI, Delivery("pickup", STORE))), who("cashier-sinta")
    return an_order(sim, PlaceOrder("pos", wanted(sim), delivery, tenders("cash"), by, contact=SARI))


def a_customer_phones(sim: Sim) -> str:
    paying = sim.chance.choice((tenders("credit"), (Tender("credit", rupiah(10_000)), Tender("transfer"))))
    coupons, customer = sim.chance.choice(((), (), ("LAGI",))), sim.chance.choice(DEBTORS)
    command = PlaceOrder("phone", wanted(sim), TO_SARI, paying, agent(), customer_id=customer, coupons=coupons)
    return an_order(sim, replace(command, backorder=True))


def the_owner_sells_to_a_friend(sim: Sim) -> str:
    """At a price of her own, or over his limit."""
    lines = wanted(sim, set_by_hand=rupiah(1_000), reason="an old friend")
    paying = sim.chance.choice((tenders("cod"), (Tender("credit", reason="he always paid"),)))
    return an_order(sim, PlaceOrder("phone", lines, TO_SARI, paying, owner(), customer_id=DEBTORS[0]))


def a_salesman_sells(sim: Sim) -> str:
    staff = who(sim.chance.choice(VANS))
    paying = sim.chance.choice((tenders("cash"), tenders("credit"), (Tender("cash", rupiah(5_000)), Tender("credit"))))
    delivery = Delivery("handover", staff.location)
    lines, debtor = wanted(sim, (TEAPOT, CUP), most=1), sim.chance.choice(DEBTORS)
    return an_order(sim, PlaceOrder("sfa", lines, delivery, paying, staff, customer_id=debtor))


def a_marketplace_sends_one(sim: Sim) -> str:
    """Agreed there yesterday, with its own number: sending it again is the same order."""
    lines = wanted(sim, agreed_price=rupiah(20_000))
    said: dict[str, Any] = {"contact": SARI, "ref": f"TK-{sim.keys}", "freight": rupiah(9_000)}
    command = PlaceOrder(
        "marketplace", lines, TO_SARI, tenders("transfer"), who("channel-tokoku"), placed_at=yesterday(), **said
    )
    return an_order(sim, command)


def yesterday() -> Any:
    return clock.now() - timedelta(days=1)


# -- drafts ------------------------------------------------------------------------------------------------------------


def an_agent_prepares_a_draft(sim: Sim) -> str:
    command = PlaceOrder("phone", wanted(sim), TO_SARI, tenders("transfer"), agent(), contact=SARI, backorder=True)
    said = str(command.lines)
    answer = sim.asking("draft", lambda key: draft.make(replace(command, asked=asked(agent(), key, said))))
    sim.drafts.append(answer["id"])
    return answer["id"][-6:]


def a_draft_goes_on(sim: Sim) -> str:
    if not sim.drafts:
        return "there is none"
    draft_id = sim.chance.choice(sim.drafts)
    if sim.chance.random() < 0.4:
        draft.send_pay_link(agent(), draft_id)
        return f"{draft_id[-6:]} sent as a link"
    with sim.undisturbed():
        found = draft.load_draft(agent(), draft_id)
    paying = tenders(sim.chance.choice(("cod", "transfer")))
    return placed(
        sim,
        "submit",
        lambda key: draft.submit(found, asked(agent(), key, draft_id), list(paying)),
        found.command.lines,
        paying,
    )


# -- money and ends ----------------------------------------------------------------------------------------------------


def somebody_cancels(sim: Sim) -> str:
    """At times after his money came, or while he waits for goods of which some have come."""
    likely: dict[str, dict[str, str]] = {
        "anybody": {},
        "who paid": {"having": "order", "status": "placed", "payment_status": "paid"},
        "who waits": {"having": "ful_", "status": "awaiting"},
    }
    order = an_order_of(sim, **likely[sim.chance.choice(("anybody", "anybody", "who paid", "who waits"))]).order
    shopper = Principal(token=auth.order_token(order.id, order.token_version))
    by = sim.chance.choice((agent(), shopper))
    ending.cancel(by, order.id, "changed his mind")
    return f"{by.actor} {name(order)}"


def a_link_is_renewed(sim: Sim) -> str:
    order = an_order_of(sim).order
    sim.asking("link", lambda key: link.renew(agent(), order.id, asked(agent(), key, order.id)))
    return name(order)


def money_moves(sim: Sim) -> str:
    order = an_order_of(sim, having="waiting").order
    with sim.undisturbed():
        waiting = [one for one in load_payments(order.payment_ids) if one.method == "transfer"]
    if not waiting:
        return "nothing waits"
    payment = sim.chance.choice(waiting).id
    deeds: dict[str, Callable[[], Any]] = {
        "proof": lambda: confirm_payment.submit_proof(agent(), payment, f"TRF {sim.keys}"),
        "rejected": lambda: confirm_payment.reject(who("finance-maya"), payment, "unreadable"),
        "cash instead": lambda: confirm_payment.pay_in_cash(who("cashier-sinta"), order.id),
        "confirmed": lambda: confirm_payment.confirm(who("finance-maya"), payment),
    }
    verb = sim.chance.choice(sorted(deeds))
    deeds[verb]()
    return f"{name(order)} {verb}"
