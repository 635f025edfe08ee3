"""What people do at the shop's doors with goods, drawers and lists, and what comes of itself: news, minutes, hours."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from tests.shop import CUP, HERE, RARE, TRAY
from tests.verification.simulator.deeds import SKUS, STORE, VANS, WAREHOUSES
from tests.verification.simulator.full import Full
from tests.verification.simulator.full_client import No
from tests.verification.simulator.full_orders import AGUS, LIA, MAYA, RATNA, SINTA, an_order_of

DAYS = ("2026-11-22", "2026-11-29")
FLOAT = {"opening": {"amount": 100_000, "currency": "IDR"}}


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
        "are expected": ("expected", at | {"on": sim.chance.choice(DAYS), "lines": [line | {"quantity": 2 * units}]}),
        "are sent": ("transfers", {"source": place, "destination": other, "lines": [line]}),
    }
    verb = sim.chance.choice(sorted(deeds))
    door, body = deeds[verb]
    answer = sim.doors.post(f"/api/stock/{door}", body, RATNA, keyed=True)
    if verb == "are sent":
        sim.loads.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def what_was_bought_comes(sim: Full) -> str:
    sku, units = sim.chance.choice((RARE, TRAY)), sim.chance.randint(1, 4)
    came = {"kind": "receive", "location": "wh-surabaya", "reason": "bought"}
    sim.doors.post("/api/stock/movements", came | {"lines": [{"sku": sku, "quantity": units}]}, RATNA, keyed=True)
    return f"{units} {sku}"


def a_load_arrives(sim: Full) -> str:
    if not sim.loads:
        return a_load_is_sent(sim)
    load, there = sim.chance.choice(sim.loads)
    if sim.chance.random() < 0.3:
        sim.doors.post(f"/api/stock/transfers/{load}/cancel", {"reason": "not needed"}, RATNA)
        return f"{load[-6:]} called back"
    staff = VANS[0] if there == "van-budi" else RATNA
    sim.doors.post(f"/api/stock/transfers/{load}/receive", {}, staff, keyed=True)
    return f"{load[-6:]} at {there}"


def a_load_is_sent(sim: Full) -> str:
    line = {"sku": CUP, "quantity": sim.chance.randint(1, 2)}
    body = {"source": "wh-surabaya", "destination": "van-budi", "lines": [line]}
    answer = sim.doors.post("/api/stock/transfers", body, RATNA, keyed=True)
    sim.loads.append((answer["id"], "van-budi"))
    return f"{answer['id'][-6:]} is sent"


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
    if shift["status"] == "open" and sim.chance.random() < 0.5:
        return f"{staff} goes on"
    if shift["status"] == "open":
        counted = {"counted": shift["expected"]}
        sim.doors.post(f"/api/shifts/{shift['id']}/count", counted, staff, keyed=True)
        return f"{staff} counts {shift['expected']['amount']}"
    sim.doors.post(f"/api/shifts/{shift['id']}/close", {}, staff, keyed=True)
    return f"{staff} closes"


def a_bag_is_emptied(sim: Full) -> str:
    """Or a salesman's drawer, when he comes home."""
    giver = sim.chance.choice((AGUS, *VANS, "warehouse-joko"))
    bag = f"cod:{giver}"
    if giver in VANS:
        with suppress(No):
            bag = sim.doors.get("/api/shifts/mine", giver)["id"]
    sim.doors.post(f"/api/shifts/{bag}/handover", {}, RATNA, keyed=True)
    return f"{giver} gives all"


# -- asking ------------------------------------------------------------------------------------------------------------


def somebody_asks(sim: Full) -> str:
    """Small things at doors that change little."""
    order = an_order_of(sim)
    verb = sim.chance.choice(("call-me", "call-me", "link", "reroute", "ack", "quote"))
    if verb == "ack":
        staff = sim.chance.choice((*VANS, "warehouse-joko", RATNA))
        for notice in sim.doors.get("/api/inbox?limit=3", staff)["items"]:
            sim.doors.post(f"/api/inbox/{notice['id']}/ack", None, staff)
    elif verb == "quote":
        sim.doors.post("/api/quotes", {"channel": "web", "lines": [{"sku": CUP, "quantity": 2}], "coupons": ["HEMAT"]})
    elif verb == "call-me":
        token = sim.orders[order]
        sim.doors.post(f"/api/orders/{order}/call-me", None, "" if token else LIA, token=token)
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


def vans_report(sim: Full) -> None:
    for staff in VANS:
        with suppress(No):  # who was sent home says nothing
            sim.doors.ask("PUT", f"/api/locations/van-{staff.partition('-')[2]}/position", HERE.as_json(), staff)
