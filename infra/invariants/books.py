"""The recap and the ledger are the journal's sums: what they have heard of is in them once and to the last unit.

What they have not heard yet is missing in them and wrong nowhere, so this holds at any instant.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_core import from_json

from infra.invariants.world import Row, World, differ, summed

SOLD = ("orders", "units", "sales_minor")
MONEY_IN = ("captured", "collected")


def recap_is_the_journal(world: World) -> list[str]:
    """For each cell: orders, units and sales = Σ over the lines of the orders that count there; over all cells: cash
    and the rest = Σ over what the entries that were added say came into tills and the bank."""
    rows = world.rows.get("reporting", ())
    cells = [row for row in rows if row["pk"].startswith("recap#")]
    sales = {row["pk"]: row for row in rows if row["sk"] == "sale"}
    placed = {row["pk"]: world.journal.get(row["pk"], [{"said": {}}])[0] for row in sales.values()}
    found = summed((f"{row['sk']} {name}", row.get(name, 0)) for row in cells for name in SOLD)
    counted = [row for row in sales.values() if row["status"] == "counted"]
    sold = summed(
        (f"{row['cell']} {name}", units) for row in counted for name, units in _sold(placed[row["pk"]]["said"])
    )
    added = [placed[order] for order, row in sales.items() if row["figures"] != "{}"]
    added += [world.by_event[row["sk"]] for row in rows if row["sk"] in world.by_event]
    came = summed((side, minor) for entry in added for side, minor in _came(entry["said"]))
    told = summed((side, row.get(f"{side}_minor", 0)) for row in cells for side in ("cash", "noncash"))
    return [
        *differ("the recap says {found} for {name}, its orders come to {expected}", sold, found),
        *differ("the recap says that {found} came in {name}, its entries {expected}", came, told),
    ]


def _sold(said: Row) -> Iterator[tuple[str, int]]:
    lines = said.get("lines", ())
    yield from zip(SOLD, (1, sum(line["quantity"] for line in lines), sum(line["total_minor"] for line in lines)))


def _came(said: Row) -> Iterator[tuple[str, int]]:
    for posting in said.get("postings", ()):
        if posting["account"] == "bank" or posting["account"].startswith("till:"):
            yield "noncash" if posting["account"] == "bank" else "cash", posting["minor"]


def ledger_is_the_journal(world: World) -> list[str]:
    """For each entry that was booked: Σ lines of money that came in = Σ what it says was captured or collected. For
    each payment: posted = Σ its lines."""
    kept = [row for row in world.rows["payments"] if row["pk"].startswith("ledger#")]
    lines = [from_json(row["line"]) for row in kept]
    came = [line for line in lines if line["kind"] in MONEY_IN]
    booked = dict.fromkeys((line["event_id"] for line in lines), 0)
    booked |= summed((line["event_id"], line["minor"]) for line in came)
    said = {event: sum(_paid(world.by_event[event])) for event in booked if event in world.by_event}
    rows = [row for row in world.rows["payments"] if row["sk"] == "posted"]
    posted = {row["pk"].partition("#")[2]: row["minor"] for row in rows}
    of_payment = summed((line["payment_id"], line["minor"]) for line in came if line.get("payment_id"))
    return [
        *differ("the ledger says that {found} came in with {name}, the journal {expected}", said, booked),
        *differ("{found} is posted for {name}, its lines come to {expected}", of_payment, posted),
    ]


def _paid(entry: Row) -> list[int]:
    said = entry["said"]
    if "payments" in said:
        return [payment["amount_minor"] for payment in said["payments"] if payment["status"] == "captured"]
    if entry["kind"] == "CollectionReceived":
        return [debt["amount_minor"] for debt in said["settled"]]
    return [said["amount_minor"]] if entry["kind"] == "PaymentCaptured" else []
