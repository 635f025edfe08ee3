"""Rows that were changed past the journal, and ends that it tells again: one wrong for each kind, in a full day."""

from __future__ import annotations

import json
from typing import Any

from boto3.dynamodb.conditions import Key

from infra.invariants.audit import hash_of
from tests.shop import CUP
from tests.verification.simulator.day import BUDI, SINTA, Day
from tests.verification.simulator.plants import Plant, body, change, more, order_id, table, world

AGAIN: list[tuple[str, Plant]] = []  # (the invariant that alone sees it, how it is sown)


def plant(sows: Plant) -> Plant:
    AGAIN.append((sows.__name__.partition("_")[0].upper(), sows))
    return sows


LEFT_OUT = ("movements", "postings", "payments", "invited", "assigned", "awaiting")


def told_again(order: str, kind: str, **otherwise: Any) -> None:
    """The order's last entry of a kind once more, chained as it has to be; without money, goods and people, whom others
    would miss."""
    found = table("journal").query(KeyConditionExpression=Key("subject").eq(f"order#{order}"))["Items"]
    entries: list[dict[str, Any]] = sorted(found, key=lambda entry: entry["sequence"])
    said = next(json.loads(entry["body"]) for entry in reversed(entries) if entry["kind"] == kind)
    told = {field: value for field, value in said.items() if field not in LEFT_OUT} | otherwise
    last = _hash(entries[-1])
    entry = entries[-1] | {"sequence": len(entries) + 1, "event_id": "evt_planted", "kind": kind, "previous": last}
    entry["body"] = json.dumps(told)
    table("journal").put_item(Item=entry)
    change("orders", order, "order", version=len(entries) + 1, journal_hash=_hash(entry))


def _hash(entry: dict[str, Any]) -> str:
    return hash_of(entry | {name: int(entry[name]) for name in ("sequence", "schema_version")})


@plant
def o1_an_offer_runs_out_again(day: Day) -> None:
    told_again(order_id(day, "left to the warehouse"), "OfferExpired")


@plant
def o1_goods_are_handed_over_the_counter_again(day: Day) -> None:
    told_again(order_id(day, "at the till"), "WorkHandedOver")


@plant
def o1_goods_paid_in_two_ways_are_handed_over_again(day: Day) -> None:
    told_again(order_id(day, "split"), "WorkHandedOver")


@plant
def o1_goods_from_a_van_are_handed_over_again(day: Day) -> None:
    told_again(order_id(day, "from the van"), "WorkHandedOver")


@plant
def o1_an_order_is_delivered_again(day: Day) -> None:
    told_again(order_id(day, "claimed"), "WorkDelivered")


@plant
def o3_delivered_goods_that_nobody_has(day: Day) -> None:
    change("orders", order_id(day, "claimed"), "order", fulfillment_status="unassigned")


@plant
def o3_delivered_goods_that_came_back(day: Day) -> None:
    change("orders", order_id(day, "at the till"), "order", fulfillment_status="returned")


@plant
def o5_two_offers_of_one_order(day: Day) -> None:
    offer = next(offer for offer in world().offers.values() if offer["status"] == "open")
    row = table("orders").get_item(Key={"pk": offer["pk"], "sk": offer["sk"]})["Item"]
    second = offer["sk"].rpartition("-")[0] + "-9"
    table("orders").put_item(Item=row | {"sk": second})
    told_again(offer["pk"], "OfferOpened", offer_id=second)


@plant
def o5_fewer_units_won_than_were_offered(day: Day) -> None:
    offer = next(offer for offer in world().offers.values() if offer["pk"] == order_id(day, "claimed"))
    body(offer["pk"], offer["sk"], wanted={sku: units + 1 for sku, units in offer["wanted"].items()})


@plant
def m8_a_drawer_counted_otherwise_than_it_tells(day: Day) -> None:
    shift = day.orders[f"shift of {BUDI}"]["id"]
    day.done("POST", f"/shifts/{shift}/count", {"counted": {"amount": 500_000, "currency": "IDR"}}, by=BUDI)
    more("payments", shift, "shift", counted_minor=1_000)


@plant
def a3_another_price(day: Day) -> None:
    change("pricing", f"price#{CUP}", "price", base_minor=1)


@plant
def a3_a_higher_limit(day: Day) -> None:
    more("customers", "cus_makmur", "credit", limit_minor=10**9, left_minor=10**9)


@plant
def a3_a_cashier_who_became_the_owner(day: Day) -> None:
    change("places", "staff", SINTA, role="owner")


@plant
def a3_a_store_that_closed(day: Day) -> None:
    change("places", "locations", "store-tunjungan", active=False)


@plant
def a3_a_code_with_another_cap(day: Day) -> None:
    change("pricing", "coupon#HEMAT", "coupon", cap=1)


@plant
def a3_another_rate_of_a_promotion(day: Day) -> None:
    change("pricing", "promotion#hemat", "promotion", rate="0.99")


@plant
def a3_another_rate_of_tax(day: Day) -> None:
    change("catalog", f"product#{CUP}", "product", tax_rate="0.99")
