"""Nothing is lost, nothing is sold twice: levels, holds, promises, transfers and what left the house agree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate

from chalicelib.kit import clock
from infra.invariants.projections import ledger_matches_journal, recap_matches_journal
from infra.invariants.reference_data import reference_data_matches_journal
from infra.invariants.snapshot import (
    FIRST_INBOUND_SHARD,
    Movement,
    Snapshot,
    allocated_units,
    list_differences,
    shard_of,
    sku_of_level,
    sum_by_key,
)
from infra.invariants.states import ABANDONED, HAS_LEFT_LOCATION

MAX_CLOCK_SKEW = timedelta(minutes=10)  # each may be wrong by five


def s1_on_hand_is_the_sum_of_movements(snapshot: Snapshot) -> list[str]:
    """on_hand(level) = Σ on_hand over the journal's movements at that level."""
    ledger = sum_by_key((move.level_key, move.on_hand) for _, move in snapshot.movements)
    standing = {name: row["on_hand"] for name, row in snapshot.levels.items()}
    return list_differences("{name} has {found} on hand, its ledger says {expected}", ledger, standing)


def s2_available_is_never_negative(snapshot: Snapshot) -> list[str]:
    """reserved, allocated, display, expected ≥ 0 and available = on_hand + expected − reserved − allocated − display ≥
    0. Units are expected for a day alone, so nobody is told that what is on its way is there."""
    wrong = []
    for name, row in snapshot.levels.items():
        parts, expected = [row["reserved"], row["allocated"], row["display"]], row.get("expected", 0)
        if min(*parts, expected) < 0 or row["available"] < 0:
            wrong.append(f"{name} is below nothing: {parts} promised, {row['available']} available")
        if row["available"] != row["on_hand"] + expected - sum(parts):
            wrong.append(f"{name} says {row['available']} available of {row['on_hand']} with {parts} promised")
        if expected and shard_of(name) < FIRST_INBOUND_SHARD:
            wrong.append(f"{name} expects {expected} units, and is no day")
    return wrong


def s3_reservations_belong_to_orders(snapshot: Snapshot) -> list[str]:
    """reserved = Σ holds; each hold is of a placed order that waits as long for these units; no hold that has not
    ended is missing; allocated = Σ units of placed, paid or collectable orders that have not left yet."""
    reserved = {name: row["reserved"] for name, row in snapshot.levels.items()}
    allocated = {name: row["allocated"] for name, row in snapshot.levels.items()}
    held = sum_by_key((hold["pk"], hold["quantity"]) for hold in snapshot.holds)
    owed = sum_by_key(piece for order_id in snapshot.orders for piece in _allocated_units(snapshot, order_id))
    return [
        *list_differences("{name} has {found} reserved, its holds come to {expected}", held, reserved),
        *list_differences("{name} has {found} allocated, its orders come to {expected}", owed, allocated),
        *_holds_without_order(snapshot),
        *_missing_holds(snapshot),
    ]


def _allocated_units(snapshot: Snapshot, order_id: str) -> list[tuple[str, int]]:
    order = snapshot.orders[order_id]
    if order["status"] != "placed" or order.get("reserved_until"):
        return []
    left = [work for work in snapshot.fulfillments_of_order.get(order_id, ()) if work["status"] in HAS_LEFT_LOCATION]
    return [*order["pieces"], *((name, -units) for work in left for name, units in allocated_units(work))]


def _holds_without_order(snapshot: Snapshot) -> list[str]:
    wrong = []
    for hold in snapshot.holds:
        order = snapshot.orders.get(hold["order"], {})
        wanted = (hold["pk"], hold["quantity"])
        if order.get("reserved_until") != hold["until"] or wanted not in order["pieces"]:
            wrong.append(f"{hold['pk']} is held for {hold['order']}, which does not wait for it")
    return wrong


def _missing_holds(snapshot: Snapshot) -> list[str]:
    """After its end anybody may have taken it; before, nobody."""
    held = {(hold["order"], hold["pk"]) for hold in snapshot.holds}
    waiting = [row for row in snapshot.orders.values() if row.get("reserved_until", "") > snapshot.now]
    return [
        f"{order['pk']} waits for {units} of {name}, and nothing is held for it"
        for order in waiting
        for name, units in order["pieces"]
        if (order["pk"], name) not in held
    ]


def s4_units_are_conserved(snapshot: Snapshot) -> list[str]:
    """For each SKU: Σ on_hand + in transit + shipped − returned = received ± adjusted. What is shipped and returned is
    counted from the work that was done, not from the ledger; what a count adjusts is what it counted − expected."""
    here = [(sku_of_level(name), row["on_hand"]) for name, row in snapshot.levels.items()]
    still = [transfer for transfer in snapshot.transfers if transfer["status"] in ("in_transit", "partially_received")]
    moving = [(sku, sent - came) for transfer in still for sku, sent, came in transfer["lines"]]
    out = [
        (sku_of_level(name), units) for order_id in snapshot.orders for name, units in shipped_units(snapshot, order_id)
    ]
    back = [work for work in snapshot.fulfillments.values() if work["status"] == "back_at_location"]
    returned = [(sku_of_level(name), -units) for work in back for name, units in allocated_units(work)]
    came = [(move.sku, move.on_hand) for _, move in snapshot.movements if move.kind in ("received", "adjusted")]
    found = sum_by_key([*here, *moving, *out, *returned])
    return [
        *list_differences("of {name} {expected} came in and {found} can be accounted for", sum_by_key(came), found),
        *_miscounted(snapshot),
    ]


