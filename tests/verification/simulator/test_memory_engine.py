"""The in-memory engine behaves as DynamoDB; the local engine and moto run the same tests where they can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import TransactWriteError

from chalicelib.kit import db
from chalicelib.kit.db import Key, TransactionCancelled, Write
from chalicelib.kit.errors import StaleVersion, Unavailable
from chalicelib.kit.journal import EntryRow
from tests.verification.simulator.memory_engine import MemoryEngine


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
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each engine in turn, as the engine of `kit.db`."""
    if request.param == "memory":
        db.engine = MemoryEngine()
    else:
        request.getfixturevalue({"moto": "aws"}.get(request.param, request.param))
    yield request.param


def build_row(pk: str = "a", sk: str = "1", **values: Any) -> Thing:
    return Thing(pk, sk, **values)


def failed_conditions(*writes: Write) -> list[tuple[str | None, int | None]]:
    with pytest.raises(TransactionCancelled) as cancelled:
        db.engine.transact(writes, TOKEN)
    return [(code, row.count if row is not None else None) for code, row in cancelled.value.reasons]


def load_row(sk: str = "1") -> Any:
    row = db.get(Thing, "a", sk)
    return None if row is None else (row.count, row.word)


def test_a_written_row_is_read(engine: str) -> None:
    db.commit([db.create(build_row(count=3, word="é"))])

    assert load_row() == (3, "é")
    assert load_row("2") is None
    assert list(db.batch([Key(Thing, "a", "1"), Key(Thing, "a", "9")])) == [Key(Thing, "a", "1")]


def test_a_batch_and_a_page_read_rows_with_other_key_names(engine: str) -> None:
    db.commit([db.create(EntryRow("a", n, **ENTRY)) for n in range(1, 4)] + [db.create(build_row(count=3))])

    rows = db.batch([Key(EntryRow, "a", 2), Key(Thing, "a", "1"), Key(EntryRow, "a", 9)])
    first = db.query(EntryRow, "a", limit=2)
    rest = db.query(EntryRow, "a", limit=2, after=first.after)

    assert [(key.row, row.sk) for key, row in rows.items()] in (
        [(EntryRow, 2), (Thing, "1")],
        [(Thing, "1"), (EntryRow, 2)],
    )
    assert [row.sk for row in first.items + rest.items] == [1, 2, 3]
    assert db.get(EntryRow, "a", 3) is not None


def test_a_transaction_is_atomic_and_lists_its_reasons_in_order(engine: str) -> None:
    db.commit([db.create(build_row(count=3)), db.create(build_row(sk="2", count=5))])

    reasons = failed_conditions(
        db.update(build_row(), Thing.count.add(1), when=Thing.count >= 9),
        db.create(build_row(sk="3")),
        db.put(build_row(sk="2"), when=Thing.count < 5),
    )

    assert reasons == [("ConditionalCheckFailed", 3), (None, None), ("ConditionalCheckFailed", 5)]
    assert (load_row(), load_row("2"), load_row("3")) == ((3, None), (5, None), None)


def test_a_refused_delete_or_check_returns_no_row(engine: str) -> None:
    db.commit([db.create(build_row(count=3)), db.create(build_row(sk="2", count=5))])

    reasons = failed_conditions(
        db.delete(build_row(), when=Thing.count == 9), db.check(build_row(sk="2"), Thing.count == 9)
    )

    assert reasons == [("ConditionalCheckFailed", None), ("ConditionalCheckFailed", None)]


CONDITIONS = [
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
]


def test_conditions_have_the_same_meaning(engine: str) -> None:
    """One test for all conditions, because setting up an engine takes longer than evaluating them."""
    db.commit([db.create(build_row(count=3, word="tea"))])

    for condition, passes in CONDITIONS:
        writes = [db.update(build_row(), Thing.listed_at.set("now"), when=condition)]
        if passes:
            db.commit(writes)
        else:
            assert failed_conditions(*writes) == [("ConditionalCheckFailed", 3)], str(condition)


def test_an_update_evaluates_its_right_sides_before_any_change(engine: str) -> None:
    db.commit([db.create(build_row(count=3, word="tea"))])

    db.commit([db.update(build_row(), Thing.count.add(-5), Thing.word.remove(), Thing.list.set(Thing.word))])

    row = db.get(Thing, "a", "1")
    assert row is not None
    assert (row.count, row.word, row.list) == (-2, None, "tea")


def test_an_update_creates_an_absent_row(engine: str) -> None:
    db.commit([db.update(build_row(), Thing.count.add(2), Thing.word.set(Thing.word | "new"))])

    assert load_row() == (2, "new")


