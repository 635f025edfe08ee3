"""The behavior of DynamoDB that other engines lack: reads that lag, sends that fail, invalid requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import StaleVersion, Unavailable
from tests.verification.simulator.botocore_stub import FAULTS, WRITE_FAULTS, BotocoreStub


class Thing(db.Row):
    Meta = db.table("orders")

    count = NumberAttribute(null=True)
    list = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


@pytest.fixture
def advance_seconds(wire: BotocoreStub) -> Callable[[float], None]:
    """A function that advances the store's clock."""
    now = [0.0]
    wire.store.seconds = lambda: now[0]
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def put_row(sk: str = "1", **values: Any) -> Thing:
    return Thing("a", sk, **values)


def load_count(consistent: bool = True) -> Any:
    row = db.get(Thing, "a", "1", consistent=consistent)
    return None if row is None else row.count


def list_rows() -> list[Any]:
    return [(row.sk, row.count) for row in db.query(Thing, "work", index="by_list").items]


def inject_faults(wire: BotocoreStub, operation: str, *faults: str) -> list[str]:
    """Inject one fault into each of the next sends of an operation. Return the list of the remaining faults."""
    remaining = list(faults)
    wire.inject_fault = lambda name: remaining.pop(0) if name == operation and remaining else ""
    return remaining


def test_an_index_lags_while_its_rows_are_current(wire: BotocoreStub, advance_seconds: Callable[[float], None]) -> None:
    db.commit([db.create(put_row("old", count=1, list="work", listed_at="t1"))])
    advance_seconds(3)
    db.commit([db.update(put_row("old"), Thing.count.add(1), Thing.list.remove())])
    db.commit([db.create(put_row("new", count=5, list="work", listed_at="t2"))])

    wire.read_lag = lambda: 2.0
    assert list_rows() == [("old", 2)]

    advance_seconds(2)
    assert list_rows() == [("new", 5)]


def test_an_eventually_consistent_read_lags(wire: BotocoreStub, advance_seconds: Callable[[float], None]) -> None:
    db.commit([db.create(put_row(count=1))])
    advance_seconds(3)
    db.commit([db.update(put_row(), Thing.count.add(1))])

    wire.read_lag = lambda: 2.0

    assert (load_count(), load_count(consistent=False)) == (2, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_is_retried(wire: BotocoreStub, fault: str) -> None:
    db.commit([db.create(put_row(count=1))])

    remaining = inject_faults(wire, "GetItem", fault, fault)

    assert load_count() == 1
    assert remaining == ([fault] if fault == "slow" else [])


@pytest.mark.parametrize("fault", [fault for fault in WRITE_FAULTS if fault != "forgotten"])
def test_a_write_happens_once_for_any_fault_of_its_first_send(wire: BotocoreStub, fault: str) -> None:
    remaining = inject_faults(wire, "TransactWriteItems", fault)

    db.commit([db.update(put_row(), Thing.count.add(1))])

    assert (load_count(), remaining) == (1, [])


def test_a_write_resent_after_its_token_expired_conflicts_with_itself(wire: BotocoreStub) -> None:
    inject_faults(wire, "TransactWriteItems", "forgotten")

    with pytest.raises(StaleVersion):
        db.commit([db.create(put_row(count=1))])

    assert load_count() == 1


def test_a_write_whose_reply_is_lost_three_times_is_made_once_and_raises_unavailable(wire: BotocoreStub) -> None:
    inject_faults(wire, "TransactWriteItems", "lost", "lost", "lost")

    with pytest.raises(Unavailable):
        db.commit([db.update(put_row(), Thing.count.add(1))])

    assert load_count() == 1


def test_unprocessed_keys_of_a_batch_are_requested_again(wire: BotocoreStub) -> None:
    db.commit([db.create(put_row(count=1))])

    remaining = inject_faults(wire, "BatchGetItem", "half")

    assert [row.count for row in db.batch([Key(Thing, "a", "1")]).values()] == [1]
    assert remaining == []


WRITE = {"TableName": "test-orders", "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}
REFUSED: dict[str, dict[str, Any]] = {
    "an unused placeholder": {"UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
    "an undefined placeholder": {"UpdateExpression": "SET #a = :a", "ExpressionAttributeNames": {"#a": "a"}},
    "an absent attribute": {"UpdateExpression": "SET a = b"},
    "the same attribute twice": {"UpdateExpression": "SET a = sk REMOVE a"},
    "an invalid expression": {"UpdateExpression": "SET a =="},
    "an unknown verb": {"UpdateExpression": "MULTIPLY a b"},
    "an item that is too large": {
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"S": "a" * 410_000}},
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_invalid_request_is_refused_and_changes_nothing(wire: BotocoreStub, name: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        send_write(Update=WRITE | REFUSED[name])

    assert wire.store.items("test-orders") == []


def test_a_token_identifies_one_transaction_for_ten_minutes(
    wire: BotocoreStub, advance_seconds: Callable[[float], None]
) -> None:
    send_write(Update=WRITE | {"UpdateExpression": "SET a = sk"})

    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        send_write(Update=WRITE | {"UpdateExpression": "SET b = sk"})

    advance_seconds(600)
    send_write(Update=WRITE | {"UpdateExpression": "SET b = sk"})
    assert wire.store.items("test-orders") == [WRITE["Key"] | {"a": {"S": "1"}, "b": {"S": "1"}}]


def send_write(**write: Any) -> Any:
    return db.connection().client.transact_write_items(TransactItems=[write], ClientRequestToken="t" * 32)
