"""Fulfillment actions: answers to offers, steps of the work, call requests, rerouting and acknowledgements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib.fulfillment.accept import accept
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
from chalicelib.fulfillment.request_call import request_call
from chalicelib.fulfillment.reroute import reroute
from chalicelib.fulfillment.send_again import send_again
from chalicelib.kit.auth import Principal
from chalicelib.notify.inbox import acknowledge, list_parties
from chalicelib.notify.store import load_inbox
from tests.shop import principal_of
from tests.verification.simulator.action_helpers import (
    SALESMEN,
    WORKERS,
    agent_principal,
    choose_recent_order,
    short_id,
)
from tests.verification.simulator.sim import Sim


def bring_back(by: Principal, fulfillment_id: str) -> None:
    """Fail to deliver and return to the location: as two steps this is too rare within a history."""
    for back in (False, True):
        fail(by, fulfillment_id, reason="refused at the door", back=back)


NEXT_STEPS = {"assigned": ("accept",), "accepted": ("pick", "pick", "dispatch"), "picking": ("ready",)}
NEXT_STEPS |= {
    "ready": ("dispatch", "dispatch", "handover"),
    "in_transit": (*["deliver"] * 6, "fail", *["bring back"] * 3),
}
NEXT_STEPS |= {"failed_attempt": ("dispatch", "back", "back"), "back_at_location": ("send again",)}
STEPS: dict[str, Callable[[Principal, str], Any]] = {
    "accept": accept,
    "pick": pick,
    "ready": ready,
    "dispatch": dispatch,
    "deliver": deliver,
    "handover": handover,
    "fail": partial(fail, reason="customer not at home"),
    "bring back": bring_back,
    "back": partial(fail, reason="moved away", back=True),
    "send again": send_again,
    "reject": partial(reject, reason="not_found"),
    "call damaged": partial(reject, reason="damaged"),
    "refuse": partial(reject, reason="too_busy"),
}
# Weighted towards the late statuses; otherwise few orders would be delivered within a history.
LIKELY_STATUSES: list[dict[str, Any]] = [
    {},
    *({"status": status} for status in (*["in_transit"] * 4, "ready", "picking", "accepted")),
    *({"status": status} for status in ("back_at_location", "back_at_location")),
]


def answer_offer(sim: Sim) -> str:
    order_fulfillment = choose_recent_order(sim, row_prefix="off_")
    offer = order_fulfillment.open_offer or (order_fulfillment.offers[-1] if order_fulfillment.offers else None)
    if offer is None:
        return "no offer"
    staff, answer = sim.rng.choice(SALESMEN), sim.rng.choice((claim, claim, decline))
    answer(staff, offer.id)
    return f"{staff} {answer.__name__}s {short_id(order_fulfillment.order)}"


def advance_fulfillment(sim: Sim) -> str:
    order_fulfillment = choose_recent_order(sim, row_prefix="ful_", **sim.rng.choice(LIKELY_STATUSES))
    if not order_fulfillment.fulfillments:
        return "no work yet"
    active = (
        [work for work in order_fulfillment.fulfillments if work.status in NEXT_STEPS]
        if sim.rng.random() < 0.95
        else []
    )
    work = sim.rng.choice(active or order_fulfillment.fulfillments)
    likely = NEXT_STEPS.get(work.status, ())
    verb = sim.rng.choice(likely if likely and sim.rng.random() < 0.85 else sorted(STEPS))
    by = choose_worker(sim, work)
    STEPS[verb](by, work.id)
    return f"{by.id} {verb} {work.id[-8:]}"


def choose_worker(sim: Sim, work: Fulfillment) -> Principal:
    if work.status in ("ready", "in_transit", "failed_attempt") and work.kind != "van" and sim.rng.random() < 0.5:
        return principal_of("courier-agus")
    return principal_of(WORKERS.get(work.location, "owner-ratna"))


def request_call_or_reroute(sim: Sim) -> str:
    """Request a call about an order, or route it again."""
    order = choose_recent_order(sim).order
    if sim.rng.random() < 0.5:
        request_call(agent_principal(), order.id)
        return f"{short_id(order)}: call me"
    return f"{short_id(order)} routed again: {reroute(order.id, 'asked')}"


def acknowledge_notice(sim: Sim) -> str:
    by = principal_of(sim.rng.choice((*SALESMEN, "warehouse-joko", "finance-maya", "owner-ratna")))
    with sim.without_faults():
        notices = [row.sk for party in list_parties(by) for row in load_inbox(party, None, 5)]
    if not notices:
        return f"{by.id}: empty"
    notice = sim.rng.choice(notices)
    acknowledge(by, notice)
    return f"{by.id} acknowledges {notice[-6:]}"
