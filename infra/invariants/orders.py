"""Orders, their payments and their work move as their tables say, once for each request, and one brings the goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.invariants import states
from infra.invariants.fold import Step
from infra.invariants.world import Row, World, summed, units_of

# What an order's journal tells, and what else its row may be by then: a tender ends with its order or by another that
# replaces it, a credit is settled by a collection (M7 adds those up), an offer had run out when somebody accepted.
QUIETLY = {"superseded": {"expired"}, "on_credit": {"captured", "cancelled"}} | {
    state: {"cancelled", "expired"} for state in ("due", "awaiting_proof", "proof_submitted", "rejected")
}


CAME = ("StockReceived", "TransferReceived")


def o1_every_step_is_in_its_table(world: World) -> list[str]:
    """Every state is one of its table, and each step that the journal tells leads from a state to one of its next. A
    claim comes before its offer's end, an offer runs out after it, and nobody's time to pay is over before it is."""
    wrong = [f"{name} is {state!r}, which is no state" for name, state, table in _standing(world) if state not in table]
    for history in world.steps:
        before: dict[str, str] = {}
        for step in history:
            was = before.get(step.of)
            if was and step.to != was and step.to not in _next(world, step, was):
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
    return TABLES[prefix].get(before, set()) | (states.WORK_ON_A_VAN.get(before, set()) if van else set())


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
            if said.get("reason") == "payment_expired" and at < holds_until:
                yield f"{order_id} ended for want of money at {at}, it had time until {holds_until}"


def o3_a_row_is_what_its_journal_tells(world: World) -> list[str]:
    """State of each order, payment, fulfillment, offer, transfer and drawer = the last step that its journal tells."""
    told = {step.of: step.to for history in world.steps for step in history}
    standing = {name: row["status"] for name, row in (*world.orders.items(), *world.payments.items(), *_rows(world))}
    wrong = []
    for name in {*told, *standing}:
        before, state = told.get(name, "nothing"), standing.get(name, "not there")
        if state != before and state not in QUIETLY.get(before, ()):
            wrong.append(f"{name} is {state}, its journal tells {before}")
    return wrong


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
    return work.get("status", "rejected") not in states.GIVEN_UP


def o7_nothing_waits_for_ever(world: World) -> list[str]:
    """Once heard: each placed order is being brought whole, or asked for by an open offer, or on the list of those
    nobody can bring; for one that has ended nobody works and nothing is on offer; an order is on the clock's list
    exactly while its units are on hold; no paid or collectable order waits for goods that came for it and for all
    before it; and whatever the clock had to end before it came by last has ended."""
    rules = (_left_alone, _for_nothing, _off_the_list, _kept_waiting, _overslept)
    return [words for rule in rules for words in rule(world)]


def _heard(world: World, order_id: str) -> bool:
    return all(entry["occurred_at"] <= world.heard_before for entry in world.history(order_id)[-1:])


def _left_alone(world: World) -> Iterator[str]:
    asked = {offer["pk"] for offer in world.offers.values() if offer["status"] == "open"}
    for order_id, order in world.orders.items():
        if order["status"] != "placed" or order_id in world.stranded | asked or not _heard(world, order_id):
            continue
        busy = [work for work in world.works_of.get(order_id, ()) if _busy(work)]
        brought = summed((piece.rpartition("@")[0], units) for work in busy for piece, units in units_of(work))
        ordered = summed((line["sku"], line["quantity"]) for line in order["lines"])
        if any(brought.get(sku, 0) < units for sku, units in ordered.items()):
            yield f"{order_id} wants {ordered}, {brought} are being brought, and nobody is asked for the rest"


def _for_nothing(world: World) -> Iterator[str]:
    ended = {name for name, order in world.orders.items() if order["status"] in ("completed", "cancelled")}
    ended = {name for name in ended if _heard(world, name)}
    for name, row in (*world.works.items(), *world.offers.items()):
        if row["pk"] in ended and row["status"] in states.NOT_YET_GONE | {"open"}:
            yield f"{name} is {row['status']} still, its order has ended"


def _off_the_list(world: World) -> Iterator[str]:
    waiting = {row["pk"] for row in world.rows["orders"] if row["sk"] == "waiting"}
    on_hold = {name for name, order in world.orders.items() if order.get("reserved_until")}
    for name in sorted(waiting ^ on_hold):
        yield f"{name} is " + ("watched for nothing" if name in waiting else "on hold, and nobody watches its end")


def _kept_waiting(world: World) -> Iterator[str]:
    if any(entry["occurred_at"] > world.heard_before for entry in world.entries if entry["kind"] in CAME):
        return
    left = {name: row["on_hand"] for name, row in world.levels.items()}
    waits = [work for work in world.works.values() if work["status"] == "awaiting" and _firm(world, work["pk"])]
    for work in sorted(waits, key=lambda work: str(work["sk"])):
        if all(left.get(name, 0) >= units for name, units in units_of(work)):
            yield f"{work['sk']} waits for goods that came"
        for name, units in units_of(work):
            left[name] = left.get(name, 0) - units


def _firm(world: World, order_id: str) -> bool:
    order = world.orders.get(order_id, {})
    return order.get("status") == "placed" and not order.get("reserved_until") and _heard(world, order_id)


def _overslept(world: World) -> Iterator[str]:
    for name, offer in world.offers.items():
        if offer["status"] == "open" and offer["expires_at"] <= world.swept_before:
            yield f"{name} is open, its end was {offer['expires_at']}"
    for name, order in world.orders.items():
        proofs = any(each["status"] == "proof_submitted" for each in world.payments_of.get(name, ()))
        if order.get("reserved_until") and order["reserved_until"] <= world.swept_before and not proofs:
            yield f"{name} is waited for, its time to pay ended at {order['reserved_until']}"


RULES: tuple[Callable[[World], list[str]], ...] = (
    o1_every_step_is_in_its_table,
    o3_a_row_is_what_its_journal_tells,
    o4_one_request_made_one_thing,
    o5_one_claim_brings_it,
    o7_nothing_waits_for_ever,
)
