"""The engine in memory is held to what DynamoDB does, beside the local engine and moto wherever those do it too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import TransactWriteError

from chalicelib.kit import db
from chalicelib.kit.db import Blocked, Key, Write
from chalicelib.kit.errors import Moved, Unavailable
from chalicelib.kit.journal import Entry
from tests.verification.simulator.memory import Memory


class Thing(db.Row):
    Meta = db.table("orders")

    count = NumberAttribute(null=True)
    word = UnicodeAttribute(null=True)
    list = UnicodeAttribute(null=True)
    listed_at = UnicodeAttribute(null=True)


ENTRY: dict[str, Any] = {"event_id": "evt_1", "kind": "Tested", "occurred_at": "2026-11-22T05:00:00.000Z"}
ENTRY |= {"schema_version": 1, "actor": "test", "body": "{}"}
TOKEN = "0f9f2d1e-5a0a-4bb5-8a8c-2d1f5d1c0a01"
ENGINES = ["memory", "wire", "moto", pytest.param("ministack", marks=pytest.mark.ministack)]


@pytest.fixture(params=ENGINES)
def every(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each engine in turn stands behind kit.db."""
    if request.param == "memory":
        db.engine = Memory()
    else:
        request.getfixturevalue({"moto": "aws"}.get(request.param, request.param))
    yield request.param


def the(pk: str = "a", sk: str = "1", **said: Any) -> Thing:
    return Thing(pk, sk, **said)


def blocked(*writes: Write) -> list[tuple[str | None, int | None]]:
    with pytest.raises(Blocked) as stopped:
        db.engine.transact(writes, TOKEN)
    return [(code, row.count if row is not None else None) for code, row in stopped.value.reasons]


def found(sk: str = "1") -> Any:
    row = db.get(Thing, "a", sk)
    return None if row is None else (row.count, row.word)


def test_what_is_written_is_read(every: str) -> None:
    db.commit([db.create(the(count=3, word="é"))])

    assert found() == (3, "é")
    assert found("2") is None
    assert list(db.batch([Key(Thing, "a", "1"), Key(Thing, "a", "9")])) == [Key(Thing, "a", "1")]


def test_a_batch_and_a_page_read_rows_whose_keys_have_other_names(every: str) -> None:
    db.commit([db.create(Entry("a", n, **ENTRY)) for n in range(1, 4)] + [db.create(the(count=3))])

    rows = db.batch([Key(Entry, "a", 2), Key(Thing, "a", "1"), Key(Entry, "a", 9)])
    first = db.query(Entry, "a", limit=2)
    rest = db.query(Entry, "a", limit=2, after=first.after)

    assert [(key.row, row.sk) for key, row in rows.items()] in (
        [(Entry, 2), (Thing, "1")],
        [(Thing, "1"), (Entry, 2)],
    )
    assert [row.sk for row in first.items + rest.items] == [1, 2, 3]
    assert db.get(Entry, "a", 3) is not None


def test_all_or_nothing_with_reasons_in_the_order_given(every: str) -> None:
    db.commit([db.create(the(count=3)), db.create(the(sk="2", count=5))])

    reasons = blocked(
        db.update(the(), Thing.count.add(1), when=Thing.count >= 9),
        db.create(the(sk="3")),
        db.put(the(sk="2"), when=Thing.count < 5),
    )

    assert reasons == [("ConditionalCheckFailed", 3), (None, None), ("ConditionalCheckFailed", 5)]
    assert (found(), found("2"), found("3")) == ((3, None), (5, None), None)


def test_a_refused_delete_or_check_shows_no_row(every: str) -> None:
    db.commit([db.create(the(count=3)), db.create(the(sk="2", count=5))])

    reasons = blocked(db.delete(the(), when=Thing.count == 9), db.check(the(sk="2"), Thing.count == 9))

    assert reasons == [("ConditionalCheckFailed", None), ("ConditionalCheckFailed", None)]


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        (Thing.count == 3, True),
        (Thing.count != 3, False),
        (Thing.count < 20, True),  # as numbers, not as text
        (Thing.count.between(3, 4), True),
        (Thing.word == "tea", True),
        (Thing.word.startswith("te"), True),
        (Thing.word.is_in("cup", "tea"), True),
        (Thing.list.exists(), False),
        (Thing.list.does_not_exist(), True),
        (Thing.list == "x", False),
        (Thing.list != "x", True),
        (Thing.list < "x", False),
        (~(Thing.list == "x"), True),
        ((Thing.count == 9) | (Thing.word == "tea"), True),
        ((Thing.count == 3) & (Thing.word == "cup"), False),
    ],
    ids=str,
)
def test_conditions_mean_the_same(every: str, condition: Any, passes: bool) -> None:
    db.commit([db.create(the(count=3, word="tea"))])

    writes = [db.update(the(), Thing.listed_at.set("now"), when=condition)]

    if passes:
        db.commit(writes)
    else:
        assert blocked(*writes) == [("ConditionalCheckFailed", 3)]


