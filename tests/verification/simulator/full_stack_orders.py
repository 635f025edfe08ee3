"""Order actions on the full path; each returns a short description for the trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chalicelib.fulfillment.store import build_link_token
from tests.shop import CUP, RARE, TEAPOT, an_order
from tests.verification.simulator.action_helpers import SALESMEN, SKUS, STORE_LOCATION, WORKERS
from tests.verification.simulator.actions_fulfillment import NEXT_STEPS
from tests.verification.simulator.full_stack import FullStackSim
from tests.verification.simulator.full_stack_client import RequestRefused

RATNA, SINTA, LIA, MAYA, AGUS = "owner-ratna", "cashier-sinta", "agent-lia", "finance-maya", "courier-agus"
SHIP_DELIVERY = an_order()["delivery"]
MAKMUR = {"id": "cus_makmur"}


# -- placing -----------------------------------------------------------------------------------------------------------


def place_order(sim: FullStackSim, by: str, skus: Sequence[str] = SKUS, **kwargs: Any) -> str:
    chosen = sim.rng.sample(skus, sim.rng.choice((1, 1, 1, 2)))
    lines = [(sku, sim.rng.choice((1, 1, 2, 3))) for sku in chosen]
    answer = sim.client.post("/api/orders", an_order(*lines, **kwargs), by, idempotent=True)
    sim.orders[answer["id"]] = answer.get("token", "")
    goods = ", ".join(f"{quantity} {sku}" for sku, quantity in lines)
    return f"{goods} in {kwargs.get('channel', 'web')}: {answer['id'][-6:]}"


def build_tenders(method: str) -> list[dict[str, str]]:
    return [{"method": method}]


def place_web_order(sim: FullStackSim) -> str:
    coupons = ["HEMAT"] if sim.rng.random() < 0.3 else []
    payments = build_tenders(sim.rng.choice(("cod", "cod", "transfer")))
    return place_order(sim, "", payments=payments, coupons=coupons, backorder=sim.rng.random() < 0.8)


def sell_at_counter(sim: FullStackSim) -> str:
    return place_order(
        sim, SINTA, (CUP, RARE), channel="pos", payments=build_tenders("cash"), delivery={"method": "handover"}
    )


def sell_from_another_location(sim: FullStackSim) -> str:
    delivery = sim.rng.choice((SHIP_DELIVERY, {"method": "pickup", "location": STORE_LOCATION}))
    return place_order(sim, SINTA, channel="pos", payments=build_tenders("cash"), delivery=delivery)


def place_phone_order(sim: FullStackSim) -> str:
    return place_order(sim, LIA, channel="phone", payments=build_tenders("credit"), customer=MAKMUR, backorder=True)


def sell_from_van(sim: FullStackSim) -> str:
    staff, method = sim.rng.choice(SALESMEN), sim.rng.choice(("cash", "credit"))
    delivery, goods = {"method": "handover"}, (CUP, TEAPOT)
    return place_order(
        sim, staff, goods, channel="sfa", payments=build_tenders(method), customer=MAKMUR, delivery=delivery
    )


def place_marketplace_order(sim: FullStackSim) -> str:
    """Place a marketplace order. The same reference identifies the same order, whatever the key."""
    return place_order(sim, "channel-tokoku", channel="marketplace", payments=[], ref=f"TK-{sim.rng.randint(1, 3)}")


def create_and_submit_draft(sim: FullStackSim) -> str:
    body = an_order((CUP, 1), channel="phone", payments=build_tenders("transfer"))
    draft = sim.client.post("/api/drafts", body, LIA, idempotent=True)["id"]
    sim.client.post(f"/api/drafts/{draft}/pay-link", None, LIA, idempotent=True)
    answer = sim.client.post(f"/api/drafts/{draft}/submit", None, LIA, idempotent=True)
    sim.orders[answer["id"]] = ""
    return f"{draft[-6:]}, placed as {answer['id'][-6:]}"


# -- orders ------------------------------------------------------------------------------------------------------------


def choose_recent_order(sim: FullStackSim) -> str:
    if not sim.orders:
        raise RequestRefused("no order yet")
    return sim.rng.choice(list(sim.orders)[-10:])


def cancel_order(sim: FullStackSim) -> str:
    order = choose_recent_order(sim)
    token = sim.orders[order] if sim.rng.random() < 0.5 else ""
    reason = {"reason": "changed their mind"}
    sim.client.post(f"/api/orders/{order}/cancel", reason, "" if token else LIA, token=token)
    return f"{order[-6:]} by {'the shopper' if token else LIA}"


def handle_bank_transfer(sim: FullStackSim) -> str:
    """Handle a payment, preferably of an order that awaits a bank transfer."""
    known = [row for order in list(sim.orders)[-10:] for row in sim.rows("orders", order) if row["sk"] == "order"]
    if not known:
        return "no order yet"
    unpaid = [row for row in known if row["payment_status"] == "unpaid" and row.get("reserved_until")]
    row = sim.rng.choice(unpaid if unpaid and sim.rng.random() < 0.8 else known)
    order, payment = row["pk"], sim.rng.choice(row["payment_ids"].split(","))
    verb = sim.rng.choice(("proof", "reject", "cash", "confirm", "confirm"))
    if verb == "proof":
        token = sim.orders[order]
        reference = {"reference": f"TRF {sim.rng.randint(1, 9)}"}
        sim.client.post(f"/api/payments/{payment}/proof", reference, "" if token else LIA, token=token)
    elif verb == "cash":
        sim.client.post(f"/api/orders/{order}/payments", {"method": "cash"}, SINTA, idempotent=True)
    else:
        decide_payment(sim, payment, verb)
    return f"{order[-6:]} {verb}"


def decide_payment(sim: FullStackSim, payment: str, verb: str) -> None:
    """Confirm or reject a payment as finance, after viewing its proof. Only a payment with a proof can be rejected."""
    if verb == "reject":
        with suppress(RequestRefused):
            sim.client.post(f"/api/payments/{payment}/proof", {"reference": "?"}, LIA)
    with suppress(RequestRefused):
        sim.client.get(f"/api/payments/{payment}/proof", MAYA)
    sim.client.post(f"/api/payments/{payment}/{verb}", {"reason": "unreadable"} if verb == "reject" else None, MAYA)


# -- work --------------------------------------------------------------------------------------------------------------


def answer_offer(sim: FullStackSim) -> str:
    """Claim or decline an offer from the inbox or from a recent order, over the API or the offer's link."""
    staff = sim.rng.choice(SALESMEN)
    if sim.rng.random() < 0.3:
        offers = [item["offer"] for item in sim.client.get("/api/inbox", staff)["items"] if item.get("offer")]
    else:
        offers = [item["id"] for item in list_recent_work(sim, "off_", ("open",))]
    if not offers:
        return f"{staff} has no offer"
    offer = sim.rng.choice(offers[-3:])
    verb = sim.rng.choice(("claim", "claim", "decline"))
    if verb == "claim" and sim.rng.random() < 0.4:
        sim.client.get(f"/o/{build_link_token(offer, staff)}")
        sim.client.post(f"/o/{build_link_token(offer, staff)}/claim")
        return f"{staff} claims {offer[-8:]} by link"
    sim.client.get(f"/api/offers/{offer}", staff)
    sim.client.post(f"/api/offers/{offer}/{verb}", None, staff)
    return f"{staff} {verb}s {offer[-8:]}"


