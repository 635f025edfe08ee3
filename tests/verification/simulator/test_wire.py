"""What the conformance suite cannot ask of the others: reads that lag, sends that fail, requests that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import Moved, Unavailable
from tests.verification.simulator.wire import FAULTS, WRITE_FAULTS, Wire


class Thing(db.Row):
    Meta = db.table("orders")

    count = NumberAttribute(null=True)
    list = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


@pytest.fixture
def seconds(wire: Wire) -> Callable[[float], None]:
    """The store's clock goes on by so much."""
    now = [0.0]
    wire.store.seconds = lambda: now[0]
    return lambda more: now.__setitem__(0, now[0] + more)


def the(sk: str = "1", **said: Any) -> Thing:
    return Thing("a", sk, **said)


def count(consistent: bool = True) -> Any:
    row = db.get(Thing, "a", "1", consistent=consistent)
    return None if row is None else row.count


def listed() -> list[Any]:
    return [(row.sk, row.count) for row in db.query(Thing, "work", index="by_list").items]


def meets(wire: Wire, operation: str, *faults: str) -> list[str]:
    """The next sends of it meet these, then none; what is left of them."""
    left = list(faults)
    wire.fault = lambda name: left.pop(0) if name == operation and left else ""
    return left


def test_an_index_shows_what_was_listed_seconds_ago_and_the_rows_as_they_are(
    wire: Wire, seconds: Callable[[float], None]
) -> None:
    db.commit([db.create(the("old", count=1, list="work", listed_at="t1"))])
    seconds(3)
    db.commit([db.update(the("old"), Thing.count.add(1), Thing.list.remove())])
    db.commit([db.create(the("new", count=5, list="work", listed_at="t2"))])

    wire.lag = lambda: 2.0
    assert listed() == [("old", 2)]

    seconds(2)
    assert listed() == [("new", 5)]


def test_a_read_that_need_not_be_of_the_newest_is_not(wire: Wire, seconds: Callable[[float], None]) -> None:
    db.commit([db.create(the(count=1))])
    seconds(3)
    db.commit([db.update(the(), Thing.count.add(1))])

    wire.lag = lambda: 2.0

    assert (count(), count(consistent=False)) == (2, 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_is_tried_again(wire: Wire, fault: str) -> None:
    db.commit([db.create(the(count=1))])

    left = meets(wire, "GetItem", fault, fault)

    assert count() == 1
    assert left == ([fault] if fault == "slow" else [])


@pytest.mark.parametrize("fault", [each for each in WRITE_FAULTS if each != "forgotten"])
def test_a_write_happens_once_whatever_happens_to_its_first_send(wire: Wire, fault: str) -> None:
    left = meets(wire, "TransactWriteItems", fault)

    db.commit([db.update(the(), Thing.count.add(1))])

    assert (count(), left) == (1, [])


def test_a_write_sent_again_after_its_token_was_forgotten_finds_itself_in_its_way(wire: Wire) -> None:
    meets(wire, "TransactWriteItems", "forgotten")

    with pytest.raises(Moved):
        db.commit([db.create(the(count=1))])

    assert count() == 1


def test_what_was_lost_three_times_was_done_once_and_is_told_as_unavailable(wire: Wire) -> None:
    meets(wire, "TransactWriteItems", "lost", "lost", "lost")

    with pytest.raises(Unavailable):
        db.commit([db.update(the(), Thing.count.add(1))])

    assert count() == 1


def test_what_a_batch_left_out_is_asked_for_again(wire: Wire) -> None:
    db.commit([db.create(the(count=1))])

    left = meets(wire, "BatchGetItem", "half")

    assert [row.count for row in db.batch([Key(Thing, "a", "1")]).values()] == [1]
    assert left == []


WRITE = {"TableName": "test-orders", "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}
REFUSED: dict[str, dict[str, Any]] = {
    "a placeholder nobody uses": {"UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
    "a placeholder nobody says": {"UpdateExpression": "SET #a = :a", "ExpressionAttributeNames": {"#a": "a"}},
    "an attribute that is not there": {"UpdateExpression": "SET a = b"},
    "the same attribute twice": {"UpdateExpression": "SET a = sk REMOVE a"},
    "no expression": {"UpdateExpression": "SET a =="},
    "a verb that DynamoDB does not know": {"UpdateExpression": "MULTIPLY a b"},
    "an item that is too large": {
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"S": "a" * 410_000}},
    },
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_request_that_is_wrong_is_refused_and_changes_nothing(wire: Wire, said: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        sent(Update=WRITE | REFUSED[said])

    assert wire.store.items("test-orders") == []


def test_a_token_stands_for_one_transaction_for_ten_minutes(wire: Wire, seconds: Callable[[float], None]) -> None:
    sent(Update=WRITE | {"UpdateExpression": "SET a = sk"})

    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        sent(Update=WRITE | {"UpdateExpression": "SET b = sk"})

    seconds(600)
    sent(Update=WRITE | {"UpdateExpression": "SET b = sk"})
    assert wire.store.items("test-orders") == [WRITE["Key"] | {"a": {"S": "1"}, "b": {"S": "1"}}]


def sent(**write: Any) -> Any:
    return db.connection().client.transact_write_items(TransactItems=[write], ClientRequestToken="t" * 32)