def test_an_update_adds_sets_and_removes_from_what_was_there(every: str) -> None:
    db.commit([db.create(the(count=3, word="tea"))])

    db.commit([db.update(the(), Thing.count.add(-5), Thing.word.remove(), Thing.list.set(Thing.word))])

    row = db.get(Thing, "a", "1")
    assert row is not None
    assert (row.count, row.word, row.list) == (-2, None, "tea")


def test_an_update_brings_an_absent_row_into_being(every: str) -> None:
    db.commit([db.update(the(), Thing.count.add(2), Thing.word.set(Thing.word | "new"))])

    assert found() == (2, "new")


def test_a_condition_on_an_absent_row_fails_without_one_to_show(every: str) -> None:
    assert blocked(db.update(the(), Thing.count.add(1), when=Thing.count >= 1)) == [("ConditionalCheckFailed", None)]
    assert found() is None


def test_one_item_twice_is_refused_whole(every: str) -> None:
    """Loudly: it is our bug, and no waiting would mend it."""
    with pytest.raises((ValueError, TransactWriteError), match="item"):
        db.engine.transact([db.update(the(), Thing.count.add(1)), db.delete(the())], TOKEN)

    assert found() is None


def test_pages_follow_each_other_without_gap(every: str) -> None:
    db.commit([db.create(the(sk=f"b{n}", count=n)) for n in range(5)] + [db.create(the(sk="c"))])

    first = db.query(Thing, "a", begins="b", limit=2)
    second = db.query(Thing, "a", begins="b", limit=2, after=first.after)
    back = db.query(Thing, "a", between=("b1", "b3"), newest_first=True, limit=2)
    rest = db.query(Thing, "a", between=("b1", "b3"), newest_first=True, limit=2, after=back.after)

    assert [row.sk for row in first.items + second.items] == ["b0", "b1", "b2", "b3"]
    assert [row.sk for row in back.items + rest.items] == ["b3", "b2", "b1"]
    assert rest.after is None


def test_an_index_holds_only_what_has_both_its_keys(every: str) -> None:
    db.commit([db.create(the(sk=str(n), count=n, list="work", listed_at=f"t{9 - n}")) for n in range(4)])
    db.commit([db.create(the(sk="9", list="work")), db.update(the(sk="0"), Thing.list.remove())])

    page = db.query(Thing, "work", index="by_list", limit=2)
    rest = db.query(Thing, "work", index="by_list", limit=2, after=page.after)

    assert [row.count for row in page.items + rest.items] == [3, 2, 1]


def test_a_token_sent_again_changes_nothing_more(every: str) -> None:
    if every == "moto":
        pytest.skip("moto ignores tokens")
    writes = [db.update(the(), Thing.count.add(1))]
    for _ in "ab":
        db.engine.transact(writes, TOKEN)

    assert found() == (1, None)


def test_more_than_a_hundred_writes_are_refused(every: str) -> None:
    with pytest.raises(ValueError, match="101 writes"):
        db.commit([db.create(the(sk=str(n))) for n in range(101)])


def faulty(*plan: str) -> Memory:
    """Each transaction meets the next fault of the plan, then none."""
    left = list(plan)
    db.engine = memory = Memory(lambda send: left.pop(0) if send == "transact" and left else "")
    return memory


@pytest.mark.parametrize("passing", ["conflict", "throttled"])
def test_what_passes_is_tried_again_and_then_given_up(passing: str) -> None:
    faulty(*[passing] * 5)
    db.commit([db.create(the())])
    assert found() is not None

    faulty(*[passing] * 6)
    with pytest.raises(Unavailable):
        db.commit([db.create(the())])
    assert found() is None


def test_a_lost_reply_is_told_as_unavailable_though_it_was_done() -> None:
    faulty("lost")

    with pytest.raises(Unavailable):
        db.commit([db.create(the(count=1))])

    assert found() == (1, None)
    with pytest.raises(Moved):
        db.commit([db.create(the(count=2))])


def test_what_is_put_back_is_as_it_was() -> None:
    db.engine = memory = Memory()
    db.commit([db.create(the(count=1, list="work", listed_at="t"))])
    kept = memory.snapshot()

    db.commit([db.delete(the()), db.create(the(sk="2", list="work", listed_at="t"))])
    memory.put_back(kept)

    assert (found(), found("2")) == ((1, None), None)
    assert len(db.query(Thing, "work", index="by_list").items) == 1


def test_a_read_that_is_lost_is_sent_again_and_one_that_is_refused_is_not() -> None:
    met = iter(["resent", "resent", "", "refused"])
    db.engine = Memory(lambda send: next(met))

    assert db.get(Thing, "a", "1") is None
    with pytest.raises(Unavailable):
        db.get(Thing, "a", "1")
    assert list(met) == []


@pytest.mark.parametrize("fault", ["resent", "answered again", "forgotten", "doubled"])
def test_what_is_sent_twice_is_done_once(fault: str) -> None:
    faulty(fault)

    db.commit([db.update(the(), Thing.count.add(1)), db.create(Entry("a", 1, **ENTRY))])

    assert found() == (1, None)
