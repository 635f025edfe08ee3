"""What each journal entry says about states: of an order, its payments, work and offers, of a transfer, of a drawer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from infra.invariants.world import Row


class Step(NamedTuple):
    of: str
    to: str


def steps(history: Sequence[Row], works: Mapping[str, Row]) -> Iterator[Step]:
    """What lies on a van already is accepted when it is assigned; `works` says which do. What goes over the counter is
    complete when it is placed, and each part of its work, written down afterwards, says so again."""
    over_the_counter = history[0]["said"].get("method") == "handover"
    for number, entry in enumerate(history):
        for step in TELLS.get(entry["kind"], _nothing)(entry):
            if step.to == "assigned" and _with_driver(works.get(step.of)):
                yield Step(step.of, "accepted")
            elif not (step.to == "completed" and over_the_counter and number):
                yield step


def _with_driver(work: Row | None) -> bool:
    return work is not None and work["kind"] == "van" and bool(work.get("fulfiller"))


def _nothing(entry: Row) -> Iterator[Step]:
    yield from ()


def _placed(entry: Row) -> Iterator[Step]:
    said = entry["said"]
    yield Step(said["order_id"], "completed" if said["method"] == "handover" else "placed")
    yield from _captured_beside(entry)


def _cancelled(entry: Row) -> Iterator[Step]:
    yield Step(entry["said"]["order_id"], "cancelled")
    yield from _captured_beside(entry)


def _captured_beside(entry: Row) -> Iterator[Step]:
    yield from (Step(payment["payment_id"], payment["status"]) for payment in entry["said"].get("payments", ()))


def _payment(to: str) -> Callable[[Row], Iterator[Step]]:
    return lambda entry: iter([Step(entry["said"]["payment_id"], to)])


def _opened(entry: Row) -> Iterator[Step]:
    said = entry["said"]
    yield from _assigned(entry)
    if said.get("offer_id"):
        yield Step(said["offer_id"], "open")


def _assigned(entry: Row) -> Iterator[Step]:
    yield from (Step(work["fulfillment_id"], "assigned") for work in entry["said"].get("assigned", ()))
    yield from (Step(work["fulfillment_id"], "awaiting") for work in entry["said"].get("awaiting", ()))


def _claimed(entry: Row) -> Iterator[Step]:
    said = entry["said"]
    yield Step(said["offer_id"], "claimed")
    yield Step(said["fulfillment_id"], "accepted")
    yield from _stood_down(entry)


def _stood_down(entry: Row) -> Iterator[Step]:
    yield from (Step(work["fulfillment_id"], "cancelled") for work in entry["said"].get("stood_down", ()))


def _declined(entry: Row) -> Iterator[Step]:
    said = entry["said"]
    yield Step(said["offer_id"], "declined_by_all" if said.get("by_all") else "open")


def _work(to: str) -> Callable[[Row], Iterator[Step]]:
    return lambda entry: iter([Step(entry["said"]["fulfillment_id"], to)])


def _accepted(entry: Row) -> Iterator[Step]:
    """Whether the offer that this ended had run out by then is not told; both are ends."""
    yield from _work("accepted")(entry)
    if entry["said"].get("offer_id"):
        yield Step(entry["said"]["offer_id"], "superseded")


def _arrived(to: str) -> Callable[[Row], Iterator[Step]]:
    def tells(entry: Row) -> Iterator[Step]:
        yield from _work(to)(entry)
        yield from _captured_beside(entry)
        if entry["said"].get("completed"):
            yield Step(entry["said"]["order_id"], "completed")

    return tells


def _failed(entry: Row) -> Iterator[Step]:
    yield from _work("back_at_location" if entry["said"].get("back") else "failed_attempt")(entry)


def _called_off(entry: Row) -> Iterator[Step]:
    yield from _stood_down(entry)
    if entry["said"].get("offer_id"):
        yield Step(entry["said"]["offer_id"], "superseded")


def _is(name: str, to: str) -> Callable[[Row], Iterator[Step]]:
    return lambda entry: iter([Step(entry["said"][name], to)])


TELLS: dict[str, Callable[[Row], Iterator[Step]]] = {
    "OrderPlaced": _placed,
    "OrderCancelled": _cancelled,
    "ProofSubmitted": _payment("proof_submitted"),
    "PaymentRejected": _payment("rejected"),
    "PaymentCaptured": _payment("captured"),
    "OfferOpened": _opened,
    "OfferClaimed": _claimed,
    "OfferDeclined": _declined,
    "OfferExpired": lambda entry: iter([Step(entry["said"]["offer_id"], "expired")]),
    "WorkAccepted": _accepted,
    "WorkRejected": _work("rejected"),
    "WorkRerouted": _assigned,
    "BackorderFilled": _assigned,
    "WorkCancelled": _called_off,
    "WorkPicked": _work("picking"),
    "WorkReady": _work("ready"),
    "WorkDispatched": _work("in_transit"),
    "WorkDelivered": _arrived("delivered"),
    "WorkHandedOver": _arrived("handed_over"),
    "WorkFailed": _failed,
    "TransferSent": _is("transfer_id", "in_transit"),
    "TransferReceived": lambda entry: iter([Step(entry["said"]["transfer_id"], entry["said"]["status"])]),
    "TransferCancelled": _is("transfer_id", "cancelled"),
    "ShiftOpened": _is("shift_id", "open"),
    "ShiftCounted": _is("shift_id", "counted"),
    "ShiftClosed": _is("shift_id", "closed"),
}
