"""What each journal entry says about states: of an order, its payments, work and offers, of a transfer, of a drawer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from infra.invariants.snapshot import Row


class Transition(NamedTuple):
    subject: str
    state: str


def list_transitions(history: Sequence[Row], works: Mapping[str, Row]) -> Iterator[Transition]:
    """What lies on a van already is accepted when it is assigned; `works` says which do. What goes over the counter is
    complete when it is placed, and each part of its work, written down afterwards, says so again."""
    over_the_counter = history[0]["said"].get("method") == "handover"
    for number, entry in enumerate(history):
        for step in TRANSITIONS_OF.get(entry["kind"], _none)(entry):
            if step.state == "assigned" and _is_claimed_van_work(works.get(step.subject)):
                yield Transition(step.subject, "accepted")
            elif not (step.state == "completed" and over_the_counter and number):
                yield step


def _is_claimed_van_work(work: Row | None) -> bool:
    return work is not None and work["kind"] == "van" and bool(work.get("fulfiller"))


def _none(entry: Row) -> Iterator[Transition]:
    yield from ()


def _order_placed(entry: Row) -> Iterator[Transition]:
    said = entry["said"]
    yield Transition(said["order_id"], "completed" if said["method"] == "handover" else "placed")
    yield from _payments_in_entry(entry)


def _order_cancelled(entry: Row) -> Iterator[Transition]:
    yield Transition(entry["said"]["order_id"], "cancelled")
    yield from _payments_in_entry(entry)


def _payments_in_entry(entry: Row) -> Iterator[Transition]:
    yield from (Transition(payment["payment_id"], payment["status"]) for payment in entry["said"].get("payments", ()))


def _payment_reaches(to: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["said"]["payment_id"], to)])


def _offer_opened(entry: Row) -> Iterator[Transition]:
    said = entry["said"]
    yield from _work_assigned(entry)
    if said.get("offer_id"):
        yield Transition(said["offer_id"], "open")


def _work_assigned(entry: Row) -> Iterator[Transition]:
    yield from (Transition(work["fulfillment_id"], "assigned") for work in entry["said"].get("assigned", ()))
    yield from (Transition(work["fulfillment_id"], "awaiting") for work in entry["said"].get("awaiting", ()))


def _offer_claimed(entry: Row) -> Iterator[Transition]:
    said = entry["said"]
    yield Transition(said["offer_id"], "claimed")
    yield Transition(said["fulfillment_id"], "accepted")
    yield from _work_cancelled(entry)


def _work_cancelled(entry: Row) -> Iterator[Transition]:
    yield from (Transition(work["fulfillment_id"], "cancelled") for work in entry["said"].get("stood_down", ()))


def _offer_declined(entry: Row) -> Iterator[Transition]:
    said = entry["said"]
    yield Transition(said["offer_id"], "declined_by_all" if said.get("by_all") else "open")


def _work_reaches(to: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["said"]["fulfillment_id"], to)])


def _work_accepted(entry: Row) -> Iterator[Transition]:
    """Whether the offer that this ended had run out by then is not told; both are ends."""
    yield from _work_reaches("accepted")(entry)
    if entry["said"].get("offer_id"):
        yield Transition(entry["said"]["offer_id"], "superseded")


def _work_completed(to: str) -> Callable[[Row], Iterator[Transition]]:
    def tells(entry: Row) -> Iterator[Transition]:
        yield from _work_reaches(to)(entry)
        yield from _payments_in_entry(entry)
        if entry["said"].get("completed"):
            yield Transition(entry["said"]["order_id"], "completed")

    return tells


def _work_failed(entry: Row) -> Iterator[Transition]:
    yield from _work_reaches("back_at_location" if entry["said"].get("back") else "failed_attempt")(entry)


def _remaining_work_cancelled(entry: Row) -> Iterator[Transition]:
    yield from _work_cancelled(entry)
    if entry["said"].get("offer_id"):
        yield Transition(entry["said"]["offer_id"], "superseded")


def _reaches(name: str, to: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["said"][name], to)])


TRANSITIONS_OF: dict[str, Callable[[Row], Iterator[Transition]]] = {
    "OrderPlaced": _order_placed,
    "OrderCancelled": _order_cancelled,
    "ProofSubmitted": _payment_reaches("proof_submitted"),
    "PaymentRejected": _payment_reaches("rejected"),
    "PaymentCaptured": _payment_reaches("captured"),
    "OfferOpened": _offer_opened,
    "OfferClaimed": _offer_claimed,
    "OfferDeclined": _offer_declined,
    "OfferExpired": lambda entry: iter([Transition(entry["said"]["offer_id"], "expired")]),
    "WorkAccepted": _work_accepted,
    "WorkRejected": _work_reaches("rejected"),
    "WorkRerouted": _work_assigned,
    "BackorderFilled": _work_assigned,
    "WorkCancelled": _remaining_work_cancelled,
    "WorkPicked": _work_reaches("picking"),
    "WorkReady": _work_reaches("ready"),
    "WorkDispatched": _work_reaches("in_transit"),
    "WorkDelivered": _work_completed("delivered"),
    "WorkHandedOver": _work_completed("handed_over"),
    "WorkFailed": _work_failed,
    "TransferSent": _reaches("transfer_id", "in_transit"),
    "TransferReceived": lambda entry: iter([Transition(entry["said"]["transfer_id"], entry["said"]["status"])]),
    "TransferCancelled": _reaches("transfer_id", "cancelled"),
    "ShiftOpened": _reaches("shift_id", "open"),
    "ShiftCounted": _reaches("shift_id", "counted"),
    "ShiftClosed": _reaches("shift_id", "closed"),
}
