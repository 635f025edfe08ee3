"""Orders, their payments and their work move as their tables say, once for each request, and one brings the goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from infra.invariants import states
from infra.invariants.snapshot import Row, Snapshot, allocated_units, sku_of_level, sum_by_key
from infra.invariants.transitions import Transition

# What an order's journal tells, and what else its row may be by then: a tender ends with its order or by another that
# replaces it, a credit is settled by a collection (M7 adds those up), an offer had run out when somebody accepted.
STATES_WITHOUT_ENTRY = {"superseded": {"expired"}, "on_credit": {"captured", "cancelled"}} | {
    state: {"cancelled", "expired"} for state in ("due", "awaiting_proof", "proof_submitted", "rejected")
}


def o1_every_transition_is_allowed(snapshot: Snapshot) -> list[str]:
    """Every state is one of its table, and each step that the journal tells leads from a state to one of its next, so
    nothing follows an end, not even the same end again. A claim comes before its offer's end, an offer runs out after
    it, and nobody's time to pay is over before it is."""
    wrong = [
        f"{name} is {state!r}, which is no state"
        for name, state, table in _current_states(snapshot)
        if state not in table
    ]
    for history in snapshot.transitions:
        before: dict[str, str] = {}
        for step in history:
            was = before.get(step.subject)
            if was and step.state not in _allowed_next(snapshot, step, was):
                wrong.append(f"{step.subject} went from {was} to {step.state}")
            before[step.subject] = step.state
    return wrong + list(_too_early_or_late(snapshot))


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
    """Work, offers, transfers and drawers. A bag has no journal of its own and no state but open."""
    yield from snapshot.fulfillments.items()
    yield from snapshot.offers.items()
    yield from ((row["pk"], row) for row in snapshot.transfers)
    yield from ((name, row) for name, row in snapshot.shifts.items() if name.startswith("shf_"))


def _allowed_next(snapshot: Snapshot, step: Transition, before: str) -> set[str]:
    prefix = step.subject.partition("_")[0]
    if prefix == "pay":
        method = snapshot.payments.get(step.subject, {}).get("method", "")
        return states.PAYMENT.get(method, {}).get(before, set())
    van = snapshot.fulfillments.get(step.subject, {}).get("kind") == "van"
    besides = states.WORK_ON_A_VAN if van else states.REPEATABLE.get(prefix, {})
    return TABLES[prefix].get(before, set()) | besides.get(before, set())


def _too_early_or_late(snapshot: Snapshot) -> Iterator[str]:
    """Who decides and who writes down when share one clock, so no clock's error excuses these."""
    for order_id in snapshot.orders:
        holds_until = ""
        for entry in snapshot.history(order_id):
            fields, at = entry["fields"], entry["occurred_at"]
            holds_until = fields.get("holds_until", "") if entry["kind"] == "OrderPlaced" else holds_until
            ends = snapshot.offers.get(fields.get("offer_id", ""), {}).get("expires_at", "")
            if entry["kind"] == "OfferClaimed" and ends and at >= ends:
                yield f"{fields['offer_id']} was claimed at {at}, it had ended at {ends}"
            if entry["kind"] == "OfferExpired" and at < ends:
                yield f"{fields['offer_id']} ran out at {at}, its end was {ends}"
            if fields.get("cause") == "payment_expired" and at < holds_until:
                yield f"{order_id} ended for want of money at {at}, it had time until {holds_until}"


def o3_row_states_match_journal(snapshot: Snapshot) -> list[str]:
    """State of each order, payment, fulfillment, offer, transfer and drawer = the last step that its journal tells; how
    far an order's goods are = what its work and its offers come to."""
    told = {step.subject: step.state for history in snapshot.transitions for step in history}
    standing = {
        name: row["status"]
        for name, row in (*snapshot.orders.items(), *snapshot.payments.items(), *_rows_with_states(snapshot))
    }
    wrong = []
    for name in {*told, *standing}:
        before, state = told.get(name, "nothing"), standing.get(name, "not there")
        if state != before and state not in STATES_WITHOUT_ENTRY.get(before, ()):
            wrong.append(f"{name} is {state}, its journal tells {before}")
    return wrong + list(_wrong_fulfillment_statuses(snapshot))


def _wrong_fulfillment_statuses(snapshot: Snapshot) -> Iterator[str]:
    offered = orders_with_open_offer(snapshot)
    for order_id, order in snapshot.orders.items():
        if (there := _expected_fulfillment_status(snapshot, order, order_id in offered)) != order["fulfillment_status"]:
            yield f"the goods of {order_id} are {there}, it says {order['fulfillment_status']}"


def _expected_fulfillment_status(snapshot: Snapshot, order: Row, asked: bool) -> str:
    """The slowest part says it, once all that was ordered has somebody who brings it."""
    works = [work for work in snapshot.fulfillments_of_order.get(order["pk"], ()) if is_active_work(work)]
    at = {work["status"] for work in works}
    if order["status"] == "cancelled":
        return "cancelled"
    if not at and order["handover"]:
        return "delivered"  # over the counter goods go before anybody writes down the work
    if not at & states.HAS_LEFT_LOCATION:
        return "offered" if asked else "assigned" if at - {"awaiting"} else "unassigned"
    if at - states.HAS_LEFT_LOCATION or _has_unassigned_units(order, works):
        return "partly_shipped"
    return "delivered" if at <= states.ARRIVED else "shipped" if at != {"back_at_location"} else "returned"


def _has_unassigned_units(order: Row, works: Sequence[Row]) -> bool:
    """Whether nobody brings some of what was ordered."""
    brought = sum_by_key((sku_of_level(piece), units) for work in works for piece, units in allocated_units(work))
    ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
    return any(brought.get(sku, 0) < units for sku, units in ordered.items())


def is_active_work(work: Row) -> bool:
    return work.get("status", "rejected") not in states.ABANDONED


def orders_with_open_offer(snapshot: Snapshot) -> set[str]:
    """Orders of which an offer is open."""
    return {offer["pk"] for offer in snapshot.offers.values() if offer["status"] == "open"}


def o4_each_request_has_one_effect(snapshot: Snapshot) -> list[str]:
    """What a request was answered with exists; each order is placed by exactly one OrderPlaced."""
    known = {subject.partition("#")[2] for subject in snapshot.journal} | {
        row["pk"] for row in snapshot.rows["customers"]
    }
    wrong = [
        f"{scope} was answered with {answer['id']}, which is nowhere"
        for scope, answer in snapshot.answers.items()
        if isinstance(answer, dict) and answer.get("id") and answer["id"] not in known
    ]
    placed = sum_by_key((fields["order_id"], 1) for fields in snapshot.bodies_of_kind("OrderPlaced"))
    for order_id in {*placed, *snapshot.orders}:
        if placed.get(order_id, 0) != 1 or order_id not in snapshot.orders:
            there = "is there" if order_id in snapshot.orders else "is not there"
            wrong.append(f"{order_id} {there} and was placed {placed.get(order_id, 0)} times")
    return wrong


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (
    o1_every_transition_is_allowed,
    o3_row_states_match_journal,
    o4_each_request_has_one_effect,
)
