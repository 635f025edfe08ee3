"""Who brings an order now: the fulfillment that a call concerns, the person to call, and the name for the customer."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.find import estimate_arrival
from chalicelib.fulfillment.model import ON_THE_WAY, Fulfillment, FulfillmentStatus
from chalicelib.places import find as places

PREPARING = (FulfillmentStatus.ACCEPTED, FulfillmentStatus.PICKING, FulfillmentStatus.READY)
STATUSES_BY_PROGRESS = ({FulfillmentStatus.IN_TRANSIT}, {FulfillmentStatus.FAILED_ATTEMPT}, set(PREPARING))


def find_current_fulfillment(fulfillments: Sequence[Fulfillment]) -> Fulfillment | None:
    """Return the fulfillment on its way, else the one after a failed attempt, else one being prepared, or None.

    Of several, it is the one whose arrival is estimated last.
    """
    for statuses in STATUSES_BY_PROGRESS:
        candidates = [fulfillment for fulfillment in fulfillments if fulfillment.status in statuses]
        if candidates:
            return max(candidates, key=estimate_arrival)
    return None


def find_person_to_call(fulfillment: Fulfillment) -> str:
    """Return the id of who has the goods, or an empty string for the team of the location.

    Once the goods have left, the person who packed them cannot say where they are; a van's salesman packs and drives.
    """
    has_left = fulfillment.status in ON_THE_WAY and fulfillment.kind != "van"
    return fulfillment.carrier or ("" if has_left else fulfillment.fulfiller)


def find_carrier_name(fulfillments: Sequence[Fulfillment]) -> str:
    """Return the first name of who brings the goods, or the location's name for goods given to a parcel service.

    Empty while nothing is in transit and no salesman has goods of the order on their van.
    """
    current = find_current_fulfillment([fulfillment for fulfillment in fulfillments if _has_carrier(fulfillment)])
    if current is None:
        return ""
    person = places.load_staff().get(current.carrier or (current.fulfiller if current.kind == "van" else ""))
    return first_name(person.name) if person else find_location_name(current.location)


def _has_carrier(fulfillment: Fulfillment) -> bool:
    is_on_van = fulfillment.kind == "van" and bool(fulfillment.fulfiller)
    return fulfillment.status == FulfillmentStatus.IN_TRANSIT or (is_on_van and fulfillment.status in PREPARING)


def first_name(name: str) -> str:
    """Return the first word of a name: customers see no more of it."""
    return name.split()[0] if name.split() else ""


def find_location_name(location_id: str) -> str:
    location = places.load_locations().get(location_id)
    return location.name if location else ""
