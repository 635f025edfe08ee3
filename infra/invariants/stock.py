"""Nothing is lost, nothing is sold twice: levels, holds, promises, transfers and what left the house agree."""

from __future__ import annotations

from chalicelib.fulfillment.model import GIVEN_UP, GONE
from infra.invariants.world import World, differ, sku_of, summed, units_of

LEFT = GONE | {"back_at_location"}  # the goods of such work have left their shelf at least once


def s1_on_hand_is_its_ledger(world: World) -> list[str]:
    """on_hand(level) = Σ on_hand over the journal's movements at that level."""
    ledger = summed((move.place, move.on_hand) for _, move in world.movements)
    standing = {name: row["on_hand"] for name, row in world.levels.items()}
    return differ("{name} has {found} on hand, its ledger says {expected}", ledger, standing)


def s2_nobody_is_promised_what_is_not_there(world: World) -> list[str]:
    """reserved, allocated, display ≥ 0 and available = on_hand − reserved − allocated − display ≥ 0."""
    wrong = []
    for name, row in world.levels.items():
        parts = [row["reserved"], row["allocated"], row["display"]]
        if min(parts) < 0 or row["available"] < 0:
            wrong.append(f"{name} is below nothing: {parts} promised, {row['available']} available")
        if row["available"] != row["on_hand"] - sum(parts):
            wrong.append(f"{name} says {row['available']} available of {row['on_hand']} with {parts} promised")
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
    return order["pieces"] + [(name, -units) for work in left for name, units in units_of(work)]


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
    counted from the work that was done, not from the ledger."""
    here = [(sku_of(name), row["on_hand"]) for name, row in world.levels.items()]
    still = [transfer for transfer in world.transfers if transfer["status"] in ("in_transit", "partially_received")]
    moving = [(sku, sent - came) for transfer in still for sku, sent, came in transfer["lines"]]
    out = [(sku_of(name), units) for order_id in world.orders for name, units in shipped(world, order_id)]
    back = [work for work in world.works.values() if work["status"] == "back_at_location"]
    returned = [(sku_of(name), -units) for work in back for name, units in units_of(work)]
    came = [(move.sku, move.on_hand) for _, move in world.movements if move.kind in ("received", "adjusted")]
    found = summed([*here, *moving, *out, *returned])
    return differ("of {name} {expected} came in and {found} can be accounted for", summed(came), found)


def shipped(world: World, order_id: str) -> list[tuple[str, int]]:
    """What left for an order. Over the counter goods leave while placing, before anybody writes down the work."""
    works = world.works_of.get(order_id, ())
    order = world.orders[order_id]
    if order["handover"] and not works:
        return list(order["pieces"])
    return [piece for work in works if work["status"] in LEFT for piece in units_of(work)]


def s6_no_more_leaves_than_was_ordered(world: World) -> list[str]:
    """For each order and SKU: issued by its journal = shipped by its work ≤ ordered, and what is being brought by all
    who have not given up ≤ ordered."""
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
    return wrong


def a3_promises_are_their_ledger(world: World) -> list[str]:
    """reserved, allocated, display(level) = Σ of the same over the journal's movements at that level."""
    wrong = []
    for quantity in ("reserved", "allocated", "display"):
        ledger = summed((move.place, getattr(move, quantity)) for _, move in world.movements)
        standing = {name: row[quantity] for name, row in world.levels.items()}
        wrong += differ("{name} has {found} " + quantity + ", its ledger says {expected}", ledger, standing)
    return wrong


RULES = (
    s1_on_hand_is_its_ledger,
    s2_nobody_is_promised_what_is_not_there,
    s3_promises_have_an_order_behind_them,
    s4_nothing_is_lost,
    s6_no_more_leaves_than_was_ordered,
    a3_promises_are_their_ledger,
)
