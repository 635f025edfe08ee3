"""Orders are brought: offers answered, every step of the work, and what people do about it beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.fulfillment.accept import accept
from chalicelib.fulfillment.call import ask_for_call
from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.decline import decline
from chalicelib.fulfillment.deliver import deliver
from chalicelib.fulfillment.dispatch import dispatch
from chalicelib.fulfillment.fail import fail
from chalicelib.fulfillment.handover import handover
from chalicelib.fulfillment.model import Fulfillment
from chalicelib.fulfillment.pick import pick
from chalicelib.fulfillment.ready import ready
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import reroute
from chalicelib.kit.auth import Principal
from chalicelib.notify.inbox import acknowledge, parties
from chalicelib.notify.store import load_inbox
from tests.shop import who
from tests.verification.simulator.deeds import VANS, WORKERS, agent, an_order_of, name
from tests.verification.simulator.sim import Sim

NEXT = {"assigned": ("accept",), "accepted": ("pick", "pick", "dispatch"), "picking": ("ready",)}
NEXT |= {"ready": ("dispatch", "dispatch", "handover"), "in_transit": ("deliver", "deliver", "fail")}
NEXT |= {"failed_attempt": ("dispatch", "back")}
STEPS: dict[str, Callable[[Principal, str], Any]] = {
    "accept": accept,
    "pick": pick,
    "ready": ready,
    "dispatch": dispatch,
    "deliver": deliver,
    "handover": handover,
    "fail": partial(fail, reason="nobody at home"),
    "back": partial(fail, reason="moved away", back=True),
    "reject": partial(reject, reason="not_found"),
    "call damaged": partial(reject, reason="damaged"),
    "refuse": partial(reject, reason="too_busy"),
}
# Where most is done already, or few would ever come to their end.
LIKELY = [{}, *({"status": status} for status in ("in_transit", "in_transit", "ready", "picking", "accepted"))]


def a_salesman_answers(sim: Sim) -> str:
    case = an_order_of(sim, having="off_")
    offer = case.open_offer or (case.offers[-1] if case.offers else None)
    if offer is None:
        return "nobody is asked"
    staff, deed = sim.chance.choice(VANS), sim.chance.choice((claim, claim, decline))
    deed(staff, offer.id)
    return f"{staff} {deed.__name__}s {name(case.order)}"


def somebody_works(sim: Sim) -> str:
    case = an_order_of(sim, having="ful_", **sim.chance.choice(LIKELY))
    if not case.works:
        return "no work yet"
    going_on = [work for work in case.works if work.status in NEXT] if sim.chance.random() < 0.95 else []
    work = sim.chance.choice(going_on or case.works)
    likely = NEXT.get(work.status, ())
    verb = sim.chance.choice(likely if likely and sim.chance.random() < 0.85 else sorted(STEPS))
    by = at_it(sim, work)
    STEPS[verb](by, work.id)
    return f"{by.id} {verb} {work.id[-8:]}"


def at_it(sim: Sim, work: Fulfillment) -> Principal:
    if work.status in ("ready", "in_transit", "failed_attempt") and work.kind != "van" and sim.chance.random() < 0.5:
        return who("courier-agus")
    return who(WORKERS.get(work.location, "owner-ratna"))


def somebody_asks_about_it(sim: Sim) -> str:
    """To be called, or that somebody else be found to bring it."""
    order = an_order_of(sim).order
    if sim.chance.random() < 0.5:
        ask_for_call(agent(), order.id)
        return f"{name(order)}: call me"
    return f"{name(order)} routed again: {reroute(order.id, 'asked')}"


def somebody_reads_his_inbox(sim: Sim) -> str:
    by = who(sim.chance.choice((*VANS, "warehouse-joko", "finance-maya", "owner-ratna")))
    with sim.undisturbed():
        notices = [row.sk for party in parties(by) for row in load_inbox(party, None, 5)]
    if not notices:
        return f"{by.id}: empty"
    notice = sim.chance.choice(notices)
    acknowledge(by, notice)
    return f"{by.id} has seen {notice[-6:]}"
