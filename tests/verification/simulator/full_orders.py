"""What people do at the shop's doors with orders and their work; each deed tells in a few words what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from chalicelib.fulfillment.store import link_token
from tests.shop import CUP, RARE, TEAPOT, an_order
from tests.verification.simulator.deeds import SKUS, STORE, VANS, WORKERS
from tests.verification.simulator.deeds_work import NEXT
from tests.verification.simulator.full import Full
from tests.verification.simulator.full_client import No

RATNA, SINTA, LIA, MAYA, AGUS = "owner-ratna", "cashier-sinta", "agent-lia", "finance-maya", "courier-agus"
SHIP = an_order()["delivery"]
MAKMUR = {"id": "cus_makmur"}


# -- placing -----------------------------------------------------------------------------------------------------------


def placed(sim: Full, by: str, among: Sequence[str] = SKUS, **said: Any) -> str:
    skus = sim.chance.sample(among, sim.chance.choice((1, 1, 1, 2)))
    wanted = [(sku, sim.chance.choice((1, 1, 2, 3))) for sku in skus]
    answer = sim.doors.post("/api/orders", an_order(*wanted, **said), by, keyed=True)
    sim.orders[answer["id"]] = answer.get("token", "")
    goods = ", ".join(f"{quantity} {sku}" for sku, quantity in wanted)
    return f"{goods} in {said.get('channel', 'web')}: {answer['id'][-6:]}"


def by(method: str) -> list[dict[str, str]]:
    return [{"method": method}]


def a_shopper_orders(sim: Full) -> str:
    coupons = ["HEMAT"] if sim.chance.random() < 0.3 else []
    paying = by(sim.chance.choice(("cod", "cod", "transfer")))
    return placed(sim, "", payments=paying, coupons=coupons, backorder=sim.chance.random() < 0.8)


def the_cashier_sells(sim: Full) -> str:
    return placed(sim, SINTA, (CUP, RARE), channel="pos", payments=by("cash"), delivery={"method": "handover"})


def the_cashier_sells_what_is_elsewhere(sim: Full) -> str:
    delivery = sim.chance.choice((SHIP, {"method": "pickup", "location": STORE}))
    return placed(sim, SINTA, channel="pos", payments=by("cash"), delivery=delivery)


def a_customer_phones(sim: Full) -> str:
    return placed(sim, LIA, channel="phone", payments=by("credit"), customer=MAKMUR, backorder=True)


def a_salesman_sells(sim: Full) -> str:
    staff, method = sim.chance.choice(VANS), sim.chance.choice(("cash", "credit"))
    delivery, goods = {"method": "handover"}, (CUP, TEAPOT)
    return placed(sim, staff, goods, channel="sfa", payments=by(method), customer=MAKMUR, delivery=delivery)


def a_marketplace_sends(sim: Full) -> str:
    """Twice under one reference, at times with another key: it is one order."""
    return placed(sim, "channel-tokoku", channel="marketplace", payments=[], ref=f"TK-{sim.chance.randint(1, 3)}")


def an_agent_prepares(sim: Full) -> str:
    body = an_order((CUP, 1), channel="phone", payments=by("transfer"))
    draft = sim.doors.post("/api/drafts", body, LIA, keyed=True)["id"]
    sim.doors.post(f"/api/drafts/{draft}/pay-link", None, LIA, keyed=True)
    answer = sim.doors.post(f"/api/drafts/{draft}/submit", None, LIA, keyed=True)
    sim.orders[answer["id"]] = ""
    return f"{draft[-6:]}, placed as {answer['id'][-6:]}"


# -- orders ------------------------------------------------------------------------------------------------------------


def an_order_of(sim: Full) -> str:
    if not sim.orders:
        raise No("there is none yet")
    return sim.chance.choice(list(sim.orders)[-10:])


def somebody_cancels(sim: Full) -> str:
    order = an_order_of(sim)
    token = sim.orders[order] if sim.chance.random() < 0.5 else ""
    reason = {"reason": "changed his mind"}
    sim.doors.post(f"/api/orders/{order}/cancel", reason, "" if token else LIA, token=token)
    return f"{order[-6:]} by {'the shopper' if token else LIA}"


def money_moves(sim: Full) -> str:
    """Of an order that waits for a transfer, mostly."""
    known = [row for order in list(sim.orders)[-10:] for row in sim.rows("orders", order) if row["sk"] == "order"]
    if not known:
        return "there is none yet"
    waiting = [row for row in known if row["payment_status"] == "unpaid" and row.get("reserved_until")]
    row = sim.chance.choice(waiting if waiting and sim.chance.random() < 0.8 else known)
    order, payment = row["pk"], sim.chance.choice(row["payment_ids"].split(","))
    verb = sim.chance.choice(("proof", "reject", "cash", "confirm", "confirm"))
    if verb == "proof":
        token = sim.orders[order]
        reference = {"reference": f"TRF {sim.chance.randint(1, 9)}"}
        sim.doors.post(f"/api/payments/{payment}/proof", reference, "" if token else LIA, token=token)
    elif verb == "cash":
        sim.doors.post(f"/api/orders/{order}/payments", {"method": "cash"}, SINTA, keyed=True)
    else:
        decide(sim, payment, verb)
    return f"{order[-6:]} {verb}"


def decide(sim: Full, payment: str, verb: str) -> None:
    """Finance looks at the proof first, where there is one; nothing else can be unreadable."""
    if verb == "reject":
        with suppress(No):
            sim.doors.post(f"/api/payments/{payment}/proof", {"reference": "?"}, LIA)
    with suppress(No):
        sim.doors.get(f"/api/payments/{payment}/proof", MAYA)
    sim.doors.post(f"/api/payments/{payment}/{verb}", {"reason": "unreadable"} if verb == "reject" else None, MAYA)


# -- work --------------------------------------------------------------------------------------------------------------


def a_salesman_answers(sim: Full) -> str:
    """What his inbox offers him, or an offer that he heard of otherwise; by its door or by the link he was sent."""
    staff = sim.chance.choice(VANS)
    if sim.chance.random() < 0.3:
        known = [each["offer"] for each in sim.doors.get("/api/inbox", staff)["items"] if each.get("offer")]
    else:
        known = [each["id"] for each in at_work(sim, "off_", ("open",))]
    if not known:
        return f"{staff} knows of none"
    offer = sim.chance.choice(known[-3:])
    verb = sim.chance.choice(("claim", "claim", "decline"))
    if verb == "claim" and sim.chance.random() < 0.4:
        sim.doors.get(f"/o/{link_token(offer, staff)}")
        sim.doors.post(f"/o/{link_token(offer, staff)}/claim")
        return f"{staff} claims {offer[-8:]} by his link"
    sim.doors.get(f"/api/offers/{offer}", staff)
    sim.doors.post(f"/api/offers/{offer}/{verb}", None, staff)
    return f"{staff} {verb}s {offer[-8:]}"


def at_work(sim: Full, kind: str, likely: Sequence[str]) -> list[dict[str, Any]]:
    """Offers or fulfillments of the latest orders, mostly those that something can still become of."""
    rows = [row for order in list(sim.orders)[-8:] for row in sim.rows("orders", order)]
    found = [row | json.loads(row["body"]) | {"id": row["sk"]} for row in rows if row["sk"].startswith(kind)]
    alive = [each for each in found if each["status"] in likely]
    return alive if alive and sim.chance.random() < 0.9 else found


BODIES = {
    "fail": {"reason": "nobody at home"},
    "back": {"reason": "moved away", "back": True},
    "reject": {"reason": "not_found"},
    "call damaged": {"reason": "damaged"},
    "refuse": {"reason": "too_busy"},
}
VERBS = {"back": "fail", "call damaged": "reject", "refuse": "reject"}
LIKELY = NEXT | {"in_transit": ("deliver", "fail")}
STEPS = ("accept", "pick", "ready", "dispatch", "deliver", "handover", *BODIES)


def somebody_works(sim: Full) -> str:
    """Off his list, which may be some seconds old, or off what he was told over the counter."""
    if sim.chance.random() < 0.3:
        place = sim.chance.choice(sorted(WORKERS))
        works = sim.doors.get(f"/api/fulfillments?location={place}", WORKERS[place])["items"]
    else:
        works = at_work(sim, "ful_", tuple(NEXT))
    if not works:
        return "there is no work"
    outside = [work for work in works if work["status"] == "in_transit"]
    work = sim.chance.choice(outside if outside and sim.chance.random() < 0.5 else works)
    likely = LIKELY.get(work["status"], ())
    verb = sim.chance.choice(likely if likely and sim.chance.random() < 0.85 else STEPS)
    staff = at_it(sim, work)
    sim.doors.post(f"/api/fulfillments/{work['id']}/{VERBS.get(verb, verb)}", BODIES.get(verb), staff)
    return f"{staff} {verb} {work['id'][-8:]}"


def at_it(sim: Full, work: dict[str, Any]) -> str:
    location = work["location"]
    outside = work["status"] in ("ready", "in_transit", "failed_attempt") and not location.startswith("van")
    return AGUS if outside and sim.chance.random() < 0.5 else WORKERS.get(location, RATNA)
