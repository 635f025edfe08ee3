"""Operational actions on the full path: stock, transfers, shifts, minor requests, events, jobs and the clock."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from tests.shop import CUP, HERE, RARE, TRAY, an_order
from tests.verification.simulator.action_helpers import SALESMEN, SKUS, STORE_LOCATION, WAREHOUSES
from tests.verification.simulator.full_stack import FullStackSim
from tests.verification.simulator.full_stack_client import RequestRefused
from tests.verification.simulator.full_stack_orders import AGUS, LIA, MAYA, RATNA, SINTA, choose_recent_order

DAYS = ("2026-11-22", "2026-11-29")
OPENING_FLOAT = {"opening": {"amount": 100_000, "currency": "IDR"}}


# -- stock and cash ----------------------------------------------------------------------------------------------------


def change_stock(sim: FullStackSim) -> str:
    sku, units = sim.rng.choice(SKUS), sim.rng.randint(1, 3)
    place, other = sim.rng.sample((*WAREHOUSES, STORE_LOCATION, "van-budi"), 2)
    line = {"sku": sku, "quantity": units}
    at = {"location": place, "reason": "correction"}
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "come in": ("movements", at | {"kind": "receive", "lines": [line]}),
        "are missed": ("movements", at | {"kind": "adjust", "lines": [line | {"quantity": -units}]}),
        "are counted": ("counts", at | {"lines": [{"sku": sku, "counted": units + 2}]}),
        "are shown": ("movements", at | {"kind": "display", "lines": [line]}),
        "are spread": ("shelves", at | {"sku": sku, "shelves": units + 1}),
        "are expected": ("expected", at | {"on": sim.rng.choice(DAYS), "lines": [line | {"quantity": 2 * units}]}),
        "are sent": ("transfers", {"source": place, "destination": other, "lines": [line]}),
    }
    verb = sim.rng.choice(sorted(requests))
    path, body = requests[verb]
    answer = sim.client.post(f"/api/stock/{path}", body, RATNA, idempotent=True)
    if verb == "are sent":
        sim.transfers.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def receive_inbound_stock(sim: FullStackSim) -> str:
    sku, units = sim.rng.choice((RARE, TRAY)), sim.rng.randint(1, 4)
    receipt = {"kind": "receive", "location": "wh-surabaya", "reason": "bought"}
    sim.client.post(
        "/api/stock/movements", receipt | {"lines": [{"sku": sku, "quantity": units}]}, RATNA, idempotent=True
    )
    return f"{units} {sku}"


def receive_or_cancel_transfer(sim: FullStackSim) -> str:
    if not sim.transfers:
        return send_transfer(sim)
    transfer_id, destination = sim.rng.choice(sim.transfers)
    if sim.rng.random() < 0.3:
        sim.client.post(f"/api/stock/transfers/{transfer_id}/cancel", {"reason": "not needed"}, RATNA)
        return f"{transfer_id[-6:]} cancelled"
    staff = SALESMEN[0] if destination == "van-budi" else RATNA
    sim.client.post(f"/api/stock/transfers/{transfer_id}/receive", {}, staff, idempotent=True)
    return f"{transfer_id[-6:]} at {destination}"


def send_transfer(sim: FullStackSim) -> str:
    line = {"sku": CUP, "quantity": sim.rng.randint(1, 2)}
    body = {"source": "wh-surabaya", "destination": "van-budi", "lines": [line]}
    answer = sim.client.post("/api/stock/transfers", body, RATNA, idempotent=True)
    sim.transfers.append((answer["id"], "van-budi"))
    return f"{answer['id'][-6:]} is sent"


def collect_debt(sim: FullStackSim) -> str:
    amount, method = sim.rng.choice((10_000, 50_000)), sim.rng.choice(("cash", "transfer"))
    body = {"customer": "cus_makmur", "amount": {"amount": amount, "currency": "IDR"}, "method": method}
    sim.client.post("/api/collections", body, MAYA if method == "transfer" else SALESMEN[0], idempotent=True)
    return f"{amount} by {method}"


def open_or_close_shift(sim: FullStackSim) -> str:
    staff = sim.rng.choice((SINTA, *SALESMEN))
    try:
        shift = sim.client.get("/api/shifts/mine", staff)
    except RequestRefused:
        sim.client.post("/api/shifts", OPENING_FLOAT, staff, idempotent=True)
        return f"{staff} opens"
    if shift["status"] == "open" and sim.rng.random() < 0.5:
        return f"{staff} goes on"
    if shift["status"] == "open":
        counted = {"counted": shift["expected"]}
        sim.client.post(f"/api/shifts/{shift['id']}/count", counted, staff, idempotent=True)
        return f"{staff} counts {shift['expected']['amount']}"
    sim.client.post(f"/api/shifts/{shift['id']}/close", {}, staff, idempotent=True)
    return f"{staff} closes"


def hand_over_cash(sim: FullStackSim) -> str:
    """Hand over the cash of a courier, or of a salesman's shift."""
    giver = sim.rng.choice((AGUS, *SALESMEN, "warehouse-joko"))
    bag = f"cod:{giver}"
    if giver in SALESMEN:
        with suppress(RequestRefused):
            bag = sim.client.get("/api/shifts/mine", giver)["id"]
    sim.client.post(f"/api/shifts/{bag}/handover", {}, RATNA, idempotent=True)
    return f"{giver} gives all"


