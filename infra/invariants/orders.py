"""Orders, payments and fulfillments follow their state tables, and each request has one effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from infra.invariants import states
from infra.invariants.snapshot import Row, Snapshot, allocated_units, sku_of_level, sum_by_key
from infra.invariants.transitions import Transition

# States that a row may have although its last state in the journal is another: {last state: states of the row}. A
# tender ends with its order or is replaced by another, a credit is settled by a collection (see M7), and an offer may
# have expired before it was superseded.
STATES_WITHOUT_ENTRY = {"superseded": {"expired"}, "on_credit": {"captured", "cancelled"}} | {
    state: {"cancelled", "expired"} for state in ("due", "awaiting_proof", "proof_submitted", "rejected")
}


def o1_every_transition_is_allowed(snapshot: Snapshot) -> list[str]:
    """Every state is in its table and every transition in the journal is allowed; nothing follows a final state.

    An offer is claimed before it expires and expires after its end; a payment does not expire before its deadline.
    """
    violations = [
        f"{name} is {state!r}, which is not a state of its table"
        for name, state, table in _current_states(snapshot)
        if state not in table
    ]
    for history in snapshot.transitions:
        before: dict[str, str] = {}
        for step in history:
            previous = before.get(step.subject)
            if previous and step.state not in _allowed_next(snapshot, step, previous):
                violations.append(f"{step.subject} went from {previous} to {step.state}")
            before[step.subject] = step.state
    return violations + list(_mistimed_transitions(snapshot))


def _current_states(snapshot: Snapshot) -> Iterator[tuple[str, str, states.Table]]:
    for name, order in snapshot.orders.items():
        yield name, order["status"], states.ORDER
        yield f"fulfillment of {name}", order["fulfillment_status"], states.ORDER_FULFILLMENT
    for name, payment in snapshot.payments.items():
        yield name, payment["status"], states.PAYMENT.get(payment["method"], {})
    for name, row in _rows_with_states(snapshot):
        yield name, row["status"], TABLES[name.partition("_")[0]]


TABLES = {"ord": states.ORDER, "off": states.OFFER, "ful": states.WORK, "trf": states.TRANSFER, "shf": states.SHIFT}


def _rows_with_states(snapshot: Snapshot) -> Iterator[tuple[str, Row]]:
    """Fulfillments, offers, transfers and till shifts. Cash bags are left out: they have no states."""
    yield from snapshot.fulfillments.items()
    yield from snapshot.offers.items()
    yield from ((row["pk"], row) for row in snapshot.transfers)
    yield from ((name, row) for name, row in snapshot.shifts.items() if name.startswith("shf_"))


def _allowed_next(snapshot: Snapshot, step: Transition, before: str) -> set[str]:
    prefix = step.subject.partition("_")[0]
    if prefix == "pay":
        method = snapshot.payments.get(step.subject, {}).get("method", "")
        return states.PAYMENT.get(method, {}).get(before, set()) | states.REPEATABLE["pay"].get(before, set())
    van = snapshot.fulfillments.get(step.subject, {}).get("kind") == "van"
    extra = states.WORK_ON_A_VAN if van else states.REPEATABLE.get(prefix, {})
    return TABLES[prefix].get(before, set()) | extra.get(before, set())


def _mistimed_transitions(snapshot: Snapshot) -> Iterator[str]:
    """Offers and deadlines that ended at another time than they should. Both instants are of the same clock."""
    for order_id in snapshot.orders:
        holds_until = ""
        for entry in snapshot.history(order_id):
            fields, at = entry["fields"], entry["occurred_at"]
            holds_until = fields.get("holds_until", "") if entry["kind"] == "OrderPlaced" else holds_until
            ends = snapshot.offers.get(fields.get("offer_id", ""), {}).get("expires_at", "")
            if entry["kind"] == "OfferClaimed" and ends and at >= ends:
                yield f"{fields['offer_id']} was claimed at {at}, after it ended at {ends}"
            if entry["kind"] == "OfferExpired" and at < ends:
                yield f"{fields['offer_id']} expired at {at}, before its end {ends}"
            if fields.get("cause") == "payment_expired" and at < holds_until:
                yield f"{order_id} was cancelled as unpaid at {at}, before its deadline {holds_until}"


def o3_row_states_match_journal(snapshot: Snapshot) -> list[str]:
    """The state of each order, payment, fulfillment, offer, transfer and shift = the last one in its journal.

    An order's fulfillment status = the one that follows from its fulfillments and offers.
    """
    journaled = {step.subject: step.state for history in snapshot.transitions for step in history}
    stored = {
        name: row["status"]
        for name, row in (*snapshot.orders.items(), *snapshot.payments.items(), *_rows_with_states(snapshot))
    }
    violations = []
    for name in {*journaled, *stored}:
        last, state = journaled.get(name, "nothing"), stored.get(name, "missing")
        if state != last and state not in STATES_WITHOUT_ENTRY.get(last, ()):
            violations.append(f"{name} is {state}, the last state in its journal is {last}")
    return violations + list(_wrong_fulfillment_statuses(snapshot))


def _wrong_fulfillment_statuses(snapshot: Snapshot) -> Iterator[str]:
    offered = orders_with_open_offer(snapshot)
    for order_id, order in snapshot.orders.items():
        expected = _expected_fulfillment_status(snapshot, order, order_id in offered)
        if expected != order["fulfillment_status"]:
            yield f"the fulfillment status of {order_id} is {order['fulfillment_status']} instead of {expected}"


def _expected_fulfillment_status(snapshot: Snapshot, order: Row, is_offered: bool) -> str:
    """The status of the slowest part, once all ordered units are assigned."""
    works = [work for work in snapshot.fulfillments_of_order.get(order["pk"], ()) if is_active_work(work)]
    statuses = {work["status"] for work in works}
    if order["status"] == "cancelled":
        return "cancelled"
    if not statuses and (order["handover"] or order["historical"]):
        return "delivered"  # at the counter goods are handed over before the fulfillment is recorded
    if not statuses & states.HAS_LEFT_LOCATION:
        return "offered" if is_offered else "assigned" if statuses - {"awaiting"} else "unassigned"
    if statuses - states.HAS_LEFT_LOCATION or _has_unassigned_units(order, works):
        return "partly_shipped"
    return "delivered" if statuses <= states.ARRIVED else "shipped" if statuses != {"back_at_location"} else "returned"


def _has_unassigned_units(order: Row, works: Sequence[Row]) -> bool:
    assigned = sum_by_key((sku_of_level(level), units) for work in works for level, units in allocated_units(work))
    ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
    return any(assigned.get(sku, 0) < units for sku, units in ordered.items())


def is_active_work(work: Row) -> bool:
    return work.get("status", "rejected") not in states.ABANDONED


def orders_with_open_offer(snapshot: Snapshot) -> set[str]:
    """Ids of the orders that have an open offer."""
    return {offer["pk"] for offer in snapshot.offers.values() if offer["status"] == "open"}


def o4_each_request_has_one_effect(snapshot: Snapshot) -> list[str]:
    """The resource in each stored answer exists; each order was placed, or recorded as historical, exactly once."""
    known = {subject.partition("#")[2] for subject in snapshot.journal} | {
        row["pk"] for row in snapshot.rows["customers"]
    }
    violations = [
        f"{scope} was answered with {answer['id']}, which does not exist"
        for scope, answer in snapshot.answers.items()
        if isinstance(answer, dict) and answer.get("id") and answer["id"] not in known
    ]
    kinds = ("OrderPlaced", "HistoricalOrderRecorded")
    placed = sum_by_key((fields["order_id"], 1) for fields in snapshot.bodies_of_kind(*kinds))
    for order_id in {*placed, *snapshot.orders}:
        if placed.get(order_id, 0) != 1 or order_id not in snapshot.orders:
            state = "exists" if order_id in snapshot.orders else "does not exist"
            violations.append(f"{order_id} {state} and was placed {placed.get(order_id, 0)} times")
    return violations


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (
    o1_every_transition_is_allowed,
    o3_row_states_match_journal,
    o4_each_request_has_one_effect,
)
