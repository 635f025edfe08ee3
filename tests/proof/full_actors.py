"""Who does what at the shop's doors; each deed tells in a few words what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

from chalicelib.fulfillment.store import link_token
from tests.proof.actors import HEMAT, NEXT, SKUS, STORE, VANS, WAREHOUSES, WORKERS
from tests.proof.full import Deed, Full
from tests.proof.full_client import No
from tests.proof.wire_store import Table
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, a_creditor, an_order, open_shop, put

RATNA, SINTA, LIA, MAYA, AGUS = "owner-ratna", "cashier-sinta", "agent-lia", "finance-maya", "courier-agus"
FLOAT = {"opening": {"amount": 100_000, "currency": "IDR"}}
SHIP = an_order()["delivery"]
MAKMUR = {"id": "cus_makmur"}


@cache
def opened() -> dict[str, Table]:
    """The shop before its first customer, the same for every history."""
    with Full(0).shop() as sim:
        open_shop(TEAPOT=9, CUP=20, RARE=1, TRAY=6)
        for sku, location in ((CUP, STORE), (RARE, STORE), (TRAY, "wh-sidoarjo")):
            put(sku, location, 1 if sku == RARE else 4)
        for van in ("van-budi", "van-dewi"):
            put(TEAPOT, van, 3)
            put(CUP, van, 3)
        a_creditor(400_000)
        for staff in (SINTA, VANS[0]):
            sim.doors.post("/api/shifts", FLOAT, staff, keyed=True)
        sim.doors.ask("PUT", "/api/promotions", HEMAT, RATNA)
        vans_report(sim)
        return sim.store.snapshot()


def vans_report(sim: Full) -> None:
    for staff in VANS:
        with suppress(No):  # who was sent home says nothing
            sim.doors.ask("PUT", f"/api/locations/van-{staff.partition('-')[2]}/position", HERE.as_json(), staff)


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
    return placed(sim, "", payments=by(sim.chance.choice(("cod", "cod", "transfer"))), coupons=coupons)


def the_cashier_sells(sim: Full) -> str:
    return placed(sim, SINTA, (CUP, RARE), channel="pos", payments=by("cash"), delivery={"method": "handover"})


def the_cashier_sells_what_is_elsewhere(sim: Full) -> str:
    delivery = sim.chance.choice((SHIP, {"method": "pickup", "location": STORE}))
    return placed(sim, SINTA, channel="pos", payments=by("cash"), delivery=delivery)


def a_customer_phones(sim: Full) -> str:
    return placed(sim, LIA, channel="phone", payments=by("credit"), customer=MAKMUR)


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
        sim.doors.post(f"/api/payments/{payment}/{verb}", {"reason": "unreadable"} if verb == "reject" else None, MAYA)
    return f"{order[-6:]} {verb}"


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
        sim.doors.post(f"/o/{link_token(offer, staff)}/claim")
        return f"{staff} claims {offer[-8:]} by his link"
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
    work = sim.chance.choice(works)
    likely = NEXT.get(work["status"], ())
    verb = sim.chance.choice(likely if likely and sim.chance.random() < 0.85 else STEPS)
    staff = at_it(sim, work)
    sim.doors.post(f"/api/fulfillments/{work['id']}/{VERBS.get(verb, verb)}", BODIES.get(verb), staff)
    return f"{staff} {verb} {work['id'][-8:]}"


def at_it(sim: Full, work: dict[str, Any]) -> str:
    location = work["location"]
    outside = work["status"] in ("ready", "in_transit", "failed_attempt") and not location.startswith("van")
    return AGUS if outside and sim.chance.random() < 0.5 else WORKERS.get(location, RATNA)


# -- stock and cash ----------------------------------------------------------------------------------------------------


def goods_move(sim: Full) -> str:
    sku, units = sim.chance.choice(SKUS), sim.chance.randint(1, 3)
    place, other = sim.chance.sample((*WAREHOUSES, STORE, "van-budi"), 2)
    line = {"sku": sku, "quantity": units}
    at = {"location": place, "reason": "so it is"}
    deeds: dict[str, tuple[str, dict[str, Any]]] = {
        "come in": ("movements", at | {"kind": "receive", "lines": [line]}),
        "are missed": ("movements", at | {"kind": "adjust", "lines": [line | {"quantity": -units}]}),
        "are counted": ("counts", at | {"lines": [{"sku": sku, "counted": units + 2}]}),
        "are shown": ("movements", at | {"kind": "display", "lines": [line]}),
        "are spread": ("shelves", at | {"sku": sku, "shelves": units + 1}),
        "are sent": ("transfers", {"source": place, "destination": other, "lines": [line]}),
    }
    verb = sim.chance.choice(sorted(deeds))
    door, body = deeds[verb]
    answer = sim.doors.post(f"/api/stock/{door}", body, RATNA, keyed=True)
    if verb == "are sent":
        sim.loads.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def a_load_arrives(sim: Full) -> str:
    if not sim.loads:
        return "none is on its way"
    load, there = sim.chance.choice(sim.loads)
    if sim.chance.random() < 0.3:
        sim.doors.post(f"/api/stock/transfers/{load}/cancel", {"reason": "not needed"}, RATNA)
        return f"{load[-6:]} called back"
    staff = VANS[0] if there == "van-budi" else RATNA
    sim.doors.post(f"/api/stock/transfers/{load}/receive", {}, staff, keyed=True)
    return f"{load[-6:]} at {there}"


def the_debtor_pays(sim: Full) -> str:
    amount, method = sim.chance.choice((10_000, 50_000)), sim.chance.choice(("cash", "transfer"))
    body = {"customer": "cus_makmur", "amount": {"amount": amount, "currency": "IDR"}, "method": method}
    sim.doors.post("/api/collections", body, MAYA if method == "transfer" else VANS[0], keyed=True)
    return f"{amount} by {method}"


def a_drawer_opens_or_shuts(sim: Full) -> str:
    staff = sim.chance.choice((SINTA, *VANS))
    try:
        shift = sim.doors.get("/api/shifts/mine", staff)
    except No:
        sim.doors.post("/api/shifts", FLOAT, staff, keyed=True)
        return f"{staff} opens"
    if shift["status"] == "open" and sim.chance.random() < 0.7:
        return f"{staff} goes on"
    if shift["status"] == "open":
        counted = {"counted": shift["expected"]}
        sim.doors.post(f"/api/shifts/{shift['id']}/count", counted, staff, keyed=True)
        return f"{staff} counts {shift['expected']['amount']}"
    sim.doors.post(f"/api/shifts/{shift['id']}/close", {}, staff, keyed=True)
    return f"{staff} closes"


def a_bag_is_emptied(sim: Full) -> str:
    giver = sim.chance.choice((AGUS, VANS[0], "warehouse-joko"))
    sim.doors.post(f"/api/shifts/cod:{giver}/handover", {}, RATNA, keyed=True)
    return f"{giver} gives all"


# -- looking -----------------------------------------------------------------------------------------------------------

LOOKS = (
    *((RATNA, path) for path in ("/exceptions", "/receivables", "/staff", "/orders", "/inbox", "/me")),
    (RATNA, "/reports/recap?from=2026-11-22&to=2026-11-23"),
    (MAYA, "/reports/ledger?day=2026-11-22"),
    (LIA, "/customers/cus_makmur"),
    (LIA, f"/stock?sku={CUP},{TEAPOT},{TRAY},{RARE}"),
    ("warehouse-joko", "/stock/locations/wh-surabaya"),
    ("warehouse-joko", "/inbox"),
    ("warehouse-joko", f"/stock/history?sku={CUP}&location=wh-surabaya"),
    (SINTA, f"/stock/transfers?location={STORE}"),
    (LIA, "/orders/{order}"),
    (LIA, "/orders/{order}/history"),
    (LIA, "/orders/{order}/routing"),
    (LIA, "/orders/{order}/notices"),
    (LIA, "/orders/{order}/delivery"),
    ("", "/orders/{order}?token={token}"),
)


def somebody_looks(sim: Full) -> str:
    staff, path = sim.chance.choice(LOOKS)
    order = an_order_of(sim) if "{" in path else ""
    sim.doors.get("/api" + path.format(order=order, token=sim.orders.get(order) or "none"), staff)
    return f"{staff or 'a shopper'} at {path.partition('?')[0]}"


def somebody_asks(sim: Full) -> str:
    """Small things at doors that change little."""
    order = an_order_of(sim)
    verb = sim.chance.choice(("call-me", "link", "reroute", "ack", "quote"))
    if verb == "ack":
        staff = sim.chance.choice((*VANS, "warehouse-joko", RATNA))
        for notice in sim.doors.get("/api/inbox?limit=3", staff)["items"]:
            sim.doors.post(f"/api/inbox/{notice['id']}/ack", None, staff)
    elif verb == "quote":
        sim.doors.post("/api/quotes", {"channel": "web", "lines": [{"sku": CUP, "quantity": 2}], "coupons": ["HEMAT"]})
    elif verb == "call-me" and sim.orders[order]:
        sim.doors.post(f"/api/orders/{order}/call-me", token=sim.orders[order])
    elif verb == "link":
        sim.doors.post(f"/api/orders/{order}/link", None, LIA, keyed=True)
        sim.orders[order] = ""  # every link he had before ends
    else:
        sim.doors.post(f"/api/orders/{order}/reroute", None, RATNA)
    return f"{verb} of {order[-6:]}"


def an_old_question_comes_again(sim: Full) -> str:
    return sim.doors.once_more()


def the_owner_decides(sim: Full) -> str:
    """A salesman is sent home, or comes back; his tokens end."""
    staff = sim.chance.choice(VANS)
    away, van = sim.chance.random() < 0.3, f"van-{staff.partition('-')[2]}"
    known = {"name": staff, "role": "salesman", "phone": "+6281100000003", "location": van, "sign_out": True}
    sim.doors.ask("PUT", f"/api/staff/{staff}", known | {"active": not away}, RATNA)
    return f"{staff} {'is sent home' if away else 'works'}"


# -- the house itself --------------------------------------------------------------------------------------------------


def news_arrive(sim: Full) -> str:
    sim.post.comes_in(sim.store.stream)
    behind = [handler for handler, waiting in sim.post.streams.items() if waiting]
    if behind and (not sim.post.messages or sim.chance.random() < 0.3):
        return sim.post.deliver_batch(sim.chance.choice(behind)).words
    count = min(len(sim.post.messages), sim.chance.randint(1, 4))
    said = [sim.post.deliver_message(sim.chance.randrange(10**6)).words for _ in range(count)]
    return "; ".join(said) or "none"


def the_minute(sim: Full) -> str:
    return sim.post.minute(lambda: sim.now).words


def time_passes(sim: Full) -> str:
    minutes = sim.chance.choice((2, 6, 11, 11, 11, 24 * 60, 31 * 24 * 60) if sim.chance.random() < 0.3 else (2, 6, 11))
    sim.now += timedelta(minutes=minutes)
    vans_report(sim)
    return f"{minutes} minutes"


ACTORS: list[tuple[int, Deed]] = [
    (20, a_shopper_orders),
    (4, the_cashier_sells),
    (3, the_cashier_sells_what_is_elsewhere),
    (4, a_customer_phones),
    (3, a_salesman_sells),
    (2, a_marketplace_sends),
    (1, an_agent_prepares),
    (4, somebody_cancels),
    (8, money_moves),
    (12, a_salesman_answers),
    (24, somebody_works),
    (5, goods_move),
    (3, a_load_arrives),
    (3, the_debtor_pays),
    (4, a_drawer_opens_or_shuts),
    (1, a_bag_is_emptied),
    (6, somebody_looks),
    (4, somebody_asks),
    (3, an_old_question_comes_again),
    (1, the_owner_decides),
    (12, news_arrive),
    (5, the_minute),
    (4, time_passes),
]
