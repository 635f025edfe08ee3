"""Whoever won an order brings it, nobody else brings the same, and nothing of it waits for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.invariants import states
from infra.invariants.orders import is_active_work, orders_with_open_offer
from infra.invariants.snapshot import Snapshot, allocated_units, list_differences, sku_of_level, sum_by_key

RECEIPT_KINDS = ("StockReceived", "TransferReceived")


def o5_each_unit_has_one_claim(snapshot: Snapshot) -> list[str]:
    """A claimed offer has one work, its claimer's, with the version the claim got and the units that were offered; whom
    it sent home brings nothing of it; of an order at most one offer is open, so no units can be won twice (an order
    may well be brought by several claims, each of its own units); who ships by a claim ships with its version."""
    return [
        words for rule in (_mismatched_claims, _concurrent_offers, _stale_claim_versions) for words in rule(snapshot)
    ]


def _mismatched_claims(snapshot: Snapshot) -> Iterator[str]:
    won = [work for work in snapshot.fulfillments.values() if work.get("offer_id")]
    for name, offer in snapshot.offers.items():
        of_it = [work for work in won if work["offer_id"] == name]
        claims = [(work["fulfiller"], work.get("claim_version")) for work in of_it]
        if claims != ([(offer["claimed_by"], offer["version"])] if offer["status"] == "claimed" else []):
            yield f"{name} is {offer['status']} at version {offer['version']}, and its claims are {claims}"
        still = [each for each in offer.get("assigned", ()) if is_active_work(snapshot.fulfillments.get(each, {}))]
        if offer["status"] == "claimed" and still and any(map(is_active_work, of_it)):
            yield f"{name} was claimed, and {', '.join(still)} bring it too"
        for work in of_it:
            won_units = sum_by_key((sku_of_level(piece), units) for piece, units in allocated_units(work))
            yield from list_differences(
                name + ": {expected} of {name} were offered, {found} won", offer["wanted"], won_units
            )


def _concurrent_offers(snapshot: Snapshot) -> Iterator[str]:
    for order_id, offers in sum_by_key(
        (offer["pk"], offer["status"] == "open") for offer in snapshot.offers.values()
    ).items():
        if offers > 1:
            yield f"{order_id} is offered {offers} times at once"


def _stale_claim_versions(snapshot: Snapshot) -> Iterator[str]:
    for fields in snapshot.bodies_of_kind("WorkPicked", "WorkReady", "WorkDispatched", "WorkDelivered"):
        work = snapshot.fulfillments.get(fields["fulfillment_id"], {})
        shown, valid = fields.get("claim_version", 0), work.get("claim_version", 0)
        if shown != valid:
            yield f"{fields['fulfillment_id']} went on with claim {shown}, the valid one is {valid}"
        if work.get("offer_id") and fields["fulfiller"] != snapshot.offers.get(work["offer_id"], {}).get("claimed_by"):
            yield f"{fields['fulfillment_id']} was claimed by somebody else than {fields['fulfiller']}"


def o7_no_order_is_stuck(snapshot: Snapshot) -> list[str]:
    """Once heard: each placed order is being brought whole, or asked for by an open offer, or on the list of those
    nobody can bring; for one that has ended nobody works and nothing is on offer; an order is on the clock's list
    exactly while its units are on hold; no paid or collectable order waits for goods that came for it and for all
    before it; and whatever the clock had to end before it came by last has ended."""
    rules = (
        _unassigned_orders,
        _work_of_ended_orders,
        _mismatched_waiting_rows,
        _unfilled_backorders,
        _missed_deadlines,
    )
    return [words for rule in rules for words in rule(snapshot)]


def _is_processed(snapshot: Snapshot, order_id: str) -> bool:
    return all(entry["occurred_at"] <= snapshot.delivered_before for entry in snapshot.history(order_id)[-1:])


def _unassigned_orders(snapshot: Snapshot) -> Iterator[str]:
    asked = orders_with_open_offer(snapshot)
    for order_id, order in snapshot.orders.items():
        if (
            order["status"] != "placed"
            or order_id in snapshot.stranded | asked
            or not _is_processed(snapshot, order_id)
        ):
            continue
        works = [work for work in snapshot.fulfillments_of_order.get(order_id, ()) if is_active_work(work)]
        brought = sum_by_key(
            (piece.rpartition("@")[0], units) for work in works for piece, units in allocated_units(work)
        )
        ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
        if any(brought.get(sku, 0) < units for sku, units in ordered.items()):
            yield f"{order_id} wants {ordered}, {brought} are being brought, and nobody is asked for the rest"


def _work_of_ended_orders(snapshot: Snapshot) -> Iterator[str]:
    ended = {name for name, order in snapshot.orders.items() if order["status"] in ("completed", "cancelled")}
    ended = {name for name in ended if _is_processed(snapshot, name)}
    for name, row in (*snapshot.fulfillments.items(), *snapshot.offers.items()):
        if row["pk"] in ended and row["status"] in states.BEFORE_DISPATCH | {"open"}:
            yield f"{name} is {row['status']} still, its order has ended"


def _mismatched_waiting_rows(snapshot: Snapshot) -> Iterator[str]:
    waiting = {row["pk"] for row in snapshot.rows["orders"] if row["sk"] == "waiting"}
    on_hold = {name for name, order in snapshot.orders.items() if order.get("reserved_until")}
    for name in sorted(waiting ^ on_hold):
        yield f"{name} is " + ("watched for nothing" if name in waiting else "on hold, and nobody watches its end")


def _unfilled_backorders(snapshot: Snapshot) -> Iterator[str]:
    if any(
        entry["occurred_at"] > snapshot.delivered_before for entry in snapshot.entries if entry["kind"] in RECEIPT_KINDS
    ):
        return
    left = {name: row["on_hand"] for name, row in snapshot.levels.items()}
    waits = [
        work
        for work in snapshot.fulfillments.values()
        if work["status"] == "awaiting" and _is_ready_to_fill(snapshot, work["pk"])
    ]
    for work in sorted(waits, key=lambda work: str(work["sk"])):
        if all(left.get(name, 0) >= units for name, units in allocated_units(work)):
            yield f"{work['sk']} waits for goods that came"
        for name, units in allocated_units(work):
            left[name] = left.get(name, 0) - units


def _is_ready_to_fill(snapshot: Snapshot, order_id: str) -> bool:
    order = snapshot.orders.get(order_id, {})
    return order.get("status") == "placed" and not order.get("reserved_until") and _is_processed(snapshot, order_id)


def _missed_deadlines(snapshot: Snapshot) -> Iterator[str]:
    for name, offer in snapshot.offers.items():
        if offer["status"] == "open" and offer["expires_at"] <= snapshot.timers_ran_before:
            yield f"{name} is open, its end was {offer['expires_at']}"
    for name, order in snapshot.orders.items():
        proofs = any(each["status"] == "proof_submitted" for each in snapshot.payments_of_order.get(name, ()))
        if order.get("reserved_until") and order["reserved_until"] <= snapshot.timers_ran_before and not proofs:
            yield f"{name} is waited for, its time to pay ended at {order['reserved_until']}"


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (o5_each_unit_has_one_claim, o7_no_order_is_stuck)
