"""Orders, their payments and their work move as their tables say, once for each request, and one brings the goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from infra.invariants import states
from infra.invariants.fold import Step
from infra.invariants.world import Row, World, sku_of, summed, units_of

# What an order's journal tells, and what else its row may be by then: a tender ends with its order or by another that
# replaces it, a credit is settled by a collection (M7 adds those up), an offer had run out when somebody accepted.
QUIETLY = {"superseded": {"expired"}, "on_credit": {"captured", "cancelled"}} | {
    state: {"cancelled", "expired"} for state in ("due", "awaiting_proof", "proof_submitted", "rejected")
}


def o1_every_step_is_in_its_table(world: World) -> list[str]:
    """Every state is one of its table, and each step that the journal tells leads from a state to one of its next, so
    nothing follows an end, not even the same end again. A claim comes before its offer's end, an offer runs out after
    it, and nobody's time to pay is over before it is."""
    wrong = [f"{name} is {state!r}, which is no state" for name, state, table in _standing(world) if state not in table]
    for history in world.steps:
        before: dict[str, str] = {}
        for step in history:
            was = before.get(step.of)
            if was and step.to not in _next(world, step, was):
                wrong.append(f"{step.of} went from {was} to {step.to}")
            before[step.of] = step.to
    return wrong + list(_out_of_time(world))


def _standing(world: World) -> Iterator[tuple[str, str, states.Table]]:
    for name, order in world.orders.items():
        yield name, order["status"], states.ORDER
        yield f"fulfillment of {name}", order["fulfillment_status"], states.ORDER_FULFILLMENT
    for name, payment in world.payments.items():
        yield name, payment["status"], states.PAYMENT.get(payment["method"], {})
    for name, row in _rows(world):
        yield name, row["status"], TABLES[name.partition("_")[0]]


TABLES = {"ord": states.ORDER, "off": states.OFFER, "ful": states.WORK, "trf": states.TRANSFER, "shf": states.SHIFT}


def _rows(world: World) -> Iterator[tuple[str, Row]]:
    """Work, offers, transfers and drawers. A bag has no journal of its own and no state but open."""
    yield from world.works.items()
    yield from world.offers.items()
    yield from ((row["pk"], row) for row in world.transfers)
    yield from ((name, row) for name, row in world.shifts.items() if name.startswith("shf_"))


def _next(world: World, step: Step, before: str) -> set[str]:
    prefix = step.of.partition("_")[0]
    if prefix == "pay":
        method = world.payments.get(step.of, {}).get("method", "")
        return states.PAYMENT.get(method, {}).get(before, set())
    van = world.works.get(step.of, {}).get("kind") == "van"
    besides = states.WORK_ON_A_VAN if van else states.AGAIN.get(prefix, {})
    return TABLES[prefix].get(before, set()) | besides.get(before, set())


def _out_of_time(world: World) -> Iterator[str]:
    """Who decides and who writes down when share one clock, so no clock's error excuses these."""
    for order_id in world.orders:
        holds_until = ""
        for entry in world.history(order_id):
            said, at = entry["said"], entry["occurred_at"]
            holds_until = said.get("holds_until", "") if entry["kind"] == "OrderPlaced" else holds_until
            ends = world.offers.get(said.get("offer_id", ""), {}).get("expires_at", "")
            if entry["kind"] == "OfferClaimed" and ends and at >= ends:
                yield f"{said['offer_id']} was claimed at {at}, it had ended at {ends}"
            if entry["kind"] == "OfferExpired" and at < ends:
                yield f"{said['offer_id']} ran out at {at}, its end was {ends}"
            if said.get("cause") == "payment_expired" and at < holds_until:
                yield f"{order_id} ended for want of money at {at}, it had time until {holds_until}"


def o3_a_row_is_what_its_journal_tells(world: World) -> list[str]:
    """State of each order, payment, fulfillment, offer, transfer and drawer = the last step that its journal tells; how
    far an order's goods are = what its work and its offers come to."""
    told = {step.of: step.to for history in world.steps for step in history}
    standing = {name: row["status"] for name, row in (*world.orders.items(), *world.payments.items(), *_rows(world))}
    wrong = []
    for name in {*told, *standing}:
        before, state = told.get(name, "nothing"), standing.get(name, "not there")
        if state != before and state not in QUIETLY.get(before, ()):
            wrong.append(f"{name} is {state}, its journal tells {before}")
    return wrong + list(_elsewhere(world))


def _elsewhere(world: World) -> Iterator[str]:
    offered = asked_for(world)
    for order_id, order in world.orders.items():
        if (there := _how_far(world, order, order_id in offered)) != order["fulfillment_status"]:
            yield f"the goods of {order_id} are {there}, it says {order['fulfillment_status']}"


def _how_far(world: World, order: Row, asked: bool) -> str:
    """The slowest part says it, once all that was ordered has somebody who brings it."""
    works = [work for work in world.works_of.get(order["pk"], ()) if busy(work)]
    at = {work["status"] for work in works}
    if order["status"] == "cancelled":
        return "cancelled"
    if not at and order["handover"]:
        return "delivered"  # over the counter goods go before anybody writes down the work
    if not at & states.LEFT:
        return "offered" if asked else "assigned" if at - {"awaiting"} else "unassigned"
    if at - states.LEFT or _wanting(order, works):
        return "partly_shipped"
    return "delivered" if at <= states.ARRIVED else "shipped" if at != {"back_at_location"} else "returned"


def _wanting(order: Row, works: Sequence[Row]) -> bool:
    """Whether nobody brings some of what was ordered."""
    brought = summed((sku_of(piece), units) for work in works for piece, units in units_of(work))
    ordered = summed((line["sku"], line["quantity"]) for line in order["lines"])
    return any(brought.get(sku, 0) < units for sku, units in ordered.items())


def busy(work: Row) -> bool:
    return work.get("status", "rejected") not in states.GIVEN_UP


def asked_for(world: World) -> set[str]:
    """Orders of which an offer is open."""
    return {offer["pk"] for offer in world.offers.values() if offer["status"] == "open"}


def o4_one_request_made_one_thing(world: World) -> list[str]:
    """What a request was answered with exists; each order is placed by exactly one OrderPlaced."""
    known = {subject.partition("#")[2] for subject in world.journal} | {row["pk"] for row in world.rows["customers"]}
    wrong = [
        f"{scope} was answered with {answer['id']}, which is nowhere"
        for scope, answer in world.answers.items()
        if isinstance(answer, dict) and answer.get("id") and answer["id"] not in known
    ]
    placed = summed((said["order_id"], 1) for said in world.of_kind("OrderPlaced"))
    for order_id in {*placed, *world.orders}:
        if placed.get(order_id, 0) != 1 or order_id not in world.orders:
            there = "is there" if order_id in world.orders else "is not there"
            wrong.append(f"{order_id} {there} and was placed {placed.get(order_id, 0)} times")
    return wrong


RULES: tuple[Callable[[World], list[str]], ...] = (
    o1_every_step_is_in_its_table,
    o3_a_row_is_what_its_journal_tells,
    o4_one_request_made_one_thing,
)