# -- requests ----------------------------------------------------------------------------------------------------------


def send_minor_request(sim: FullStackSim) -> str:
    """Send a request that changes little: call request, link, reroute, acknowledgement, quote or withdrawal."""
    order = choose_recent_order(sim)
    verb = sim.rng.choice(("call-me", "call-me", "link", "reroute", "ack", "quote", "withdraw"))
    if verb == "ack":
        staff = sim.rng.choice((*SALESMEN, "warehouse-joko", RATNA))
        for notice in sim.client.get("/api/inbox?limit=3", staff)["items"]:
            sim.client.post(f"/api/inbox/{notice['id']}/ack", None, staff)
    elif verb == "quote":
        sim.client.post("/api/quotes", {"channel": "web", "lines": [{"sku": CUP, "quantity": 2}], "coupons": ["HEMAT"]})
    elif verb == "call-me":
        token = sim.orders[order]
        sim.client.post(f"/api/orders/{order}/call-me", None, "" if token else LIA, token=token)
    elif verb == "withdraw":
        path, by = sim.rng.choice((("orders", ""), ("drafts", LIA)))
        body = an_order((CUP, 1), channel="phone" if by else "web")
        sim.client.post(f"/api/{path}/withdraw", body, by, idempotent=True)
    elif verb == "link":
        sim.client.post(f"/api/orders/{order}/link", None, LIA, idempotent=True)
        sim.orders[order] = ""  # earlier links end
    else:
        sim.client.post(f"/api/orders/{order}/reroute", None, RATNA)
    return f"{verb} of {order[-6:]}"


def repeat_old_request(sim: FullStackSim) -> str:
    return sim.client.repeat_old_request()


def activate_or_deactivate_salesman(sim: FullStackSim) -> str:
    """Deactivate or activate a salesman; existing session tokens end."""
    staff = sim.rng.choice(SALESMEN)
    is_inactive, van = sim.rng.random() < 0.3, f"van-{staff.partition('-')[2]}"
    member = {"name": staff, "role": "salesman", "phone": "+6281100000003", "location": van, "sign_out": True}
    sim.client.request("PUT", f"/api/staff/{staff}", member | {"active": not is_inactive}, RATNA)
    return f"{staff} {'is deactivated' if is_inactive else 'is active'}"


# -- events and clock --------------------------------------------------------------------------------------------------


def deliver_events(sim: FullStackSim) -> str:
    sim.event_delivery.enqueue(sim.store.stream)
    streams_pending = [handler for handler, records in sim.event_delivery.streams.items() if records]
    if streams_pending and (not sim.event_delivery.messages or sim.rng.random() < 0.3):
        return sim.event_delivery.deliver_batch(sim.rng.choice(streams_pending)).description
    count = min(len(sim.event_delivery.messages), sim.rng.randint(1, 4))
    descriptions = [sim.event_delivery.deliver_message(sim.rng.randrange(10**6)).description for _ in range(count)]
    return "; ".join(descriptions) or "none"


def run_scheduled_jobs(sim: FullStackSim) -> str:
    return sim.event_delivery.run_schedules(lambda: sim.now).description


def advance_clock(sim: FullStackSim) -> str:
    minutes = sim.rng.choice((2, 6, 11, 11, 11, 24 * 60, 31 * 24 * 60) if sim.rng.random() < 0.3 else (2, 6, 11))
    sim.now += timedelta(minutes=minutes)
    report_van_positions(sim)
    return f"{minutes} minutes"


def report_van_positions(sim: FullStackSim) -> None:
    for staff in SALESMEN:
        with suppress(RequestRefused):  # inactive staff are refused
            sim.client.request("PUT", f"/api/locations/van-{staff.partition('-')[2]}/position", HERE.to_json(), staff)
