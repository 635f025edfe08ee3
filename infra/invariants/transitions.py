"""State transitions recorded in the journal: of orders, payments, fulfillments, offers, transfers and shifts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from infra.invariants.snapshot import Row


class Transition(NamedTuple):
    """The state that a subject, such as `ord_…` or `pay_…`, entered."""

    subject: str
    state: str


def list_transitions(history: Sequence[Row], works: Mapping[str, Row]) -> Iterator[Transition]:
    """The transitions in one subject's history; `works` are all fulfillments by id.

    Work assigned to the van that already carries the goods counts as accepted. An order handed over at the counter is
    completed when placed, so later entries that complete it are left out.
    """
    at_counter = history[0]["fields"].get("method") == "handover"
    for number, entry in enumerate(history):
        for step in TRANSITIONS_OF.get(entry["kind"], _no_transitions)(entry):
            if step.state == "assigned" and _is_claimed_van_work(works.get(step.subject)):
                yield Transition(step.subject, "accepted")
            elif not (step.state == "completed" and at_counter and number):
                yield step


def _is_claimed_van_work(work: Row | None) -> bool:
    return work is not None and work["kind"] == "van" and bool(work.get("fulfiller"))


def _no_transitions(entry: Row) -> Iterator[Transition]:
    yield from ()


def _order_placed(entry: Row) -> Iterator[Transition]:
    fields = entry["fields"]
    yield Transition(fields["order_id"], "completed" if fields["method"] == "handover" else "placed")
    yield from _payments_in_entry(entry)


def _historical_order_recorded(entry: Row) -> Iterator[Transition]:
    yield Transition(entry["fields"]["order_id"], "completed")
    yield from _payments_in_entry(entry)


def _order_cancelled(entry: Row) -> Iterator[Transition]:
    yield Transition(entry["fields"]["order_id"], "cancelled")
    yield from _payments_in_entry(entry)


def _order_reduced(entry: Row) -> Iterator[Transition]:
    fields = entry["fields"]
    yield from _remaining_work_cancelled(entry)
    yield from (Transition(work["fulfillment_id"], "returned") for work in fields.get("returned", ()))
    if fields.get("completed"):
        yield Transition(fields["order_id"], "completed")


def _payments_in_entry(entry: Row) -> Iterator[Transition]:
    yield from (Transition(payment["payment_id"], payment["status"]) for payment in entry["fields"].get("payments", ()))


def _payment_reaches(state: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["fields"]["payment_id"], state)])


def _offer_opened(entry: Row) -> Iterator[Transition]:
    fields = entry["fields"]
    yield from _work_assigned(entry)
    if fields.get("offer_id"):
        yield Transition(fields["offer_id"], "open")


def _work_assigned(entry: Row) -> Iterator[Transition]:
    yield from (Transition(work["fulfillment_id"], "assigned") for work in entry["fields"].get("assigned", ()))
    yield from (Transition(work["fulfillment_id"], "awaiting") for work in entry["fields"].get("awaiting", ()))


def _offer_claimed(entry: Row) -> Iterator[Transition]:
    fields = entry["fields"]
    yield Transition(fields["offer_id"], "claimed")
    yield Transition(fields["fulfillment_id"], "accepted")
    yield from _work_cancelled(entry)


def _work_cancelled(entry: Row) -> Iterator[Transition]:
    yield from (Transition(work["fulfillment_id"], "cancelled") for work in entry["fields"].get("stood_down", ()))


def _offer_declined(entry: Row) -> Iterator[Transition]:
    fields = entry["fields"]
    yield Transition(fields["offer_id"], "declined_by_all" if fields.get("by_all") else "open")


def _work_reaches(state: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["fields"]["fulfillment_id"], state)])


def _work_accepted(entry: Row) -> Iterator[Transition]:
    """The entry does not record whether its offer had expired by then; `superseded` stands for `expired` too."""
    yield from _work_reaches("accepted")(entry)
    if entry["fields"].get("offer_id"):
        yield Transition(entry["fields"]["offer_id"], "superseded")


def _work_completed(state: str) -> Callable[[Row], Iterator[Transition]]:
    def transitions(entry: Row) -> Iterator[Transition]:
        yield from _work_reaches(state)(entry)
        yield from _payments_in_entry(entry)
        if entry["fields"].get("completed"):
            yield Transition(entry["fields"]["order_id"], "completed")

    return transitions


def _work_failed(entry: Row) -> Iterator[Transition]:
    yield from _work_reaches("back_at_location" if entry["fields"].get("back") else "failed_attempt")(entry)


def _remaining_work_cancelled(entry: Row) -> Iterator[Transition]:
    yield from _work_cancelled(entry)
    if entry["fields"].get("offer_id"):
        yield Transition(entry["fields"]["offer_id"], "superseded")


def _subject_reaches(id_field: str, state: str) -> Callable[[Row], Iterator[Transition]]:
    return lambda entry: iter([Transition(entry["fields"][id_field], state)])


TRANSITIONS_OF: dict[str, Callable[[Row], Iterator[Transition]]] = {
    "OrderPlaced": _order_placed,
    "HistoricalOrderRecorded": _historical_order_recorded,
    "OrderCancelled": _order_cancelled,
    "OrderReduced": _order_reduced,
    "ProofSubmitted": _payment_reaches("proof_submitted"),
    "PaymentRejected": _payment_reaches("rejected"),
    "PaymentCaptured": _payment_reaches("captured"),
    "OfferOpened": _offer_opened,
    "OfferClaimed": _offer_claimed,
    "OfferDeclined": _offer_declined,
    "OfferExpired": lambda entry: iter([Transition(entry["fields"]["offer_id"], "expired")]),
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
    "WorkReturned": _work_reaches("returned"),
    "TransferSent": _subject_reaches("transfer_id", "in_transit"),
    "TransferReceived": lambda entry: iter([Transition(entry["fields"]["transfer_id"], entry["fields"]["status"])]),
    "TransferCancelled": _subject_reaches("transfer_id", "cancelled"),
    "ShiftOpened": _subject_reaches("shift_id", "open"),
    "ShiftCounted": _subject_reaches("shift_id", "counted"),
    "ShiftClosed": _subject_reaches("shift_id", "closed"),
}
