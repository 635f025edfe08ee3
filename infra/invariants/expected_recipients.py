"""Who must have heard of an event, worked out from the tables as they are now. The shop has a table of its own; this is
the same fields a second time, so that a line missing there is seen here.

Only who is certain is named: what has changed since may have been otherwise when the news came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property

from chalicelib.kit import clock, compact_json
from chalicelib.notify import send_message
from infra.invariants.snapshot import Row, Snapshot

PAID_IN_PERSON = {"cash", "cod"}  # who pays so knows that it arrived
SMS_LIMIT_WINDOW = timedelta(days=1)  # of what an SMS was allowed; the owner may have fields something else before


class ExpectedRecipients:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def of_entry(self, entry: Row) -> Iterator[str]:
        rule = RECIPIENTS_OF.get(entry["kind"])
        return rule(self, entry) if rule else iter(())

    def was_always_active(self, staff: str) -> bool:
        return self.snapshot.values_ever_reported(f"staff#{staff}", "active") == {True}

    @cached_property
    def orders_with_email(self) -> set[str]:
        return {name for name, order in self.snapshot.orders.items() if '"email":"' in order.get("contact", "")}

    @cached_property
    def orders_with_sms(self) -> set[str]:
        """Today's limits say whom an SMS reaches."""
        allowed = send_message.load_sms_limits()
        if allowed.per_day <= 0:
            return set()
        orders = {name: order["contact"] for name, order in self.snapshot.orders.items() if order.get("contact")}
        return {
            name
            for name, fields in orders.items()
            if compact_json.loads(fields).get("phone", "").startswith(allowed.prefixes)
        }

    @cached_property
    def sms_cutoff(self) -> str:
        return clock.iso(clock.parse(self.snapshot.now) - SMS_LIMIT_WINDOW)

    def can_reach_customer(self, entry: Row) -> bool:
        """Its customer; an order whose contact was erased has nobody to tell."""
        order = entry["subject"].partition("#")[2]
        return order in self.orders_with_email or (
            entry["occurred_at"] > self.sms_cutoff and order in self.orders_with_sms
        )

    def is_latest_of_kind(self, entry: Row, payment: str = "") -> bool:
        """Of its kind, in its subject's history."""
        history = reversed(self.snapshot.journal[entry["subject"]])
        alike = (each for each in history if each["kind"] == entry["kind"])
        return next(each for each in alike if each["fields"].get("payment_id", "") == payment) is entry


def customer_of_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    if shop.can_reach_customer(entry):
        yield f"customer#{entry['subject'].partition('#')[2]}"


def recipients_of_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """Who takes the goods along at once needs no message; whose order somebody else wrote down does."""
    fields = entry["fields"]
    if fields["method"] != "handover":
        yield from customer_of_order(shop, entry)
    seller = fields.get("made_by")
    if seller and seller != entry["actor"] and shop.was_always_active(seller):
        yield f"staff#{seller}"


def recipients_of_capture(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    if entry["fields"]["method"] not in PAID_IN_PERSON:
        yield from customer_of_order(shop, entry)


def recipients_of_proof(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """While it waits to be looked at."""
    payment = entry["fields"]["payment_id"]
    waits = shop.snapshot.payments.get(payment, {}).get("status") == "proof_submitted"
    if waits and shop.is_latest_of_kind(entry, payment):
        yield "role#finance"


def recipients_of_offer(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """Whoever can still claim, and each location whose work nobody has accepted."""
    fields = entry["fields"]
    offer = shop.snapshot.offers.get(fields.get("offer_id", ""), {})
    if offer.get("status") == "open" and offer["expires_at"] > shop.snapshot.now:
        people = set(fields.get("invited", ())).difference(offer.get("declined", ()))
        yield from (f"staff#{each}" for each in people if shop.was_always_active(each))
    yield from assigned_locations(shop, entry)


def assigned_locations(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    for told in entry["fields"].get("assigned", ()):
        work = shop.snapshot.fulfillments.get(told["fulfillment_id"], {})
        order = shop.snapshot.orders.get(entry["subject"].partition("#")[2], {})
        if work.get("status") == "assigned" and order.get("status") == "placed":
            yield f"location#{told['location']}"


def cancelled_locations(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    yield from (f"location#{told['location']}" for told in entry["fields"].get("stood_down", ()))


def recipients_of_stranded_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """While nobody can bring it; each time anew is told anew."""
    if entry["fields"]["order_id"] in shop.snapshot.stranded and shop.is_latest_of_kind(entry):
        yield "role#owner"


def recipients_of_call(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    fields = entry["fields"]
    if not fields.get("fulfiller"):
        yield f"location#{fields['location']}"
    elif shop.was_always_active(fields["fulfiller"]):
        yield f"staff#{fields['fulfiller']}"


def receiving_location(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    yield f"location#{entry['fields']['destination']}"


# PayLinkRequested and VerificationRequested are not here: a draft goes and a code grows old, and no row says when.
RECIPIENTS_OF: dict[str, Callable[[ExpectedRecipients, Row], Iterator[str]]] = {
    "OrderPlaced": recipients_of_order,
    "LinkRenewed": customer_of_order,
    "ProofSubmitted": recipients_of_proof,
    "PaymentCaptured": recipients_of_capture,
    "PaymentRejected": customer_of_order,
    "OrderCancelled": customer_of_order,
    "OfferOpened": recipients_of_offer,
    "WorkRerouted": recipients_of_offer,
    "BackorderFilled": recipients_of_offer,
    "OfferExpired": assigned_locations,
    "OfferDeclined": assigned_locations,
    "OfferClaimed": cancelled_locations,
    "WorkCancelled": cancelled_locations,
    "OrderStranded": recipients_of_stranded_order,
    "WorkDispatched": customer_of_order,
    "CallRequested": recipients_of_call,
    "WorkDelivered": customer_of_order,
    "TransferSent": receiving_location,
}
