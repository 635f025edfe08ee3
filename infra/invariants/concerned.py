"""Who must have heard of an event, worked out from the tables as they are now. The shop has a table of its own; this is
the same said a second time, so that a line missing there is seen here.

Only who is certain is named: what has changed since may have been otherwise when the news came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cached_property

from chalicelib.kit import clock, compact
from chalicelib.notify import carriers
from infra.invariants.world import Row, World

INTO_A_HAND = {"cash", "cod"}  # who pays so knows that it arrived
MEMORY = timedelta(days=1)  # of what an SMS was allowed; the owner may have said something else before


class Concerned:
    def __init__(self, world: World) -> None:
        self.world = world

    def by(self, entry: Row) -> Iterator[str]:
        rule = RULES.get(entry["kind"])
        return rule(self, entry) if rule else iter(())

    def always_worked_here(self, staff: str) -> bool:
        return self.world.ever_told(f"staff#{staff}", "active") == {True}

    @cached_property
    def by_email(self) -> set[str]:
        return {name for name, order in self.world.orders.items() if '"email":"' in order.get("contact", "")}

    @cached_property
    def by_sms(self) -> set[str]:
        """Today's limits say whom an SMS reaches."""
        allowed = carriers.allowed()
        if allowed.per_day <= 0:
            return set()
        orders = {name: order["contact"] for name, order in self.world.orders.items() if order.get("contact")}
        return {
            name for name, said in orders.items() if compact.read(said).get("phone", "").startswith(allowed.prefixes)
        }

    @cached_property
    def lately(self) -> str:
        return clock.iso(clock.parse(self.world.now) - MEMORY)

    def reaches(self, entry: Row) -> bool:
        """Its customer; an order whose contact was erased has nobody to tell."""
        order = entry["subject"].partition("#")[2]
        return order in self.by_email or (entry["occurred_at"] > self.lately and order in self.by_sms)

    def is_the_last(self, entry: Row, payment: str = "") -> bool:
        """Of its kind, in its subject's history."""
        history = reversed(self.world.journal[entry["subject"]])
        alike = (each for each in history if each["kind"] == entry["kind"])
        return next(each for each in alike if each["said"].get("payment_id", "") == payment) is entry


def customer(shop: Concerned, entry: Row) -> Iterator[str]:
    if shop.reaches(entry):
        yield f"customer#{entry['subject'].partition('#')[2]}"


def of_an_order(shop: Concerned, entry: Row) -> Iterator[str]:
    """Who takes the goods along at once needs no message; whose order somebody else wrote down does."""
    said = entry["said"]
    if said["method"] != "handover":
        yield from customer(shop, entry)
    seller = said.get("made_by")
    if seller and seller != entry["actor"] and shop.always_worked_here(seller):
        yield f"staff#{seller}"


def of_money(shop: Concerned, entry: Row) -> Iterator[str]:
    if entry["said"]["method"] not in INTO_A_HAND:
        yield from customer(shop, entry)


def of_a_proof(shop: Concerned, entry: Row) -> Iterator[str]:
    """While it waits to be looked at."""
    payment = entry["said"]["payment_id"]
    waits = shop.world.payments.get(payment, {}).get("status") == "proof_submitted"
    if waits and shop.is_the_last(entry, payment):
        yield "role#finance"


def asked(shop: Concerned, entry: Row) -> Iterator[str]:
    """Whoever can still claim, and each location whose work nobody has accepted."""
    said = entry["said"]
    offer = shop.world.offers.get(said.get("offer_id", ""), {})
    if offer.get("status") == "open" and offer["expires_at"] > shop.world.now:
        people = set(said.get("invited", ())).difference(offer.get("declined", ()))
        yield from (f"staff#{each}" for each in people if shop.always_worked_here(each))
    yield from bringing(shop, entry)


def bringing(shop: Concerned, entry: Row) -> Iterator[str]:
    for told in entry["said"].get("assigned", ()):
        work = shop.world.works.get(told["fulfillment_id"], {})
        order = shop.world.orders.get(entry["subject"].partition("#")[2], {})
        if work.get("status") == "assigned" and order.get("status") == "placed":
            yield f"location#{told['location']}"


def stood_down(shop: Concerned, entry: Row) -> Iterator[str]:
    yield from (f"location#{told['location']}" for told in entry["said"].get("stood_down", ()))


def owner(shop: Concerned, entry: Row) -> Iterator[str]:
    """While nobody can bring it; each time anew is told anew."""
    if entry["said"]["order_id"] in shop.world.stranded and shop.is_the_last(entry):
        yield "role#owner"


def bringer(shop: Concerned, entry: Row) -> Iterator[str]:
    said = entry["said"]
    if not said.get("fulfiller"):
        yield f"location#{said['location']}"
    elif shop.always_worked_here(said["fulfiller"]):
        yield f"staff#{said['fulfiller']}"


def receiving(shop: Concerned, entry: Row) -> Iterator[str]:
    yield f"location#{entry['said']['destination']}"


# PayLinkAsked and VerificationAsked are not here: a draft goes and a code grows old, and no row says when.
RULES: dict[str, Callable[[Concerned, Row], Iterator[str]]] = {
    "OrderPlaced": of_an_order,
    "LinkRenewed": customer,
    "ProofSubmitted": of_a_proof,
    "PaymentCaptured": of_money,
    "PaymentRejected": customer,
    "OrderCancelled": customer,
    "OfferOpened": asked,
    "WorkRerouted": asked,
    "BackorderFilled": asked,
    "OfferExpired": bringing,
    "OfferDeclined": bringing,
    "OfferClaimed": stood_down,
    "WorkCancelled": stood_down,
    "OrderStranded": owner,
    "WorkDispatched": customer,
    "CallAsked": bringer,
    "WorkDelivered": customer,
    "TransferSent": receiving,
}
