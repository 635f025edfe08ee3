"""For each invariant a corruption that no other invariant reports: rows of a full day changed by hand."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

import boto3

from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import journal
from infra.invariants.snapshot import Snapshot, load_snapshot
from tests.shop import CUP, TEAPOT
from tests.verification.simulator.day import SINTA, Day

Corruption = Callable[[Day], None]
CORRUPTIONS: dict[str, Corruption] = {}


def corruption(corrupt: Corruption) -> Corruption:
    CORRUPTIONS[corrupt.__name__.partition("_")[0].upper()] = corrupt
    return corrupt


def dynamodb_table(table: str) -> Any:
    return boto3.resource("dynamodb").Table(f"test-{table}")


def set_attributes(table: str, pk: str, sk: str, **values: Any) -> None:
    row = dynamodb_table(table).get_item(Key={"pk": pk, "sk": sk})["Item"]
    dynamodb_table(table).put_item(Item=row | values)


def add_to_attributes(table: str, pk: str, sk: str, **amounts: int) -> None:
    row = dynamodb_table(table).get_item(Key={"pk": pk, "sk": sk})["Item"]
    set_attributes(table, pk, sk, **{name: row[name] + amount for name, amount in amounts.items()})


def delete_row(table: str, pk: str, sk: str) -> None:
    dynamodb_table(table).delete_item(Key={"pk": pk, "sk": sk})


def add_to_level(location: str, sku: str = CUP, **amounts: int) -> None:
    add_to_attributes("stock", f"{sku}@{location}#0", "level", **amounts)


def put_journal_entry(
    subject: str, kind: str, event_id: str = "evt_planted", at: str = "2026-11-22T05:00:00.000Z", **fields: Any
) -> None:
    """Add an entry under a subject of its own, so that no chain of hashes breaks."""
    row = {"subject": subject, "sequence": 1, "event_id": event_id, "kind": kind, "schema_version": 1}
    row |= {"occurred_at": at, "actor": "vandal", "body": json.dumps(fields)}
    dynamodb_table("journal").put_item(Item=row)


def load_current_snapshot() -> Snapshot:
    return load_snapshot(boto3.client("dynamodb"), "test", is_idle=True)


def order_id_of(day: Day, name: str) -> str:
    return str(day.orders[name]["id"])


@corruption
def s1_units_moved_between_locations_without_movement(day: Day) -> None:
    add_to_level("wh-surabaya", on_hand=1, available=1)
    add_to_level("store-tunjungan", on_hand=-1, available=-1)


@corruption
def s2_available_exceeds_on_hand(day: Day) -> None:
    add_to_level("wh-surabaya", available=1)


@corruption
def s3_hold_of_a_cancelled_order(day: Day) -> None:
    hold = find_hold(day)
    delete_row("stock", hold["pk"], hold["sk"])
    sk = hold["sk"].replace(hold["order"], order_id_of(day, "cancelled"))
    dynamodb_table("stock").put_item(Item={"pk": hold["pk"], "sk": sk, "quantity": hold["quantity"]})


def find_hold(day: Day) -> Any:
    return next(hold for hold in load_current_snapshot().holds if hold["order"] == order_id_of(day, "still waits"))


@corruption
def a3_reservation_without_journal_entry(day: Day) -> None:
    hold = find_hold(day)
    add_to_attributes("stock", hold["pk"], hold["sk"], quantity=1)
    add_to_attributes("stock", hold["pk"], "level", reserved=1, available=-1)
    sku, _, level = hold["pk"].rpartition("@")
    pieces = json.dumps([[sku, level.partition("#")[0], hold["quantity"] + 1]])
    set_attributes("orders", hold["order"], "order", pieces=pieces)


@corruption
def s4_units_lost_in_transit(day: Day) -> None:
    transfer = next(row for row in load_current_snapshot().transfers if row["status"] == "in_transit")
    sku, sent, received = transfer["lines"][0]
    set_attributes("stock", transfer["pk"], "transfer", lines=json.dumps([[sku, sent - 1, received]]))


@corruption
def s6_fulfillment_exceeds_order(day: Day) -> None:
    work = load_fulfillment_of_order(order_id_of(day, "quicker")).fulfillments[0]
    set_body_fields(
        work.order_id,
        work.id,
        pieces=[[allocation.sku, allocation.quantity + 1, allocation.shard] for allocation in work.allocations],
    )


def set_body_fields(pk: str, sk: str, **fields: Any) -> None:
    row = dynamodb_table("orders").get_item(Key={"pk": pk, "sk": sk})["Item"]
    set_attributes("orders", pk, sk, body=json.dumps(json.loads(row["body"]) | fields))


@corruption
def s7_units_issued_before_they_were_received(day: Day) -> None:
    movement = {"kind": "transferred", "sku": CUP, "location": "wh-surabaya"}
    put_journal_entry("planted#1", "Planted", movements=[movement | {"on_hand": -100}])
    put_journal_entry(
        "planted#2", "Planted", "evt_later", "2026-11-24T05:00:00.000Z", movements=[movement | {"on_hand": 100}]
    )


@corruption
def m1_line_total_differs_from_price(day: Day) -> None:
    key = {"pk": order_id_of(day, "pickup"), "sk": "order"}
    body = json.loads(dynamodb_table("orders").get_item(Key=key)["Item"]["body"])
    body["lines"][0][3] += 1
    set_attributes("orders", **key, body=json.dumps(body))


@corruption
def m2_refund_exceeds_capture(day: Day) -> None:
    set_attributes("payments", day.payment("quicker"), "payment", refunded_minor=1)


@corruption
def m3_credit_exposure_exceeds_receivables(day: Day) -> None:
    add_to_attributes("customers", "cus_makmur", "credit", exposure_minor=1_000, left_minor=-1_000)


@corruption
def m4_unbalanced_postings(day: Day) -> None:
    put_journal_entry("planted#1", "Planted", postings=[{"account": "bank", "minor": 5}])


@corruption
def m6_active_order_owes_a_refund(day: Day) -> None:
    owed = {"account": f"refund_owed:{order_id_of(day, 'pickup')}", "minor": -5}
    put_journal_entry("planted#1", "Planted", postings=[owed, {"account": "bank", "minor": 5}])


@corruption
def m7_event_posted_twice(day: Day) -> None:
    shift = day.orders[f"shift of {SINTA}"]["id"]
    put_journal_entry("planted#1", "Planted", event_id=journal.history(f"shift#{shift}")[0].event_id)


@corruption
def m8_cash_without_a_receipt(day: Day) -> None:
    shift = day.orders[f"shift of {SINTA}"]["id"]
    add_to_attributes("payments", shift, "shift", cash_in_minor=1_000, counted_minor=1_000)


@corruption
def m9_coupon_used_by_no_order(day: Day) -> None:
    add_to_attributes("pricing", "coupon#HEMAT", "coupon", used=1)


@corruption
def o2_version_ahead_of_journal(day: Day) -> None:
    add_to_attributes("catalog", f"product#{TEAPOT}", "product", version=1)


@corruption
def o3_status_without_journal_entry(day: Day) -> None:
    offer = load_fulfillment_of_order(order_id_of(day, "left to the warehouse")).offers[0]
    set_attributes("orders", offer.order_id, offer.id, status="declined_by_all")


@corruption
def o4_recorded_answer_about_a_missing_order(day: Day) -> None:
    answer = zlib.compress(json.dumps({"id": "ord_nowhere"}).encode())
    dynamodb_table("requests").put_item(
        Item={"pk": "shopper#endpoint#key", "sk": "request", "body_hash": "", "answer": answer}
    )


@corruption
def o5_claim_with_an_old_version(day: Day) -> None:
    work = load_fulfillment_of_order(order_id_of(day, "claimed while it waits")).fulfillments[-1]
    set_body_fields(work.order_id, work.id, claim_version=work.claim_version - 1)


@corruption
def o7_order_missing_from_the_waiting_list(day: Day) -> None:
    delete_row("orders", order_id_of(day, "still waits"), "waiting")


@corruption
def n1_inbox_without_its_notice(day: Day) -> None:
    sent = {(row["party"], row["event"]) for row in load_current_snapshot().sends}
    notice = next(row for row in load_current_snapshot().notices if (row["pk"], row["sk"]) not in sent)
    delete_row("notify", notice["pk"], notice["sk"])


@corruption
def n2_party_notified_in_two_parts(day: Day) -> None:
    row = next(row for row in load_current_snapshot().notified_parties if row["parties"])
    again = {"pk": row["pk"], "sk": f"{row['event']}#1", "kind": row["kind"], "at": row["at"]}
    dynamodb_table("notify").put_item(Item=again | {"parties": json.dumps(row["parties"])})


@corruption
def n3_notice_about_a_missing_event(day: Day) -> None:
    row = {"pk": "staff#salesman-budi", "sk": "evt_planted", "kind": "assigned"}
    dynamodb_table("notify").put_item(Item=row | {"subject": "order#ord_1", "sequence": 1})


@corruption
def n4_sms_counted_without_a_send(day: Day) -> None:
    budget = next(row for row in load_current_snapshot().rows["notify"] if row["sk"] == "all")
    add_to_attributes("notify", budget["pk"], "all", spent=1)


@corruption
def n5_phone_number_in_an_inbox(day: Day) -> None:
    row = load_current_snapshot().notices[0]
    set_attributes("notify", row["pk"], row["sk"], kept=json.dumps({"call": "+6281252981234"}))


@corruption
def a2_price_override_by_the_wrong_role(day: Day) -> None:
    key = {"pk": order_id_of(day, "agreed"), "sk": "order"}
    body = json.loads(dynamodb_table("orders").get_item(Key=key)["Item"]["body"])
    body["lines"][0][7][0]["kind"] = "override"
    set_attributes("orders", **key, body=json.dumps(body))


@corruption
def a1_rewritten_journal_entry(day: Day) -> None:
    subject = f"order#{order_id_of(day, 'pickup')}"
    row = dynamodb_table("journal").get_item(Key={"subject": subject, "sequence": 1})["Item"]
    dynamodb_table("journal").put_item(Item=row | {"actor": "another-actor"})
