"""The sales recap and the ledger are the sums of the journal entries they have processed, each counted once.

That holds at any instant. Entries whose events have been delivered must be among the processed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic_core import from_json

from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

SALES_FIELDS = ("orders", "units", "sales_minor")
INCOMING_KINDS = ("captured", "collected")
HISTORICAL = "HistoricalOrderRecorded"


def recap_matches_journal(snapshot: Snapshot) -> list[str]:
    """For each cell: orders, units and sales = Σ over the lines of the orders counted there.

    Over all cells: cash and noncash = Σ of what the processed entries posted to tills and the bank.
    """
    rows = snapshot.rows.get("reporting", ())
    cells = [row for row in rows if row["pk"].startswith("recap#")]
    sales = {row["pk"]: row for row in rows if row["sk"] == "sale"}
    placed = {row["pk"]: snapshot.journal.get(row["pk"], [{"fields": {}}])[0] for row in sales.values()}
    stored = sum_by_key((f"{row['sk']} {name}", row.get(name, 0)) for row in cells for name in SALES_FIELDS)
    recorded = [snapshot.entries_by_event_id[row["sk"]] for row in rows if row["sk"] in snapshot.entries_by_event_id]
    counted = [row for row in sales.values() if row["status"] == "counted"]
    sold = sum_by_key(
        (f"{row['cell']} {name}", units)
        for row in counted
        for name, units in (*_sales_of_order(placed[row["pk"]]["fields"]), *_cancelled_units(recorded, row["pk"]))
    )
    processed = [placed[order] for order, row in sales.items() if row["figures"] != "{}"] + recorded
    posted = sum_by_key((side, minor) for entry in processed for side, minor in _incoming_by_side(entry["fields"]))
    incoming = sum_by_key((side, row.get(f"{side}_minor", 0)) for row in cells for side in ("cash", "noncash"))
    return [
        *list_differences("the recap has {actual} for {name}, its orders sum to {expected}", sold, stored),
        *list_differences("the recap has {actual} incoming {name}, its entries sum to {expected}", posted, incoming),
    ]


def _sales_of_order(fields: Row) -> Iterator[tuple[str, int]]:
    lines = fields.get("lines", ())
    yield from zip(
        SALES_FIELDS, (1, sum(line["quantity"] for line in lines), sum(line["total_minor"] for line in lines))
    )


def _cancelled_units(recorded: Sequence[Row], subject: str) -> Iterator[tuple[str, int]]:
    for entry in recorded:
        if entry["kind"] == "OrderReduced" and entry["subject"] == subject:
            yield "units", -sum(line["quantity"] for line in entry["fields"]["lines"])
            yield "sales_minor", -sum(line["total_minor"] for line in entry["fields"]["lines"])


def _incoming_by_side(fields: Row) -> Iterator[tuple[str, int]]:
    for posting in fields.get("postings", ()):
        if posting["account"] == "bank" or posting["account"].startswith("till:"):
            yield "noncash" if posting["account"] == "bank" else "cash", posting["minor"]


def ledger_matches_journal(snapshot: Snapshot) -> list[str]:
    """For each booked entry: Σ ledger lines of incoming money = Σ captured or collected in the entry.

    For each payment: posted = Σ its ledger lines.
    """
    lines = [from_json(row["line"]) for row in snapshot.rows["payments"] if row["pk"].startswith("ledger#")]
    incoming = [line for line in lines if line["kind"] in INCOMING_KINDS]
    booked = dict.fromkeys((line["event_id"] for line in lines), 0)
    booked |= sum_by_key((line["event_id"], line["minor"]) for line in incoming)
    journaled = {
        event: sum(_incoming_amounts(snapshot.entries_by_event_id[event]))
        for event in booked
        if event in snapshot.entries_by_event_id
    }
    rows = [row for row in snapshot.rows["payments"] if row["sk"] == "posted"]
    posted = {row["pk"].partition("#")[2]: row["minor"] for row in rows}
    of_payment = sum_by_key((line["payment_id"], line["minor"]) for line in incoming if line.get("payment_id"))
    return [
        *list_differences("the ledger has {actual} for {name}, the journal {expected}", journaled, booked),
        *list_differences("{name} has {actual} posted, its ledger lines sum to {expected}", of_payment, posted),
    ]


def _incoming_amounts(entry: Row) -> list[int]:
    fields = entry["fields"]
    if "payments" in fields:
        return [payment["amount_minor"] for payment in fields["payments"] if payment["status"] == "captured"]
    if entry["kind"] == "CollectionReceived":
        return [debt["amount_minor"] for debt in fields["settled"]]
    return [fields["amount_minor"]] if entry["kind"] == "PaymentCaptured" else []


def projections_are_complete(snapshot: Snapshot) -> list[str]:
    """Each delivered order is in the recap, and each delivered entry with incoming money in the ledger.

    The money of historical orders was received in an earlier system and is in no account here.
    """
    if not snapshot.projections_run:
        return []
    sold = {row["pk"] for row in snapshot.rows.get("reporting", ()) if row["sk"] == "sale"}
    booked = {
        from_json(row["line"])["event_id"] for row in snapshot.rows["payments"] if row["pk"].startswith("ledger#")
    }
    delivered = [entry for entry in snapshot.entries if entry["occurred_at"] <= snapshot.delivered_before]
    missing = [
        f"{entry['subject']} is not in the recap"
        for entry in delivered
        if entry["kind"] in ("OrderPlaced", HISTORICAL) and entry["subject"] not in sold
    ]
    return missing + [
        f"{entry['kind']} {entry['event_id']} of {entry['subject']} is not in the ledger"
        for entry in delivered
        if entry["kind"] != HISTORICAL and any(_incoming_amounts(entry)) and entry["event_id"] not in booked
    ]