def test_a_failed_condition_on_an_absent_row_returns_no_row(engine: str) -> None:
    assert failed_conditions(db.update(build_row(), Thing.count.add(1), when=Thing.count >= 1)) == [
        ("ConditionalCheckFailed", None)
    ]
    assert load_row() is None


def test_a_transaction_that_names_an_item_twice_is_refused(engine: str) -> None:
    """This is a bug of the caller, so it is not retried."""
    with pytest.raises((ValueError, TransactWriteError), match="item"):
        db.engine.transact([db.update(build_row(), Thing.count.add(1)), db.delete(build_row())], TOKEN)

    assert load_row() is None


def test_pages_follow_each_other_without_a_gap(engine: str) -> None:
    db.commit([db.create(build_row(sk=f"b{n}", count=n)) for n in range(5)] + [db.create(build_row(sk="c"))])

    first = db.query(Thing, "a", begins_with="b", limit=2)
    second = db.query(Thing, "a", begins_with="b", limit=2, after=first.after)
    back = db.query(Thing, "a", between=("b1", "b3"), newest_first=True, limit=2)
    rest = db.query(Thing, "a", between=("b1", "b3"), newest_first=True, limit=2, after=back.after)

    assert [row.sk for row in first.items + second.items] == ["b0", "b1", "b2", "b3"]
    assert [row.sk for row in back.items + rest.items] == ["b3", "b2", "b1"]
    assert rest.after is None


def test_an_index_contains_only_rows_with_both_keys(engine: str) -> None:
    db.commit([db.create(build_row(sk=str(n), count=n, list="work", listed_at=f"t{9 - n}")) for n in range(4)])
    db.commit([db.create(build_row(sk="9", list="work")), db.update(build_row(sk="0"), Thing.list.remove())])

    page = db.query(Thing, "work", index="by_list", limit=2)
    rest = db.query(Thing, "work", index="by_list", limit=2, after=page.after)

    assert [row.count for row in page.items + rest.items] == [3, 2, 1]


def test_a_repeated_token_changes_nothing(engine: str) -> None:
    if engine == "moto":
        pytest.skip("moto ignores tokens")
    writes = [db.update(build_row(), Thing.count.add(1))]
    for _ in range(2):
        db.engine.transact(writes, TOKEN)

    assert load_row() == (1, None)


def test_more_than_a_hundred_writes_are_refused(engine: str) -> None:
    with pytest.raises(ValueError, match="101 writes"):
        db.commit([db.create(build_row(sk=str(n))) for n in range(101)])


def build_faulty_engine(*faults: str) -> MemoryEngine:
    """Inject one of the faults into each of the next transactions."""
    remaining = list(faults)
    db.engine = memory = MemoryEngine(lambda send: remaining.pop(0) if send == "transact" and remaining else "")
    return memory


@pytest.mark.parametrize("fault", ["conflict", "throttled"])
def test_transient_errors_are_retried_then_given_up(fault: str) -> None:
    build_faulty_engine(*[fault] * 5)
    db.commit([db.create(build_row())])
    assert load_row() is not None

    build_faulty_engine(*[fault] * 6)
    with pytest.raises(Unavailable):
        db.commit([db.create(build_row())])
    assert load_row() is None


def test_a_lost_reply_raises_unavailable_although_the_write_is_applied() -> None:
    build_faulty_engine("lost")

    with pytest.raises(Unavailable):
        db.commit([db.create(build_row(count=1))])

    assert load_row() == (1, None)
    with pytest.raises(StaleVersion):
        db.commit([db.create(build_row(count=2))])


def test_a_restored_snapshot_equals_the_original() -> None:
    db.engine = memory = MemoryEngine()
    db.commit([db.create(build_row(count=1, list="work", listed_at="t"))])
    snapshot = memory.snapshot()

    db.commit([db.delete(build_row()), db.create(build_row(sk="2", list="work", listed_at="t"))])
    memory.restore(snapshot)

    assert (load_row(), load_row("2")) == ((1, None), None)
    assert len(db.query(Thing, "work", index="by_list").items) == 1


def test_a_lost_read_is_resent_and_a_refused_read_is_not() -> None:
    faults = iter(["resent", "resent", "", "refused"])
    db.engine = MemoryEngine(lambda send: next(faults))

    assert db.get(Thing, "a", "1") is None
    with pytest.raises(Unavailable):
        db.get(Thing, "a", "1")
    assert list(faults) == []


@pytest.mark.parametrize("fault", ["resent", "answered again", "forgotten", "doubled"])
def test_a_write_sent_twice_is_applied_once(fault: str) -> None:
    build_faulty_engine(fault)

    db.commit([db.update(build_row(), Thing.count.add(1)), db.create(EntryRow("a", 1, **ENTRY))])

    assert load_row() == (1, None)