def list_recent_work(sim: FullStackSim, kind: str, likely: Sequence[str]) -> list[dict[str, Any]]:
    """Return offers or fulfillments of the latest orders, preferably those in one of the `likely` statuses."""
    rows = [row for order in list(sim.orders)[-8:] for row in sim.rows("orders", order)]
    items = [row | json.loads(row["body"]) | {"id": row["sk"]} for row in rows if row["sk"].startswith(kind)]
    active = [item for item in items if item["status"] in likely]
    return active if active and sim.rng.random() < 0.9 else items


BODIES = {
    "fail": {"reason": "customer not at home"},
    "back": {"reason": "moved away", "back": True},
    "reject": {"reason": "not_found"},
    "call damaged": {"reason": "damaged"},
    "refuse": {"reason": "too_busy"},
}
VERBS = {"back": "fail", "call damaged": "reject", "refuse": "reject"}
LIKELY_STEPS = NEXT_STEPS | {"in_transit": ("deliver", "fail")}
STEPS = ("accept", "pick", "ready", "dispatch", "deliver", "handover", *BODIES)


def advance_fulfillment(sim: FullStackSim) -> str:
    """Take a step of a fulfillment from a work list, which may lag, or of a recent order."""
    if sim.rng.random() < 0.3:
        place = sim.rng.choice(sorted(WORKERS))
        fulfillments = sim.client.get(f"/api/fulfillments?location={place}", WORKERS[place])["items"]
    else:
        fulfillments = list_recent_work(sim, "ful_", tuple(NEXT_STEPS))
    if not fulfillments:
        return "no fulfillment"
    in_transit = [work for work in fulfillments if work["status"] == "in_transit"]
    work = sim.rng.choice(in_transit if in_transit and sim.rng.random() < 0.5 else fulfillments)
    likely = LIKELY_STEPS.get(work["status"], ())
    verb = sim.rng.choice(likely if likely and sim.rng.random() < 0.85 else STEPS)
    staff = choose_worker(sim, work)
    sim.client.post(f"/api/fulfillments/{work['id']}/{VERBS.get(verb, verb)}", BODIES.get(verb), staff)
    return f"{staff} {verb} {work['id'][-8:]}"


def choose_worker(sim: FullStackSim, work: dict[str, Any]) -> str:
    location = work["location"]
    with_courier = work["status"] in ("ready", "in_transit", "failed_attempt") and not location.startswith("van")
    return AGUS if with_courier and sim.rng.random() < 0.5 else WORKERS.get(location, RATNA)
