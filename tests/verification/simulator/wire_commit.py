"""DynamoDB's transaction of conditional writes, by its rules and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.verification.simulator import wire_expressions as expressions
from tests.verification.simulator.wire_expressions import Item, Unreadable
from tests.verification.simulator.wire_store import Store, size_of

Request = dict[str, Any]
MOST_WRITES = 100
MOST_ITEM_BYTES, MOST_TRANSACTION_BYTES = 400 * 1024, 4 * 1024 * 1024


class Refused(Exception):
    """DynamoDB's error answer."""

    def __init__(self, code: str, words: str, **more: Any) -> None:
        self.code, self.words, self.more = code, words, more
        super().__init__(code)


def commit(store: Store, items: list[Request]) -> None:
    """All or nothing; the reasons of a no in the order of the items."""
    writes = [(verb, said) for each in items for verb, said in each.items()]
    if not 1 <= len(writes) <= MOST_WRITES:
        raise Unreadable(f"{len(writes)} items in one transaction")
    tables = [store.table(said["TableName"]) for _, said in writes]
    places = [table.place(said.get("Key") or said["Item"]) for table, (_, said) in zip(tables, writes)]
    if len({(table.name, place) for table, place in zip(tables, places)}) != len(places):
        raise Unreadable("Transaction request cannot include multiple operations on one item")
    standing = [table.get(place) for table, place in zip(tables, places)]
    reasons = [_reason(said, item) for (_, said), item in zip(writes, standing)]
    if any(reason["Code"] != "None" for reason in reasons):
        raise cancelled(reasons)
    after = [_after(verb, said, item) for (verb, said), item in zip(writes, standing)]
    if sum(map(size_of, filter(None, after))) > MOST_TRANSACTION_BYTES:
        raise Unreadable("Collection size of the transaction is over 4 MB")
    for (verb, _), table, place, item in zip(writes, tables, places, after):
        if verb != "ConditionCheck":
            store.write(table, place, item)


def cancelled(reasons: list[dict[str, Any]]) -> Refused:
    codes = ", ".join(reason["Code"] for reason in reasons)
    words = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused("TransactionCanceledException", words, CancellationReasons=reasons)


def _reason(said: Request, standing: Item | None) -> dict[str, Any]:
    if "ConditionExpression" not in said:
        return {"Code": "None"}
    bound = bound_in(said, "ConditionExpression", "UpdateExpression")
    if expressions.condition(said["ConditionExpression"])(standing or {}, bound):
        return {"Code": "None"}
    shown = standing is not None and said.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    return reason | ({"Item": standing} if shown else {})


def _after(verb: str, said: Request, standing: Item | None) -> Item | None:
    if verb in ("Delete", "ConditionCheck"):
        return None
    item: Item = said["Item"] if verb == "Put" else _updated(said, standing)
    if size_of(item) > MOST_ITEM_BYTES:
        raise Unreadable("Item size has exceeded the maximum allowed size")
    return item


def _updated(said: Request, standing: Item | None) -> Item:
    bound = bound_in(said, "ConditionExpression", "UpdateExpression")
    return expressions.changed(standing or said["Key"], said["UpdateExpression"], bound)


def bound_in(said: Request, *names: str) -> Mapping[str, Any]:
    """Placeholder → its name or value. DynamoDB refuses one that is missing, and one that nobody uses."""
    bound = said.get("ExpressionAttributeNames", {}) | said.get("ExpressionAttributeValues", {})
    used = frozenset().union(*(expressions.placeholders(said[name]) for name in names if name in said))
    if used != bound.keys():
        raise Unreadable(f"unused or undefined in expressions: {sorted(used ^ bound.keys())}")
    return bound
