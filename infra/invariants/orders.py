"""Orders, their payments and their work move as their tables say, once for each request, and one brings the goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chalicelib.fulfillment import model as work_model
from chalicelib.orders import model as order_model
from chalicelib.payments import model as payment_model
from infra.invariants.fold import Step, steps
from infra.invariants.world import Row, World, summed, units_of

# What an order's journal tells, and what else its row may be by then: a tender ends with its order or by another that
# replaces it, a credit is settled by a collection (M7 adds those up), an offer had run out when somebody accepted.
QUIETLY = {"superseded": {"expired"}, "on_credit": {"captured", "cancelled"}} | {
    state: {"cancelled", "expired"} for state in ("due", "awaiting_proof", "proof_submitted", "rejected")
}


def o1_every_step_is_in_its_table(world: World) -> list[str]:
    """Every state is one of its table, and each step that the journal tells leads from a state to one of its next."""
    wrong = [f"{name} is {state!r}, which is no state" for name, state, table in _standing(world) if state not in table]
    for order_id in world.orders:
        states: dict[str, str] = {}
        for step in steps(world.history(order_id), world.works):
            before = states.get(step.of)
            if before and step.to != before and step.to not in _next(world, step, before):
                wrong.append(f"{step.of} went from {before} to {step.to}")
            states[step.of] = step.to
    return wrong


def _standing(world: World) -> Iterator[tuple[str, str, dict[str, set[str]]]]:
    for name, order in world.orders.items():
        yield name, order["status"], order_model.STATES
        yield f"fulfillment of {name}", order["fulfillment_status"], order_model.FULFILLMENT_STATES
    for name, payment in world.payments.items():
        yield name, payment["status"], payment_model.STATES.get(payment["method"], {})
    for name, work in world.works.items():
        yield name, work["status"], work_model.FULFILLMENT_STATES
    for name, offer in world.offers.items():
        yield name, offer["status"], work_model.OFFER_STATES
    for name, shift in world.shifts.items():
        yield name, shift["status"], payment_model.SHIFT_STATES


def _next(world: World, step: Step, before: str) -> set[str]:
    prefix = step.of.partition("_")[0]
    if prefix == "ord":
        return order_model.STATES.get(before, set())
    if prefix == "off":
        return work_model.OFFER_STATES.get(before, set())
    if prefix == "pay":
        method = world.payments.get(step.of, {}).get("method", "")
        return payment_model.STATES.get(method, {}).get(before, set())
    van = world.works.get(step.of, {}).get("kind") == "van"
    return work_model.FULFILLMENT_STATES.get(before, set()) | (work_model.ON_A_VAN.get(before, set()) if van else set())


def o3_a_row_is_what_its_journal_tells(world: World) -> list[str]:
    """State of each order, payment, fulfillment and offer = the last step that the order's journal tells of it."""
    wrong = []
    for order_id in world.orders:
        told = {step.of: step.to for step in steps(world.history(order_id), world.works)}
        standing = _states(world, order_id)
        for name in {*told, *standing}:
            before, state = told.get(name, "nothing"), standing.get(name, "not there")
            if state != before and state not in QUIETLY.get(before, ()):
                wrong.append(f"{name} is {state}, its journal tells {before}")
    return wrong


def _states(world: World, order_id: str) -> dict[str, str]:
    rows = {order_id: world.orders[order_id]}
    rows |= {row["pk"]: row for row in world.payments_of.get(order_id, ())}
    rows |= {row["sk"]: row for row in world.works_of.get(order_id, ())}
    rows |= {name: row for name, row in world.offers.items() if row["pk"] == order_id}
    return {name: row["status"] for name, row in rows.items()}


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


def o5_one_claim_brings_it(world: World) -> list[str]:
    """A claimed offer has one work, its claimer's, with the version the claim got; whom it sent home brings nothing of
    it; of an order at most one claim is being brought; who ships by a claim ships with its version."""
    return [words for rule in (_claims, _rivals, _fences) for words in rule(world)]


def _claims(world: World) -> Iterator[str]:
    won = [work for work in world.works.values() if work.get("offer_id")]
    for name, offer in world.offers.items():
        of_it = [work for work in won if work["offer_id"] == name]
        claims = [(work["fulfiller"], work.get("claim_version")) for work in of_it]
        if claims != ([(offer["claimed_by"], offer["version"])] if offer["status"] == "claimed" else []):
            yield f"{name} is {offer['status']} at version {offer['version']}, and its claims are {claims}"
        still = [each for each in offer.get("assigned", ()) if _busy(world.works.get(each, {}))]
        if offer["status"] == "claimed" and still and any(map(_busy, of_it)):
            yield f"{name} was claimed, and {', '.join(still)} bring it too"


def _rivals(world: World) -> Iterator[str]:
    for order_id, works in world.works_of.items():
        claimed = [work["sk"] for work in works if work.get("offer_id") and _busy(work)]
        ordered = summed((line["sku"], line["quantity"]) for line in world.orders.get(order_id, {}).get("lines", ()))
        brought = summed(
            (piece.rpartition("@")[0], n) for work in works if work["sk"] in claimed for piece, n in units_of(work)
        )
        if any(units > ordered.get(sku, 0) for sku, units in brought.items()):
            yield f"{order_id} is brought by several claims: {', '.join(claimed)}"


def _fences(world: World) -> Iterator[str]:
    for said in world.of_kind("WorkPicked", "WorkReady", "WorkDispatched", "WorkDelivered"):
        work = world.works.get(said["fulfillment_id"], {})
        shown, valid = said.get("claim_version", 0), work.get("claim_version", 0)
        if shown != valid:
            yield f"{said['fulfillment_id']} went on with claim {shown}, the valid one is {valid}"
        if work.get("offer_id") and said["fulfiller"] != world.offers.get(work["offer_id"], {}).get("claimed_by"):
            yield f"{said['fulfillment_id']} was claimed by somebody else than {said['fulfiller']}"


def _busy(work: Row) -> bool:
    return work.get("status", "rejected") not in work_model.GIVEN_UP


RULES: tuple[Callable[[World], list[str]], ...] = (
    o1_every_step_is_in_its_table,
    o3_a_row_is_what_its_journal_tells,
    o4_one_request_made_one_thing,
    o5_one_claim_brings_it,
)
