"""The parties that must have been notified of an event, derived from the current tables.

The product has its own table of recipients; this one is independent of it, so that an omission there is noticed. Only
recipients that are certain are returned: a row that changed after the event may have had another value at that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property

from chalicelib.kit import clock, compact_json
from chalicelib.notify import send_message
from infra.invariants.snapshot import Row, Snapshot

PAID_IN_PERSON = {"cash", "cod"}  # these payers get no message that the money arrived
SMS_LIMIT_WINDOW = timedelta(days=1)  # older events may have been delivered under other SMS limits


class ExpectedRecipients:
    """Parties such as `customer#ord_…`, `staff#…`, `role#finance` or `location#…` that an entry concerns."""

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
        """Ids of the orders whose phone number the current SMS limits allow."""
        limits = send_message.load_sms_limits()
        if limits.per_day <= 0:
            return set()
        contacts = {name: order["contact"] for name, order in self.snapshot.orders.items() if order.get("contact")}
        return {
            name
            for name, contact in contacts.items()
            if compact_json.loads(contact).get("phone", "").startswith(limits.prefixes)
        }

    @cached_property
    def sms_cutoff(self) -> str:
        return clock.iso(clock.parse(self.snapshot.now) - SMS_LIMIT_WINDOW)

    def can_reach_customer(self, entry: Row) -> bool:
        """Whether the order of the entry has an address; an erased contact has none."""
        order = entry["subject"].partition("#")[2]
        return order in self.orders_with_email or (
            entry["occurred_at"] > self.sms_cutoff and order in self.orders_with_sms
        )

    def is_latest_of_kind(self, entry: Row, payment: str = "") -> bool:
        """Whether the entry is the last of its kind in its subject's history, for that payment if given."""
        history = reversed(self.snapshot.journal[entry["subject"]])
        same_kind = (other for other in history if other["kind"] == entry["kind"])
        return next(other for other in same_kind if other["fields"].get("payment_id", "") == payment) is entry


def customer_of_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    if shop.can_reach_customer(entry):
        yield f"customer#{entry['subject'].partition('#')[2]}"


def recipients_of_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """The customer, unless the goods were handed over at once; and the seller, if another person placed the order."""
    fields = entry["fields"]
    if fields["method"] != "handover":
        yield from customer_of_order(shop, entry)
    seller = fields.get("made_by")
    if seller and seller != entry["actor"] and shop.was_always_active(seller):
        yield f"staff#{seller}"


def recipients_of_capture(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    if entry["fields"]["method"] not in PAID_IN_PERSON:
        yield from customer_of_order(shop, entry)
    yield from finance_of_refund(shop, entry)


def recipients_of_cancellation(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    yield from customer_of_order(shop, entry)
    yield from finance_of_refund(shop, entry)


def finance_of_refund(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """Finance, while money that the entry owes back was not returned."""
    order = entry["subject"].partition("#")[2]
    owing = [other for other in shop.snapshot.history(order) if other["fields"].get("owed_minor")]
    if entry["fields"].get("owed_minor") and owing[-1] is entry and order in shop.snapshot.orders_owing_refund:
        yield "role#finance"


def recipients_of_proof(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """Finance, while the proof waits for review."""
    payment = entry["fields"]["payment_id"]
    is_waiting = shop.snapshot.payments.get(payment, {}).get("status") == "proof_submitted"
    if is_waiting and shop.is_latest_of_kind(entry, payment):
        yield "role#finance"


def recipients_of_offer(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """Fulfillers who can still claim the offer, and locations whose assigned work is not accepted yet."""
    fields = entry["fields"]
    offer = shop.snapshot.offers.get(fields.get("offer_id", ""), {})
    if offer.get("status") == "open" and offer["expires_at"] > shop.snapshot.now:
        invited = set(fields.get("invited", ())).difference(offer.get("declined", ()))
        yield from (f"staff#{name}" for name in invited if shop.was_always_active(name))
    yield from assigned_locations(shop, entry)


def assigned_locations(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    for assignment in entry["fields"].get("assigned", ()):
        work = shop.snapshot.fulfillments.get(assignment["fulfillment_id"], {})
        order = shop.snapshot.orders.get(entry["subject"].partition("#")[2], {})
        if work.get("status") == "assigned" and order.get("status") == "placed":
            yield f"location#{assignment['location']}"


def cancelled_locations(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    yield from (f"location#{work['location']}" for work in entry["fields"].get("stood_down", ()))


def recipients_of_reduction(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """The customer, and the locations that have less to bring."""
    yield from recipients_of_cancellation(shop, entry)
    yield from cancelled_locations(shop, entry)
    yield from (f"location#{work['location']}" for work in entry["fields"].get("reduced_work", ()))


def recipients_of_stranded_order(shop: ExpectedRecipients, entry: Row) -> Iterator[str]:
    """The owner, while the order is stranded; a later OrderStranded is notified again."""
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


# PayLinkRequested and VerificationRequested are left out: drafts are deleted and codes expire, and no row records when.
RECIPIENTS_OF: dict[str, Callable[[ExpectedRecipients, Row], Iterator[str]]] = {
    "OrderPlaced": recipients_of_order,
    "LinkRenewed": customer_of_order,
    "ProofSubmitted": recipients_of_proof,
    "PaymentCaptured": recipients_of_capture,
    "PaymentRejected": customer_of_order,
    "OrderCancelled": recipients_of_cancellation,
    "RefundRecorded": customer_of_order,
    "OrderReduced": recipients_of_reduction,
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
