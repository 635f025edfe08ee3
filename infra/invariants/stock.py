"""No unit is lost or sold twice: levels, holds, allocations, transfers and shipped units agree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate

from chalicelib.kit import clock
from infra.invariants.projections import ledger_matches_journal, projections_are_complete, recap_matches_journal
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
from infra.invariants.states import ABANDONED, CAME_BACK, HAS_LEFT_LOCATION

MAX_CLOCK_SKEW = timedelta(minutes=10)  # between two clocks that are each wrong by up to five minutes


def s1_on_hand_is_the_sum_of_movements(snapshot: Snapshot) -> list[str]:
    """on_hand(level) = Σ on_hand over the journal's movements at that level."""
    ledger = sum_by_key((move.level_key, move.on_hand) for _, move in snapshot.movements)
    stored = {name: row["on_hand"] for name, row in snapshot.levels.items()}
    return list_differences("{name} has {actual} on hand, its movements sum to {expected}", ledger, stored)


def s2_available_is_never_negative(snapshot: Snapshot) -> list[str]:
    """reserved, allocated, display, expected, available ≥ 0.

    available = on_hand + expected − reserved − allocated − display. Only shards of a day have expected units, so goods
    that have not arrived are never shown as in stock.
    """
    violations = []
    for name, row in snapshot.levels.items():
        parts, expected = [row["reserved"], row["allocated"], row["display"]], row.get("expected", 0)
        if min(*parts, expected) < 0 or row["available"] < 0:
            violations.append(f"{name} has a negative quantity: {parts} promised, {row['available']} available")
        if row["available"] != row["on_hand"] + expected - sum(parts):
            violations.append(f"{name} has {row['available']} available of {row['on_hand']} with {parts} promised")
        if expected and shard_of(name) < FIRST_INBOUND_SHARD:
            violations.append(f"{name} expects {expected} units but is not the shard of a day")
    return violations


