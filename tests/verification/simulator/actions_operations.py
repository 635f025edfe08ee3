"""Operational actions: stock, transfers, shifts and cash, terms, event delivery, scheduled jobs and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.catalog.model import Channel
from chalicelib.catalog.save import configure_channel
from chalicelib.customers.grant_terms import grant_terms
from chalicelib.customers.merge import merge, unmerge
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill_backorders import fill_all_arrived
from chalicelib.fulfillment.reroute import retry_stranded
from chalicelib.kit import clock, config, idempotency
from chalicelib.kit.effects import load_effects
from chalicelib.notify.escalate import escalate
from chalicelib.notify.sweep import sweep
from chalicelib.orders.events import expire_unpaid
from chalicelib.payments import handover as cash
from chalicelib.payments import shift as shifts
from chalicelib.payments.collect import collect
from chalicelib.places.report_position import report_position
from chalicelib.places.save import save_staff
from chalicelib.pricing.bodies import PromotionBody
from chalicelib.pricing.save import save_price, save_promotion
from chalicelib.stock import count, movements, save, shard, transfer
from chalicelib.stock.set_expected import set_expected
from tests.shop import HERE, RARE, STAFF, principal_of
from tests.verification.simulator.action_helpers import (
    DEBTORS,
    SALESMEN,
    SKUS,
    STORE_LOCATION,
    WAREHOUSES,
    build_idempotency_key,
    owner_principal,
    rupiah,
)
from tests.verification.simulator.probabilities import REPORTING_EFFECTS
from tests.verification.simulator.sim import Sim

CAPPED_PROMOTION: dict[str, Any] = {"id": "hemat", "name": "Hemat", "kind": "percent", "rate": "0.10"}
CAPPED_PROMOTION |= {"starts_at": "2026-01-01T00:00:00Z", "terms": {"id": "Sekali.", "en": "Once."}}
CAPPED_PROMOTION |= {"coupon": {"code": "HEMAT", "cap": 3}}
ONCE_PER_CUSTOMER_PROMOTION = CAPPED_PROMOTION | {
    "id": "lagi",
    "name": "Lagi",
    "rate": "0.05",
    "coupon": {"code": "LAGI", "per_customer": 1},
}
ONCE_PER_CUSTOMER_PROMOTION |= {"combinable": True}


def save_promotion_from_json(promotion: dict[str, Any]) -> bool:
    body = PromotionBody.model_validate_json(idempotency.json.dumps(promotion))
    return save_promotion(body.to_promotion(), "owner-ratna", body.to_coupon())


# -- stock -------------------------------------------------------------------------------------------------------------


def change_stock(sim: Sim) -> str:
    by, sku, units = owner_principal(), sim.rng.choice(SKUS), sim.rng.randint(1, 3)
    place, other = sim.rng.sample((*WAREHOUSES, STORE_LOCATION, "van-budi"), 2)
    target = save.TargetLevel(sku, units + 2, safety=units - 1, display=units % 2)
    actions: dict[str, Callable[[str], Any]] = {
        "come in": lambda key: movements.receive(
            by, place, {sku: units}, "bought", build_idempotency_key(by, key, "in")
        ),
        "are missed": lambda key: movements.adjust(
            by, place, {sku: -units}, "lost", build_idempotency_key(by, key, "out")
        ),
        "are counted": lambda key: count.count(
            by, place, {sku: units + 2}, "count", build_idempotency_key(by, key, "count")
        ),
        "are shown": lambda key: movements.display(
            by, place, {sku: units}, "show", build_idempotency_key(by, key, "show")
        ),
        "are put away": lambda key: movements.display(
            by, place, {sku: -units}, "no show", build_idempotency_key(by, key, "away")
        ),
        "are spread": lambda key: shard.reshard(
            by, place, sku, units + 1, "hot", build_idempotency_key(by, key, "spread")
        ),
        "are sent": lambda key: transfer.send(
            by, place, other, {sku: units}, "load", build_idempotency_key(by, key, "send")
        ),
        "are imported": lambda key: {"changed": save.save_levels(by, place, [target]) and key},
    }
    verb = sim.rng.choice(sorted(actions))
    if verb == "are imported":  # an import has no key; repeating it has no effect
        actions[verb]("")
        return f"{target.on_hand} {sku} of which {target.safety} for safety are at {place}"
    answer = sim.call_with_retries(f"{units} {sku} {verb}", actions[verb])
    if verb == "are sent":
        sim.transfers.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def announce_inbound_stock(sim: Sim) -> str:
    """Set the expected quantity of a day, which may be lower than before."""
    by, sku, units = owner_principal(), sim.rng.choice((RARE, RARE, *SKUS)), sim.rng.choice((0, 3, 6, 9))
    place, days = sim.rng.choice(WAREHOUSES), sim.rng.choice((0, 9, 9))
    on = clock.day_of(clock.now(), config.zone()) + timedelta(days=days)
    name = f"expected {on}"
    sim.call_with_retries(
        name, lambda key: set_expected(by, place, on, {sku: units}, "bought", build_idempotency_key(by, key, name))
    )
    sim.inbound.append((place, sku))
    return f"{units} {sku} are expected at {place} in {days} days"


def receive_inbound_stock(sim: Sim) -> str:
    """Receive stock, independent of the expected day and quantity."""
    by, units = owner_principal(), sim.rng.randint(1, 4)
    place, sku = sim.rng.choice((("wh-surabaya", RARE), *sim.inbound))
    sim.call_with_retries(
        "receive inbound",
        lambda key: movements.receive(
            by, place, {sku: units}, "bought", build_idempotency_key(by, key, "receive inbound")
        ),
    )
    return f"{units} {sku} came to {place}"


def receive_or_cancel_transfer(sim: Sim) -> str:
    if not sim.transfers:
        return "no transfer in transit"
    transfer_id, destination = sim.rng.choice(sim.transfers)
    if sim.rng.random() < 0.3:
        transfer.cancel(owner_principal(), transfer_id, "not needed")
        return f"{transfer_id[-6:]} cancelled"
    by = principal_of(SALESMEN[0]) if destination == "van-budi" else owner_principal()
    with sim.without_faults():
        outstanding = transfer.load_transfer(transfer_id).outstanding
    received = sim.rng.choice((None, dict.fromkeys(outstanding, 1)))
    sim.call_with_retries(
        f"{transfer_id} arrives",
        lambda key: transfer.receive(by, transfer_id, received, build_idempotency_key(by, key, str(received))),
    )
    return f"{'some of ' if received else ''}{transfer_id[-6:]} at {destination}"


# -- cash --------------------------------------------------------------------------------------------------------------


def collect_debt(sim: Sim) -> str:
    amount, method = rupiah(sim.rng.choice((10_000, 50_000))), sim.rng.choice(("cash", "transfer"))
    by = principal_of("finance-maya") if method == "transfer" else principal_of("salesman-budi")
    debtor = sim.rng.choice((*DEBTORS, DEBTORS[0]))
    sim.call_with_retries(
        "collection", lambda key: collect(by, debtor, amount, method, build_idempotency_key(by, key, [debtor, method]))
    )
    return f"{debtor} {amount.minor} by {method}"


def open_or_close_shift(sim: Sim) -> str:
    by = principal_of(sim.rng.choice(("cashier-sinta", *SALESMEN)))
    with sim.without_faults():
        unclosed = shifts.shift_store.find_unclosed_shift(by.id)
        shift = shifts.shift_store.find_shift(unclosed.id) if unclosed else None
    if shift is None:
        sim.call_with_retries(
            "open", lambda key: shifts.open_shift(by, "", rupiah(100_000), build_idempotency_key(by, key, "open"))
        )
        return f"{by.id} opens"
    if shift.status == "open" and sim.rng.random() < 0.7:
        return f"{by.id} goes on"
    if shift.status == "open":
        counted = shift.expected if sim.rng.random() < 0.7 else rupiah(max(0, shift.expected.minor - 1_000))
        sim.call_with_retries(
            "count",
            lambda key: shifts.count_shift(by, shift.id, counted, build_idempotency_key(by, key, counted.minor)),
        )
        return f"{by.id} counts {counted.minor}"
    sim.call_with_retries(
        "close", lambda key: shifts.close_shift(by, shift.id, "as counted", build_idempotency_key(by, key, "close"))
    )
    return f"{by.id} closes"


def hand_over_cash(sim: Sim) -> str:
    """Hand over cash from a shift to the safe, or to the shift of the staff member who takes it."""
    by = principal_of(sim.rng.choice(("owner-ratna", "finance-maya", "cashier-sinta")))
    giver = sim.rng.choice(("cod:courier-agus", "cod:salesman-budi", "cod:warehouse-joko", *SALESMEN))
    with sim.without_faults():
        shift = shifts.shift_store.find_unclosed_shift(giver) if giver in SALESMEN else None
    shift_id, amount = shift.id if shift else giver, sim.rng.choice((None, rupiah(12_500)))
    sim.call_with_retries(
        "handover",
        lambda key: cash.hand_over(by, shift_id, amount, build_idempotency_key(by, key, [shift_id, str(amount)])),
    )
    return f"{giver} gives {by.id} {amount.minor if amount else 'all'}"


# -- terms -------------------------------------------------------------------------------------------------------------


def change_terms(sim: Sim) -> str:
    debtor, limit = sim.rng.choice(DEBTORS), sim.rng.choice((50_000, 400_000, 1_500_000))
    cap, price = sim.rng.choice((2, 5, None)), sim.rng.choice((9_000, 14_000))
    salesman = replace(next(member for member in STAFF if member.id == SALESMEN[1]), active=sim.rng.random() < 0.6)
    actions: dict[str, Callable[[], Any]] = {
        f"{debtor} is trusted with {limit}": lambda: grant_terms(
            debtor, rupiah(limit), 14, "", reason="customer request", actor="owner-ratna"
        ),
        f"HEMAT is good for {cap or 'all'}": lambda: save_promotion_from_json(
            CAPPED_PROMOTION | {"coupon": {"code": "HEMAT"} | ({"cap": cap} if cap else {})}
        ),
        f"a cup is {price}": lambda: save_price("CUP", rupiah(price), (), "owner-ratna"),
        f"the web keeps {cap or 0} back": lambda: configure_channel(
            Channel("web", safety_units=cap or 0), "owner-ratna"
        ),
        f"dewi {'is here' if salesman.active else 'is away'}": lambda: save_staff(salesman, "owner-ratna"),
    }
    name = sim.rng.choice(sorted(actions))
    actions[name]()
    return name


def merge_or_unmerge_customers(sim: Sim) -> str:
    """Merge the two debtors, or unmerge one of them."""
    kept_id, merged_id = DEBTORS if sim.rng.random() < 0.7 else reversed(DEBTORS)
    if sim.rng.random() < 0.4:
        unmerge(merged_id, "agent-lia")
        return f"{merged_id} is unmerged"
    merge(merged_id, kept_id, "agent-lia")
    return f"{merged_id} is merged into {kept_id}"


# -- events and clock --------------------------------------------------------------------------------------------------


def deliver_event(sim: Sim) -> str:
    if not sim.event_queue.enqueue(sim.memory.stream):
        return "none"
    return sim.deliver(sim.rng.randrange(min(4, len(sim.event_queue.pending))))


def run_scheduled_jobs(sim: Sim) -> str:
    jobs = (expire_due, expire_unpaid, retry_stranded, fill_all_arrived, escalate, partial(sweep_journal, sim))
    counts = [job() for job in jobs]
    return f"{counts} offers expired, orders expired, rerouted, filled, escalated, events swept"


def sweep_journal(sim: Sim) -> int:
    skipped = REPORTING_EFFECTS if sim.event_queue.muted else ()
    return sweep([effect for effect in load_effects() if effect.name not in skipped])


def advance_clock(sim: Sim) -> str:
    minutes = sim.rng.choice((2, 6, 11, 11, 24 * 60))
    sim.now += timedelta(minutes=minutes)
    with sim.without_faults():
        for staff in SALESMEN:
            report_position(principal_of(staff), principal_of(staff).location or "", HERE)
    return f"{minutes} minutes"
