"""Nothing is lost, nothing is sold twice: levels, holds, promises, transfers and what left the house agree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate

from chalicelib.kit import clock
from infra.invariants.books import ledger_is_the_journal, recap_is_the_journal
from infra.invariants.kept import kept_as_it_was_told
from infra.invariants.states import GIVEN_UP, LEFT
from infra.invariants.world import FIRST_DAY, Move, World, differ, shelf_of, sku_of, summed, units_of

CLOCKS_DIFFER = timedelta(minutes=10)  # each may be wrong by five


def s1_on_hand_is_its_ledger(world: World) -> list[str]:
    """on_hand(level) = Σ on_hand over the journal's movements at that level."""
    ledger = summed((move.place, move.on_hand) for _, move in world.movements)
    standing = {name: row["on_hand"] for name, row in world.levels.items()}
    return differ("{name} has {found} on hand, its ledger says {expected}", ledger, standing)


def s2_nobody_is_promised_what_is_not_there(world: World) -> list[str]:
    """reserved, allocated, display, expected ≥ 0 and available = on_hand + expected − reserved − allocated − display ≥
    0. Units are expected for a day alone, so nobody is told that what is on its way is there."""
    wrong = []
    for name, row in world.levels.items():
        parts, expected = [row["reserved"], row["allocated"], row["display"]], row.get("expected", 0)
        if min(*parts, expected) < 0 or row["available"] < 0:
            wrong.append(f"{name} is below nothing: {parts} promised, {row['available']} available")
        if row["available"] != row["on_hand"] + expected - sum(parts):
            wrong.append(f"{name} says {row['available']} available of {row['on_hand']} with {parts} promised")
        if expected and shelf_of(name) < FIRST_DAY:
            wrong.append(f"{name} expects {expected} units, and is no day")
    return wrong


def s3_promises_have_an_order_behind_them(world: World) -> list[str]:
    """reserved = Σ holds; each hold is of a placed order that waits as long for these units; no hold that has not
    ended is missing; allocated = Σ units of placed, paid or collectable orders that have not left yet."""
    reserved = {name: row["reserved"] for name, row in world.levels.items()}
    allocated = {name: row["allocated"] for name, row in world.levels.items()}
    held = summed((hold["pk"], hold["quantity"]) for hold in world.holds)
    owed = summed(piece for order_id in world.orders for piece in _allocated(world, order_id))
    return [
        *differ("{name} has {found} reserved, its holds come to {expected}", held, reserved),
        *differ("{name} has {found} allocated, its orders come to {expected}", owed, allocated),
        *_strange_holds(world),
        *_missing_holds(world),
    ]


def _allocated(world: World, order_id: str) -> list[tuple[str, int]]:
    order = world.orders[order_id]
    if order["status"] != "placed" or order.get("reserved_until"):
        return []
    left = [work for work in world.works_of.get(order_id, ()) if work["status"] in LEFT]
    return [*order["pieces"], *((name, -units) for work in left for name, units in units_of(work))]


def _strange_holds(world: World) -> list[str]:
    wrong = []
    for hold in world.holds:
        order = world.orders.get(hold["order"], {})
        wanted = (hold["pk"], hold["quantity"])
        if order.get("reserved_until") != hold["until"] or wanted not in order["pieces"]:
            wrong.append(f"{hold['pk']} is held for {hold['order']}, which does not wait for it")
    return wrong


def _missing_holds(world: World) -> list[str]:
    """After its end anybody may have taken it; before, nobody."""
    held = {(hold["order"], hold["pk"]) for hold in world.holds}
    waiting = [row for row in world.orders.values() if row.get("reserved_until", "") > world.now]
    return [
        f"{order['pk']} waits for {units} of {name}, and nothing is held for it"
        for order in waiting
        for name, units in order["pieces"]
        if (order["pk"], name) not in held
    ]


def s4_nothing_is_lost(world: World) -> list[str]:
    """For each SKU: Σ on_hand + in transit + shipped − returned = received ± adjusted. What is shipped and returned is
    counted from the work that was done, not from the ledger; what a count adjusts is what it counted − expected."""
    here = [(sku_of(name), row["on_hand"]) for name, row in world.levels.items()]
    still = [transfer for transfer in world.transfers if transfer["status"] in ("in_transit", "partially_received")]
    moving = [(sku, sent - came) for transfer in still for sku, sent, came in transfer["lines"]]
    out = [(sku_of(name), units) for order_id in world.orders for name, units in shipped(world, order_id)]
    back = [work for work in world.works.values() if work["status"] == "back_at_location"]
    returned = [(sku_of(name), -units) for work in back for name, units in units_of(work)]
    came = [(move.sku, move.on_hand) for _, move in world.movements if move.kind in ("received", "adjusted")]
    found = summed([*here, *moving, *out, *returned])
    return [
        *differ("of {name} {expected} came in and {found} can be accounted for", summed(came), found),
        *_miscounted(world),
    ]


