"""For each invariant a wrong that only it sees: rows changed by hand in the tables of a full day."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.fulfillment.store import load_case
from chalicelib.kit import journal
from infra.invariants.world import World, load
from tests.shop import CUP, TEAPOT
from tests.verification.simulator.day import SINTA, Day

Plant = Callable[[Day], None]
PLANTS: dict[str, Plant] = {}


def plant(sows: Plant) -> Plant:
    PLANTS[sows.__name__.partition("_")[0].upper()] = sows
    return sows


def table(room: str) -> Any:
    return boto3.resource("dynamodb").Table(f"test-{room}")


def change(room: str, pk: str, sk: str, **values: Any) -> None:
    row = table(room).get_item(Key={"pk": pk, "sk": sk})["Item"]
    table(room).put_item(Item=row | values)


def more(room: str, pk: str, sk: str, **amounts: int) -> None:
    row = table(room).get_item(Key={"pk": pk, "sk": sk})["Item"]
    change(room, pk, sk, **{name: row[name] + amount for name, amount in amounts.items()})


def drop(room: str, pk: str, sk: str) -> None:
    table(room).delete_item(Key={"pk": pk, "sk": sk})


def level(location: str, sku: str = CUP, **amounts: int) -> None:
    more("stock", f"{sku}@{location}#0", "level", **amounts)


def entry(
    subject: str, kind: str, event_id: str = "evt_planted", at: str = "2026-11-22T05:00:00.000Z", **said: Any
) -> None:
    """A subject of its own, so that no chain of hashes breaks."""
    row = {"subject": subject, "sequence": 1, "event_id": event_id, "kind": kind, "schema_version": 1}
    row |= {"occurred_at": at, "actor": "vandal", "body": json.dumps(said)}
    table("journal").put_item(Item=row)


def world() -> World:
    return load(boto3.client("dynamodb"), "test", quiet=True)


def order_id(day: Day, name: str) -> str:
    return str(day.orders[name]["id"])


@plant
def s1_units_swapped_between_two_places(day: Day) -> None:
    level("wh-surabaya", on_hand=1, available=1)
    level("store-tunjungan", on_hand=-1, available=-1)


@plant
def s2_more_available_than_there_is(day: Day) -> None:
    level("wh-surabaya", available=1)


@plant
def s3_a_hold_for_an_order_that_does_not_wait(day: Day) -> None:
    hold = a_hold(day)
    drop("stock", hold["pk"], hold["sk"])
    sk = hold["sk"].replace(hold["order"], order_id(day, "cancelled"))
    table("stock").put_item(Item={"pk": hold["pk"], "sk": sk, "quantity": hold["quantity"]})


def a_hold(day: Day) -> Any:
    return next(hold for hold in world().holds if hold["order"] == order_id(day, "still waits"))


@plant
def a3_a_promise_nobody_wrote_down(day: Day) -> None:
    hold = a_hold(day)
    more("stock", hold["pk"], hold["sk"], quantity=1)
    more("stock", hold["pk"], "level", reserved=1, available=-1)
    sku, _, place = hold["pk"].rpartition("@")
    pieces = json.dumps([[sku, place.partition("#")[0], hold["quantity"] + 1]])
    change("orders", hold["order"], "order", pieces=pieces)


@plant
def s4_units_lost_on_the_road(day: Day) -> None:
    transfer = next(each for each in world().transfers if each["status"] == "in_transit")
    sku, sent, came = transfer["lines"][0]
    change("stock", transfer["pk"], "transfer", lines=json.dumps([[sku, sent - 1, came]]))


@plant
def s6_somebody_brings_more_than_was_ordered(day: Day) -> None:
    work = load_case(order_id(day, "quicker")).works[0]
    body(work.order_id, work.id, pieces=[[piece.sku, piece.quantity + 1, piece.shelf] for piece in work.pieces])


def body(pk: str, sk: str, **said: Any) -> None:
    row = table("orders").get_item(Key={"pk": pk, "sk": sk})["Item"]
    change("orders", pk, sk, body=json.dumps(json.loads(row["body"]) | said))


@plant
def s7_units_taken_a_day_before_they_came(day: Day) -> None:
    moved = {"kind": "transferred", "sku": CUP, "location": "wh-surabaya"}
    entry("planted#1", "Planted", movements=[moved | {"on_hand": -100}])
    entry("planted#2", "Planted", "evt_later", "2026-11-24T05:00:00.000Z", movements=[moved | {"on_hand": 100}])


@plant
def m1_a_line_that_costs_another_price(day: Day) -> None:
    key = {"pk": order_id(day, "pickup"), "sk": "order"}
    said = json.loads(table("orders").get_item(Key=key)["Item"]["body"])
    said["lines"][0][3] += 1
    change("orders", **key, body=json.dumps(said))


@plant
def m2_more_refunded_than_captured(day: Day) -> None:
    change("payments", day.payment("quicker"), "payment", refunded_minor=1)


@plant
def m3_more_credit_taken_than_is_owed(day: Day) -> None:
    more("customers", "cus_makmur", "credit", exposure_minor=1_000, left_minor=-1_000)


@plant
def m4_an_entry_that_does_not_balance(day: Day) -> None:
    entry("planted#1", "Planted", postings=[{"account": "bank", "minor": 5}])


@plant
def m6_a_living_order_owes_money_back(day: Day) -> None:
    owed = {"account": f"refund_owed:{order_id(day, 'pickup')}", "minor": -5}
    entry("planted#1", "Planted", postings=[owed, {"account": "bank", "minor": 5}])


@plant
def m7_one_event_booked_twice(day: Day) -> None:
    shift = day.orders[f"shift of {SINTA}"]["id"]
    entry("planted#1", "Planted", event_id=journal.history(f"shift#{shift}")[0].event_id)


@plant
def m8_cash_that_nobody_brought(day: Day) -> None:
    shift = day.orders[f"shift of {SINTA}"]["id"]
    more("payments", shift, "shift", cash_in_minor=1_000, counted_minor=1_000)


@plant
def m9_a_code_used_up_by_a_dead_order(day: Day) -> None:
    more("pricing", "coupon#HEMAT", "coupon", used=1)


@plant
def o2_a_head_ahead_of_its_journal(day: Day) -> None:
    more("catalog", f"product#{TEAPOT}", "product", version=1)


@plant
def o3_a_state_nobody_told_of(day: Day) -> None:
    offer = load_case(order_id(day, "left to the warehouse")).offers[0]
    change("orders", offer.order_id, offer.id, status="declined_by_all")


@plant
def o4_an_answer_about_nothing(day: Day) -> None:
    answer = zlib.compress(json.dumps({"id": "ord_nowhere"}).encode())
    table("requests").put_item(Item={"pk": "shopper#door#key", "sk": "request", "body_hash": "", "answer": answer})


@plant
def o5_a_claim_with_an_old_version(day: Day) -> None:
    work = load_case(order_id(day, "claimed while it waits")).works[-1]
    body(work.order_id, work.id, claim_version=work.claim_version - 1)


@plant
def o7_an_order_that_nobody_watches(day: Day) -> None:
    drop("orders", order_id(day, "still waits"), "waiting")


@plant
def n1_an_inbox_without_its_notice(day: Day) -> None:
    sent = {(row["party"], row["event"]) for row in world().sends}
    lost = next(row for row in world().notices if (row["pk"], row["sk"]) not in sent)
    drop("notify", lost["pk"], lost["sk"])


@plant
def n2_a_party_told_in_two_parts(day: Day) -> None:
    row = next(row for row in world().told if row["parties"])
    again = {"pk": row["pk"], "sk": f"{row['event']}#1", "kind": row["kind"], "at": row["at"]}
    table("notify").put_item(Item=again | {"parties": json.dumps(row["parties"])})


@plant
def n3_news_of_nothing(day: Day) -> None:
    row = {"pk": "staff#salesman-budi", "sk": "evt_planted", "kind": "assigned"}
    table("notify").put_item(Item=row | {"subject": "order#ord_1", "sequence": 1})


@plant
def n4_an_sms_nobody_claimed(day: Day) -> None:
    budget = next(row for row in world().rows["notify"] if row["sk"] == "all")
    more("notify", budget["pk"], "all", spent=1)


@plant
def n5_a_phone_number_in_an_inbox(day: Day) -> None:
    row = world().notices[0]
    change("notify", row["pk"], row["sk"], kept=json.dumps({"call": "+6281252981234"}))


@plant
def a2_a_price_set_by_the_wrong_hand(day: Day) -> None:
    key = {"pk": order_id(day, "agreed"), "sk": "order"}
    said = json.loads(table("orders").get_item(Key=key)["Item"]["body"])
    said["lines"][0][7][0]["kind"] = "override"
    change("orders", **key, body=json.dumps(said))


@plant
def a1_an_entry_rewritten(day: Day) -> None:
    subject = f"order#{order_id(day, 'pickup')}"
    row = table("journal").get_item(Key={"subject": subject, "sequence": 1})["Item"]
    table("journal").put_item(Item=row | {"actor": "somebody-else"})
