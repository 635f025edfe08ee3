"""Corruptions of a full day: rows that differ from the journal, and ends that are journaled twice."""

from __future__ import annotations

import json
from typing import Any

from boto3.dynamodb.conditions import Key

from infra.invariants.journal import hash_entry
from tests.shop import CUP
from tests.verification.simulator.corruptions import (
    Corruption,
    add_to_attributes,
    dynamodb_table,
    load_current_snapshot,
    order_id_of,
    set_attributes,
    set_body_fields,
)
from tests.verification.simulator.day import BUDI, SINTA, Day

JOURNAL_CORRUPTIONS: list[tuple[str, Corruption]] = []  # (the only invariant violated, the function)


def corruption(corrupt: Corruption) -> Corruption:
    JOURNAL_CORRUPTIONS.append((corrupt.__name__.partition("_")[0].upper(), corrupt))
    return corrupt


OMITTED_FIELDS = ("movements", "postings", "payments", "invited", "assigned", "awaiting")


def append_repeated_entry(order: str, kind: str, **changes: Any) -> None:
    """Append the order's last entry of a kind again, with a valid hash.

    Fields about money, units and people are omitted, because other invariants would report them.
    """
    items = dynamodb_table("journal").query(KeyConditionExpression=Key("subject").eq(f"order#{order}"))["Items"]
    entries: list[dict[str, Any]] = sorted(items, key=lambda entry: entry["sequence"])
    original_body = next(json.loads(entry["body"]) for entry in reversed(entries) if entry["kind"] == kind)
    body = {field: value for field, value in original_body.items() if field not in OMITTED_FIELDS} | changes
    last = _entry_hash(entries[-1])
    entry = entries[-1] | {"sequence": len(entries) + 1, "event_id": "evt_planted", "kind": kind, "previous": last}
    entry["body"] = json.dumps(body)
    dynamodb_table("journal").put_item(Item=entry)
    set_attributes("orders", order, "order", version=len(entries) + 1, journal_hash=_entry_hash(entry))


def _entry_hash(entry: dict[str, Any]) -> str:
    return hash_entry(entry | {name: int(entry[name]) for name in ("sequence", "schema_version")})


@corruption
def o1_offer_expires_twice(day: Day) -> None:
    append_repeated_entry(order_id_of(day, "left to the warehouse"), "OfferExpired")


@corruption
def o1_counter_handover_repeated(day: Day) -> None:
    append_repeated_entry(order_id_of(day, "at the till"), "WorkHandedOver")


@corruption
def o1_split_payment_handover_repeated(day: Day) -> None:
    append_repeated_entry(order_id_of(day, "split"), "WorkHandedOver")


@corruption
def o1_van_handover_repeated(day: Day) -> None:
    append_repeated_entry(order_id_of(day, "from the van"), "WorkHandedOver")


@corruption
def o1_delivery_repeated(day: Day) -> None:
    append_repeated_entry(order_id_of(day, "claimed"), "WorkDelivered")


@corruption
def o3_delivered_order_marked_unassigned(day: Day) -> None:
    set_attributes("orders", order_id_of(day, "claimed"), "order", fulfillment_status="unassigned")


@corruption
def o3_handed_over_order_marked_returned(day: Day) -> None:
    set_attributes("orders", order_id_of(day, "at the till"), "order", fulfillment_status="returned")


@corruption
def o5_two_open_offers_of_one_order(day: Day) -> None:
    offer = next(offer for offer in load_current_snapshot().offers.values() if offer["status"] == "open")
    row = dynamodb_table("orders").get_item(Key={"pk": offer["pk"], "sk": offer["sk"]})["Item"]
    second = offer["sk"].rpartition("-")[0] + "-9"
    dynamodb_table("orders").put_item(Item=row | {"sk": second})
    append_repeated_entry(offer["pk"], "OfferOpened", offer_id=second)


@corruption
def o5_fewer_units_claimed_than_offered(day: Day) -> None:
    offer = next(
        offer for offer in load_current_snapshot().offers.values() if offer["pk"] == order_id_of(day, "claimed")
    )
    set_body_fields(offer["pk"], offer["sk"], wanted={sku: units + 1 for sku, units in offer["wanted"].items()})


@corruption
def m8_shift_count_differs_from_journal(day: Day) -> None:
    shift = day.orders[f"shift of {BUDI}"]["id"]
    day.call("POST", f"/shifts/{shift}/count", {"counted": {"amount": 500_000, "currency": "IDR"}}, by=BUDI)
    add_to_attributes("payments", shift, "shift", counted_minor=1_000)


@corruption
def a3_price_differs_from_journal(day: Day) -> None:
    set_attributes("pricing", f"price#{CUP}", "price", base_minor=1)


@corruption
def a3_credit_limit_differs_from_journal(day: Day) -> None:
    add_to_attributes("customers", "cus_makmur", "credit", limit_minor=10**9, left_minor=10**9)


@corruption
def a3_staff_role_differs_from_journal(day: Day) -> None:
    set_attributes("places", "staff", SINTA, role="owner")


@corruption
def a3_location_differs_from_journal(day: Day) -> None:
    set_attributes("places", "locations", "store-tunjungan", active=False)


@corruption
def a3_coupon_cap_differs_from_journal(day: Day) -> None:
    set_attributes("pricing", "coupon#HEMAT", "coupon", cap=1)


@corruption
def a3_promotion_rate_differs_from_journal(day: Day) -> None:
    set_attributes("pricing", "promotion#hemat", "promotion", rate="0.99")


@corruption
def a3_tax_rate_differs_from_journal(day: Day) -> None:
    set_attributes("catalog", f"product#{CUP}", "product", tax_rate="0.99")