def _miscounted(world: World) -> list[str]:
    wrong = []
    for entry in world.entries:
        if entry["kind"] == "StockCounted":
            said = entry["said"]
            over = {line["sku"]: line["counted"] - line["expected"] for line in said["counted"]}
            adjusted = summed((move["sku"], move.get("on_hand", 0)) for move in said["movements"])
            subject = entry["subject"]
            wrong += differ(subject + ": {expected} more of {name} were counted, {found} adjusted", over, adjusted)
    return wrong


def shipped(world: World, order_id: str) -> list[tuple[str, int]]:
    """What left for an order. Over the counter goods leave while placing, before anybody writes down the work."""
    works = world.works_of.get(order_id, ())
    order = world.orders[order_id]
    if order["handover"] and not works:
        return list(order["pieces"])
    return [piece for work in works if work["status"] in LEFT for piece in units_of(work)]


def s6_no_more_leaves_than_was_ordered(world: World) -> list[str]:
    """For each order and SKU: issued by its journal = shipped by its work ≤ ordered, all of it once the order is
    complete, and what is being brought by all who have not given up ≤ ordered."""
    wrong = []
    issued = summed(
        (f"{subject} {move.sku}", -move.on_hand) for subject, move in world.movements if move.kind == "issued"
    )
    sent = summed(
        (f"order#{order_id} {sku_of(name)}", units)
        for order_id in world.orders
        for name, units in shipped(world, order_id)
    )
    wrong += differ("{name}: {expected} issued, {found} shipped", issued, sent)
    for order_id, order in world.orders.items():
        ordered = summed((line["sku"], line["quantity"]) for line in order["lines"])
        busy = [work for work in world.works_of.get(order_id, ()) if work["status"] not in GIVEN_UP]
        brought = summed((sku_of(name), units) for work in busy for name, units in units_of(work))
        for sku, units in brought.items():
            if units > ordered.get(sku, 0):
                wrong.append(f"{order_id}: {units} of {sku} are brought, {ordered.get(sku, 0)} were ordered")
        if order["status"] == "completed":
            left = summed((sku_of(name), units) for name, units in shipped(world, order_id))
            wrong += differ(order_id + " is complete: {expected} of {name} were ordered, {found} left", ordered, left)
    return wrong


def s7_promises_could_be_kept(world: World) -> list[str]:
    """For each taking of n units at instant t from a level: Σ what was given to it until t + Δ − Σ what was taken from
    it before t − Δ ≥ n, where Δ is by how much two clocks may differ. So there was an order of events in which nobody
    took what was not there yet, whatever came in later."""
    wrong = []
    for name, changes in _changes(world).items():
        given = sorted((at, units) for at, units in changes if units > 0)
        taken = sorted((at, -units) for at, units in changes if units < 0)
        sums = [[0, *accumulate(units for _, units in side)] for side in (given, taken)]
        for at, units in taken:
            late, early = _about(at)
            there = sums[0][bisect_right(given, (late, 10**15))] - sums[1][bisect_left(taken, (early, 0))]
            if there < units:
                wrong.append(f"{units} of {name} were taken at {at}, when at most {there} can have been there")
    return wrong


@lru_cache(maxsize=8_192)
def _about(at: str) -> tuple[str, str]:
    instant = clock.parse(at)
    return clock.iso(instant + CLOCKS_DIFFER), clock.iso(instant - CLOCKS_DIFFER)


def _changes(world: World) -> dict[str, list[tuple[str, int]]]:
    """For each level, when and by how much what could be promised there changed; one entry is one change."""
    changes: dict[str, list[tuple[str, int]]] = {}
    for entry in world.entries:
        sums: dict[str, int] = {}
        for said in entry["said"].get("movements", ()):
            move = Move(**said)
            given = move.on_hand + move.expected - move.reserved - move.allocated - move.display
            sums[move.place] = sums.get(move.place, 0) + given
        for name, units in sums.items():
            changes.setdefault(name, []).append((entry["occurred_at"], units))
    return changes


def a3_what_stands_is_its_ledger(world: World) -> list[str]:
    """reserved, allocated, display, expected(level) = Σ of the same over the journal's movements at that level; recap
    and ledger = Σ over the entries they have heard of; each field that an owner sets = the last value told of it."""
    wrong = []
    moves = [(move.place, move) for _, move in world.movements]
    for quantity in ("reserved", "allocated", "display", "expected"):
        ledger = summed((place, getattr(move, quantity)) for place, move in moves)
        standing = {name: row.get(quantity, 0) for name, row in world.levels.items()}
        wrong += differ("{name} has {found} " + quantity + ", its ledger says {expected}", ledger, standing)
    return [*wrong, *recap_is_the_journal(world), *ledger_is_the_journal(world), *kept_as_it_was_told(world)]


RULES = (
    s1_on_hand_is_its_ledger,
    s2_nobody_is_promised_what_is_not_there,
    s3_promises_have_an_order_behind_them,
    s4_nothing_is_lost,
    s6_no_more_leaves_than_was_ordered,
    s7_promises_could_be_kept,
    a3_what_stands_is_its_ledger,
)