def _miscounted(snapshot: Snapshot) -> list[str]:
    wrong = []
    for entry in snapshot.entries:
        if entry["kind"] == "StockCounted":
            fields = entry["fields"]
            over = {line["sku"]: line["counted"] - line["expected"] for line in fields["counted"]}
            adjusted = sum_by_key((move["sku"], move.get("on_hand", 0)) for move in fields["movements"])
            subject = entry["subject"]
            wrong += list_differences(
                subject + ": {expected} more of {name} were counted, {found} adjusted", over, adjusted
            )
    return wrong


def shipped_units(snapshot: Snapshot, order_id: str) -> list[tuple[str, int]]:
    """What left for an order. Over the counter goods leave while placing, before anybody writes down the work."""
    works = snapshot.fulfillments_of_order.get(order_id, ())
    order = snapshot.orders[order_id]
    if order["handover"] and not works:
        return list(order["pieces"])
    return [piece for work in works if work["status"] in HAS_LEFT_LOCATION for piece in allocated_units(work)]


def s6_shipped_is_at_most_ordered(snapshot: Snapshot) -> list[str]:
    """For each order and SKU: issued by its journal = shipped by its work ≤ ordered, all of it once the order is
    complete, and what is being brought by all who have not given up ≤ ordered."""
    wrong = []
    issued = sum_by_key(
        (f"{subject} {move.sku}", -move.on_hand) for subject, move in snapshot.movements if move.kind == "issued"
    )
    sent = sum_by_key(
        (f"order#{order_id} {sku_of_level(name)}", units)
        for order_id in snapshot.orders
        for name, units in shipped_units(snapshot, order_id)
    )
    wrong += list_differences("{name}: {expected} issued, {found} shipped", issued, sent)
    for order_id, order in snapshot.orders.items():
        ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
        busy = [work for work in snapshot.fulfillments_of_order.get(order_id, ()) if work["status"] not in ABANDONED]
        brought = sum_by_key((sku_of_level(name), units) for work in busy for name, units in allocated_units(work))
        for sku, units in brought.items():
            if units > ordered.get(sku, 0):
                wrong.append(f"{order_id}: {units} of {sku} are brought, {ordered.get(sku, 0)} were ordered")
        if order["status"] == "completed":
            left = sum_by_key((sku_of_level(name), units) for name, units in shipped_units(snapshot, order_id))
            wrong += list_differences(
                order_id + " is complete: {expected} of {name} were ordered, {found} left", ordered, left
            )
    return wrong


def s7_units_were_available_when_reserved(snapshot: Snapshot) -> list[str]:
    """For each taking of n units at instant t from a level: Σ what was given to it until t + Δ − Σ what was taken from
    it before t − Δ ≥ n, where Δ is by how much two clocks may differ. So there was an order of events in which nobody
    took what was not there yet, whatever came in later."""
    wrong = []
    for name, changes in _availability_changes(snapshot).items():
        given = sorted((at, units) for at, units in changes if units > 0)
        taken = sorted((at, -units) for at, units in changes if units < 0)
        sums = [[0, *accumulate(units for _, units in side)] for side in (given, taken)]
        for at, units in taken:
            late, early = _skew_window(at)
            there = sums[0][bisect_right(given, (late, 10**15))] - sums[1][bisect_left(taken, (early, 0))]
            if there < units:
                wrong.append(f"{units} of {name} were taken at {at}, when at most {there} can have been there")
    return wrong


@lru_cache(maxsize=8_192)
def _skew_window(at: str) -> tuple[str, str]:
    instant = clock.parse(at)
    return clock.iso(instant + MAX_CLOCK_SKEW), clock.iso(instant - MAX_CLOCK_SKEW)


def _availability_changes(snapshot: Snapshot) -> dict[str, list[tuple[str, int]]]:
    """For each level, when and by how much what could be promised there changed; one entry is one change."""
    changes: dict[str, list[tuple[str, int]]] = {}
    for entry in snapshot.entries:
        sums: dict[str, int] = {}
        for fields in entry["fields"].get("movements", ()):
            move = Movement(**fields)
            given = move.on_hand + move.expected - move.reserved - move.allocated - move.display
            sums[move.level_key] = sums.get(move.level_key, 0) + given
        for name, units in sums.items():
            changes.setdefault(name, []).append((entry["occurred_at"], units))
    return changes


def a3_state_is_the_sum_of_the_journal(snapshot: Snapshot) -> list[str]:
    """reserved, allocated, display, expected(level) = Σ of the same over the journal's movements at that level; recap
    and ledger = Σ over the entries they have heard of; each field that an owner sets = the last value told of it."""
    wrong = []
    moves = [(move.level_key, move) for _, move in snapshot.movements]
    for quantity in ("reserved", "allocated", "display", "expected"):
        ledger = sum_by_key((place, getattr(move, quantity)) for place, move in moves)
        standing = {name: row.get(quantity, 0) for name, row in snapshot.levels.items()}
        wrong += list_differences("{name} has {found} " + quantity + ", its ledger says {expected}", ledger, standing)
    return [
        *wrong,
        *recap_matches_journal(snapshot),
        *ledger_matches_journal(snapshot),
        *reference_data_matches_journal(snapshot),
    ]


RULES = (
    s1_on_hand_is_the_sum_of_movements,
    s2_available_is_never_negative,
    s3_reservations_belong_to_orders,
    s4_units_are_conserved,
    s6_shipped_is_at_most_ordered,
    s7_units_were_available_when_reserved,
    a3_state_is_the_sum_of_the_journal,
)