def s3_reservations_belong_to_orders(snapshot: Snapshot) -> list[str]:
    """reserved = Σ holds; allocated = Σ units of paid or collectable placed orders that have not left yet.

    Each hold belongs to a placed order that reserves these units until the hold's end, and no such hold is missing
    before its end.
    """
    reserved = {name: row["reserved"] for name, row in snapshot.levels.items()}
    allocated = {name: row["allocated"] for name, row in snapshot.levels.items()}
    held = sum_by_key((hold["pk"], hold["quantity"]) for hold in snapshot.holds)
    owed = sum_by_key(piece for order_id in snapshot.orders for piece in _allocated_units(snapshot, order_id))
    return [
        *list_differences("{name} has {actual} reserved, its holds sum to {expected}", held, reserved),
        *list_differences("{name} has {actual} allocated, its orders sum to {expected}", owed, allocated),
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
    violations = []
    for hold in snapshot.holds:
        order = snapshot.orders.get(hold["order"], {})
        held = (hold["pk"], hold["quantity"])
        if order.get("reserved_until") != hold["until"] or held not in order["pieces"]:
            violations.append(f"{hold['pk']} is held for {hold['order']}, which has not reserved it")
    return violations


def _missing_holds(snapshot: Snapshot) -> list[str]:
    """Holds that have not ended must exist. Ended holds may have been taken over by other orders."""
    held = {(hold["order"], hold["pk"]) for hold in snapshot.holds}
    waiting = [row for row in snapshot.orders.values() if row.get("reserved_until", "") > snapshot.now]
    return [
        f"{order['pk']} has reserved {units} of {name}, but there is no hold"
        for order in waiting
        for name, units in order["pieces"]
        if (order["pk"], name) not in held
    ]


def s4_units_are_conserved(snapshot: Snapshot) -> list[str]:
    """For each SKU: Σ on_hand + in transit + shipped − returned = received ± adjusted.

    Shipped and returned units are counted from fulfillments, not from the ledger. A stock count adjusts by
    counted − expected.
    """
    on_hand = [(sku_of_level(name), row["on_hand"]) for name, row in snapshot.levels.items()]
    transfers = [row for row in snapshot.transfers if row["status"] in ("in_transit", "partially_received")]
    moving = [(sku, sent - received) for transfer in transfers for sku, sent, received in transfer["lines"]]
    shipped = [
        (sku_of_level(name), units) for order_id in snapshot.orders for name, units in shipped_units(snapshot, order_id)
    ]
    back = [work for work in snapshot.fulfillments.values() if work["status"] in CAME_BACK]
    returned = [(sku_of_level(name), -units) for work in back for name, units in allocated_units(work)]
    incoming = [(move.sku, move.on_hand) for _, move in snapshot.movements if move.kind in ("received", "adjusted")]
    present = sum_by_key([*on_hand, *moving, *shipped, *returned])
    return [
        *list_differences("{expected} of {name} came in, {actual} are accounted for", sum_by_key(incoming), present),
        *_miscounted(snapshot),
    ]


def _miscounted(snapshot: Snapshot) -> list[str]:
    violations = []
    for entry in snapshot.entries:
        if entry["kind"] == "StockCounted":
            fields = entry["fields"]
            excess = {line["sku"]: line["counted"] - line["expected"] for line in fields["counted"]}
            adjusted = sum_by_key((move["sku"], move.get("on_hand", 0)) for move in fields["movements"])
            template = entry["subject"] + ": the count of {name} differs by {expected}, {actual} were adjusted"
            violations += list_differences(template, excess, adjusted)
    return violations


def shipped_units(snapshot: Snapshot, order_id: str) -> list[tuple[str, int]]:
    """(level, units) that left for an order. At the counter they leave before the fulfillment is recorded."""
    works = snapshot.fulfillments_of_order.get(order_id, ())
    order = snapshot.orders[order_id]
    if order["handover"] and not works and not order["historical"]:
        return list(order["pieces"])
    left = HAS_LEFT_LOCATION | CAME_BACK
    return [piece for work in works if work["status"] in left for piece in allocated_units(work)]


def returned_units(snapshot: Snapshot, order_id: str) -> list[tuple[str, int]]:
    """(level, -units) of an order that came back."""
    works = snapshot.fulfillments_of_order.get(order_id, ())
    return [(name, -units) for work in works if work["status"] in CAME_BACK for name, units in allocated_units(work)]


def s6_shipped_is_at_most_ordered(snapshot: Snapshot) -> list[str]:
    """For each order and SKU: issued in its journal = shipped by its fulfillments ≤ ordered.

    A completed order that is not historical shipped all that was ordered, and its active fulfillments bring no more
    than that.
    """
    violations = []
    issued = sum_by_key(
        (f"{subject} {move.sku}", -move.on_hand) for subject, move in snapshot.movements if move.kind == "issued"
    )
    sent = sum_by_key(
        (f"order#{order_id} {sku_of_level(name)}", units)
        for order_id in snapshot.orders
        for name, units in shipped_units(snapshot, order_id)
    )
    violations += list_differences("{name}: {expected} issued, {actual} shipped", issued, sent)
    for order_id, order in snapshot.orders.items():
        ordered = sum_by_key((line["sku"], line["quantity"]) for line in order["lines"])
        works = [work for work in snapshot.fulfillments_of_order.get(order_id, ()) if work["status"] not in ABANDONED]
        assigned = sum_by_key((sku_of_level(name), units) for work in works for name, units in allocated_units(work))
        for sku, units in assigned.items():
            if units > ordered.get(sku, 0):
                violations.append(f"{order_id}: {units} of {sku} are assigned, {ordered.get(sku, 0)} were ordered")
        if order["status"] == "completed" and not order["historical"]:
            moved = (*shipped_units(snapshot, order_id), *returned_units(snapshot, order_id))
            shipped = sum_by_key((sku_of_level(name), units) for name, units in moved)
            template = order_id + " is completed: {expected} of {name} were ordered, {actual} shipped and not returned"
            violations += list_differences(template, ordered, shipped)
    return violations


def s7_units_were_available_when_reserved(snapshot: Snapshot) -> list[str]:
    """For each time t at which n units were taken from a level: Σ added until t + Δ − Σ taken before t − Δ ≥ n.

    Δ is the largest difference between two clocks. So there is an order of the events in which no unit was taken before
    it was available.
    """
    violations = []
    for name, changes in _availability_changes(snapshot).items():
        added = sorted((at, units) for at, units in changes if units > 0)
        taken = sorted((at, -units) for at, units in changes if units < 0)
        sums = [[0, *accumulate(units for _, units in side)] for side in (added, taken)]
        for at, units in taken:
            late, early = _skew_window(at)
            available = sums[0][bisect_right(added, (late, 10**15))] - sums[1][bisect_left(taken, (early, 0))]
            if available < units:
                violations.append(f"{units} of {name} were taken at {at}, when at most {available} were available")
    return violations


@lru_cache(maxsize=8_192)
def _skew_window(at: str) -> tuple[str, str]:
    instant = clock.parse(at)
    return clock.iso(instant + MAX_CLOCK_SKEW), clock.iso(instant - MAX_CLOCK_SKEW)


def _availability_changes(snapshot: Snapshot) -> dict[str, list[tuple[str, int]]]:
    """For each level the instants and amounts by which its available units changed, one change per entry."""
    changes: dict[str, list[tuple[str, int]]] = {}
    for entry in snapshot.entries:
        sums: dict[str, int] = {}
        for fields in entry["fields"].get("movements", ()):
            move = Movement(**fields)
            available = move.on_hand + move.expected - move.reserved - move.allocated - move.display
            sums[move.level_key] = sums.get(move.level_key, 0) + available
        for name, units in sums.items():
            changes.setdefault(name, []).append((entry["occurred_at"], units))
    return changes


def a3_state_is_the_sum_of_the_journal(snapshot: Snapshot) -> list[str]:
    """reserved, allocated, display, expected of a level = Σ of the same over the journal's movements at that level.

    Recap and ledger = Σ over the entries they processed, which are all delivered ones. Each field of reference data =
    its last value in the journal.
    """
    violations = []
    moves = [(move.level_key, move) for _, move in snapshot.movements]
    for quantity in ("reserved", "allocated", "display", "expected"):
        ledger = sum_by_key((name, getattr(move, quantity)) for name, move in moves)
        stored = {name: row.get(quantity, 0) for name, row in snapshot.levels.items()}
        template = "{name} has {actual} " + quantity + ", its movements sum to {expected}"
        violations += list_differences(template, ledger, stored)
    return [
        *violations,
        *recap_matches_journal(snapshot),
        *ledger_matches_journal(snapshot),
        *projections_are_complete(snapshot),
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
