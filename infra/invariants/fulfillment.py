"""Each unit of an order has one fulfiller, and no order waits for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.invariants import states
from infra.invariants.orders import is_active_work, orders_with_open_offer
from infra.invariants.snapshot import Snapshot, allocated_units, list_differences, sku_of_level, sum_by_key

RECEIPT_KINDS = ("StockReceived", "TransferReceived")


def o5_each_unit_has_one_claim(snapshot: Snapshot) -> list[str]:
    """A claimed offer has one fulfillment: the claimer's, with the claim's version and the offered units.

    The fulfillments that it replaced are cancelled or rejected. An order has at most one open offer at a time, so no
    unit can be claimed twice; several claims of different units are allowed. Every later step of a claimed fulfillment
    has the claim's version.
    """
    rules = (_mismatched_claims, _concurrent_offers, _stale_claim_versions)
    return [sentence for rule in rules for sentence in rule(snapshot)]


def _mismatched_claims(snapshot: Snapshot) -> Iterator[str]:
    cancelled = _cancelled_units_by_work(snapshot)
    claimed = [work for work in snapshot.fulfillments.values() if work.get("offer_id")]
    for name, offer in snapshot.offers.items():
        works = [work for work in claimed if work["offer_id"] == name]
        claims = [(work["fulfiller"], work.get("claim_version")) for work in works]
        if claims != ([(offer["claimed_by"], offer["version"])] if offer["status"] == "claimed" else []):
            yield f"{name} is {offer['status']} at version {offer['version']}, and its claims are {claims}"
        replaced = [work for work in offer.get("assigned", ()) if is_active_work(snapshot.fulfillments.get(work, {}))]
        if offer["status"] == "claimed" and replaced and any(map(is_active_work, works)):
            yield f"{name} was claimed, and {', '.join(replaced)} were not withdrawn"
        for work in works:
            brought = [(sku_of_level(level), units) for level, units in allocated_units(work)]
            units_of = sum_by_key([*brought, *cancelled.get(work["sk"], ())])
            yield from list_differences(
                name + ": {expected} of {name} were offered, {actual} claimed", offer["wanted"], units_of
            )


def _cancelled_units_by_work(snapshot: Snapshot) -> dict[str, list[tuple[str, int]]]:
    """(SKU, units) that were cancelled of each fulfillment that still brings others."""
    units: dict[str, list[tuple[str, int]]] = {}
    for fields in snapshot.bodies_of_kind("OrderReduced"):
        for work in fields.get("reduced_work", ()):
            parts = [(line["sku"], line["quantity"]) for line in work["cancelled"]]
            units.setdefault(work["fulfillment_id"], []).extend(parts)
    return units


def _concurrent_offers(snapshot: Snapshot) -> Iterator[str]:
    for order_id, offers in sum_by_key(
        (offer["pk"], offer["status"] == "open") for offer in snapshot.offers.values()
    ).items():
        if offers > 1:
            yield f"{order_id} has {offers} open offers"


def _stale_claim_versions(snapshot: Snapshot) -> Iterator[str]:
    for fields in snapshot.bodies_of_kind("WorkPicked", "WorkReady", "WorkDispatched", "WorkDelivered"):
        work = snapshot.fulfillments.get(fields["fulfillment_id"], {})
        used, valid = fields.get("claim_version", 0), work.get("claim_version", 0)
        if used != valid:
            yield f"{fields['fulfillment_id']} took a step with claim version {used}, the valid one is {valid}"
        if work.get("offer_id") and fields["fulfiller"] != snapshot.offers.get(work["offer_id"], {}).get("claimed_by"):
            yield f"{fields['fulfillment_id']} was not claimed by {fields['fulfiller']}, who took a step of it"


def o7_no_order_is_stuck(snapshot: Snapshot) -> list[str]:
    """No order, offer or deadline is left behind once its events are delivered and the timers have run.

    Each placed order is fully assigned, has an open offer or is on the list of stranded orders. An ended order has no
    unfinished work and no open offer. An order is on the waiting list exactly while its units are on hold. No paid or
    collectable order waits for goods that arrived for it and for all orders before it. Every deadline that passed
    before the timers last ran has been handled.
    """
    rules = (
        _unassigned_orders,
        _work_of_ended_orders,
        _mismatched_waiting_rows,
        _unfilled_backorders,
        _missed_deadlines,
    )
    return [sentence for rule in rules for sentence in rule(snapshot)]


def _is_processed(snapshot: Snapshot, order_id: str) -> bool:
    """Whether the last event of the order has reached its handlers."""
    return all(entry["occurred_at"] <= snapshot.delivered_before for entry in snapshot.history(order_id)[-1:])


def _unassigned_orders(snapshot: Snapshot) -> Iterator[str]:
    waiting = snapshot.stranded | orders_with_open_offer(snapshot)
    for order_id, order in snapshot.orders.items():
        if order["status"] != "placed" or order_id in waiting or not _is_processed(snapshot, order_id):
            continue
        works = [work for work in snapshot.fulfillments_of_order.get(order_id, ()) if is_active_work(work)]
        assigned = sum_by_key((sku_of_level(level), units) for work in works for level, units in allocated_units(work))
        ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
        if any(assigned.get(sku, 0) < units for sku, units in ordered.items()):
            yield f"{order_id} has {ordered} ordered, {assigned} assigned, and no offer for the rest"


def _work_of_ended_orders(snapshot: Snapshot) -> Iterator[str]:
    ended = {name for name, order in snapshot.orders.items() if order["status"] in ("completed", "cancelled")}
    ended = {name for name in ended if _is_processed(snapshot, name)}
    for name, row in (*snapshot.fulfillments.items(), *snapshot.offers.items()):
        if row["pk"] in ended and row["status"] in states.BEFORE_DISPATCH | {"open", "back_at_location"}:
            yield f"{name} is {row['status']}, but its order has ended"


def _mismatched_waiting_rows(snapshot: Snapshot) -> Iterator[str]:
    waiting = {row["pk"] for row in snapshot.rows["orders"] if row["sk"] == "waiting"}
    on_hold = {name for name, order in snapshot.orders.items() if order.get("reserved_until")}
    for name in sorted(waiting ^ on_hold):
        yield f"{name} is " + ("on the waiting list without a hold" if name in waiting else "on hold but not listed")


def _unfilled_backorders(snapshot: Snapshot) -> Iterator[str]:
    if any(
        entry["occurred_at"] > snapshot.delivered_before for entry in snapshot.entries if entry["kind"] in RECEIPT_KINDS
    ):
        return
    stock = {name: row["on_hand"] for name, row in snapshot.levels.items()}
    waiting = [
        work
        for work in snapshot.fulfillments.values()
        if work["status"] == "awaiting" and _is_ready_to_fill(snapshot, work["pk"])
    ]
    for work in sorted(waiting, key=lambda work: str(work["sk"])):
        if all(stock.get(name, 0) >= units for name, units in allocated_units(work)):
            yield f"{work['sk']} waits for goods that have arrived"
        for name, units in allocated_units(work):
            stock[name] = stock.get(name, 0) - units


def _is_ready_to_fill(snapshot: Snapshot, order_id: str) -> bool:
    order = snapshot.orders.get(order_id, {})
    return order.get("status") == "placed" and not order.get("reserved_until") and _is_processed(snapshot, order_id)


def _missed_deadlines(snapshot: Snapshot) -> Iterator[str]:
    for name, offer in snapshot.offers.items():
        if offer["status"] == "open" and offer["expires_at"] <= snapshot.timers_ran_before:
            yield f"{name} is open, it should have ended at {offer['expires_at']}"
    for name, order in snapshot.orders.items():
        payments = snapshot.payments_of_order.get(name, ())
        has_proof = any(payment["status"] == "proof_submitted" for payment in payments)
        if order.get("reserved_until") and order["reserved_until"] <= snapshot.timers_ran_before and not has_proof:
            yield f"{name} still holds stock, its time to pay ended at {order['reserved_until']}"


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (o5_each_unit_has_one_claim, o7_no_order_is_stuck)
