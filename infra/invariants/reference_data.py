"""Reference data equals the last values in the journal: products, prices, promotions, coupons, channels, placements,
locations, staff and credit limits. A row changed without a journal entry is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from chalicelib.kit import clock
from infra.invariants.snapshot import Row, Snapshot

RowReader = Callable[[Row], Row]
Comparison = tuple[str, Row, Row]  # subject, journaled values, stored values; both by the journal's field names

EMPTY_VALUES: tuple[Any, ...] = ("", [], {}, None)  # equal to each other
INSTANT_FIELDS = ("starts_at", "ends_at")
RESTRICTION_FIELDS = ("skus", "categories", "channels", "price_groups")


def reference_data_matches_journal(snapshot: Snapshot) -> list[str]:
    """For each stored row and each field in its entries: the field = the last journaled value.

    A field that no entry names is empty, where the entries of a record name all its fields.
    """
    return [
        f"{name}: {field} is {stored.get(field)!r}, in its journal {journaled.get(field)!r}"
        for name, journaled, stored in _list_comparisons(snapshot)
        for field in {**journaled, **stored}
        if not _is_equal(journaled.get(field), stored.get(field))
    ]


def _is_equal(left: Any, right: Any) -> bool:
    return bool(left == right) or (left in EMPTY_VALUES and right in EMPTY_VALUES)


def _list_comparisons(snapshot: Snapshot) -> Iterator[Comparison]:
    for package in ("catalog", "pricing"):
        for row in snapshot.rows[package]:
            if read := ROW_READERS.get(row["sk"] if row["pk"] != "channels" else row["pk"]):
                subject = f"channel#{row['sk']}" if row["pk"] == "channels" else row["pk"]
                journaled = _latest_values(snapshot.journal.get(subject, ()))
                yield subject, DEFAULTS.get(row["pk"], {}) | journaled, read(row)
    yield from _compare_coupons(snapshot)
    yield from _compare_full_entries(snapshot)
    yield from _compare_credit_limits(snapshot)


def _latest_values(entries: Sequence[Row], name: str = "changed") -> Row:
    """The last value of each field in `changed`, without fields whose values are not journaled."""
    last: Row = {}
    for entry in entries:
        for field, change in entry["fields"].get(name, {}).items():
            after = change.get("after")
            last[field] = clock.iso(datetime.fromisoformat(after)) if after and field in INSTANT_FIELDS else after
    return {field: value for field, value in last.items() if field not in IGNORED_FIELDS}


IGNORED_FIELDS = (
    *("sku", "id", "code"),  # the keys of the row
    "description",  # too long: the journal records only that it changed
    "used",  # counted by orders
)
DEFAULTS: dict[str, Row] = {"channels": {"active": True, "safety_units": 0}}


def _read_product(row: Row) -> Row:
    complements, alternatives = from_json(row.get("related") or "[[], []]")
    names = ("name", "category", "currency", "barcode", "tax_rate", "weight_grams", "reorder_level", "cost_minor")
    related = {"complements": complements, "alternatives": alternatives}
    plain = _pick_fields(row, *names, "active", "image", "variant_of")
    return plain | _parse_fields(row, "channels", "shelves") | related


def _read_price(row: Row) -> Row:
    names = ("amount_minor", "price_list", "channel", "min_quantity")
    entries = [dict(zip(names, entry)) for entry in from_json(row["entries"])]
    return {"base": {"minor": row["base_minor"], "currency": row["currency"]}, "entries": entries}


def _read_promotion(row: Row) -> Row:
    names = ("name", "kind", *INSTANT_FIELDS, "rate", "amount_minor", "currency", "min_quantity", "min_total_minor")
    restrictions = dict(zip(RESTRICTION_FIELDS, from_json(row["only"])))
    return _pick_fields(row, *names, "coupon_only", "combinable") | restrictions


def _read_channel(row: Row) -> Row:
    return _pick_fields(row, "active", "price_list", "safety_units") | _parse_fields(row, "tenders", "categories")


def _read_coupon(row: Row) -> Row:
    return _pick_fields(row, "promotion_id", *INSTANT_FIELDS, "cap", "per_customer")


def _pick_fields(row: Row, *names: str) -> Row:
    return {name: row.get(name) for name in names}


def _parse_fields(row: Row, *names: str) -> Row:
    return {name: from_json(row[name]) for name in names}


ROW_READERS: dict[str, RowReader] = {
    "product": _read_product,
    "price": _read_price,
    "promotion": _read_promotion,
    "channels": _read_channel,
}


def _compare_coupons(snapshot: Snapshot) -> Iterator[Comparison]:
    """Coupons that a promotion has now. A replaced code ends without an entry, so it is not compared."""
    codes = {row["pk"]: row for row in snapshot.rows["pricing"] if row["sk"] == "coupon"}
    for row in snapshot.rows["pricing"]:
        if row["sk"] == "promotion" and row.get("coupon_code"):
            name = f"coupon#{row['coupon_code']}"
            yield name, _latest_values(snapshot.journal.get(row["pk"], ()), "coupon"), _read_coupon(codes.get(name, {}))


# Fields that every entry contains, by package, partition and subject prefix: (field of entry, attribute of row).
FULL_ENTRY_FIELDS: dict[tuple[str, str, str], tuple[tuple[str, str], ...]] = {
    ("places", "staff", "staff"): (*((name, name) for name in ("role", "location", "active", "token_version")),),
    ("places", "locations", "location"): (("kind_of_location", "kind"), ("active", "active")),
    ("channels", "placements", "placement"): (*((name, name) for name in ("channel", "medium", "sku", "active")),),
}


def _compare_full_entries(snapshot: Snapshot) -> Iterator[Comparison]:
    for (package, partition, prefix), names in FULL_ENTRY_FIELDS.items():
        for row in snapshot.rows[package]:
            if row["pk"] == partition and (entries := snapshot.journal.get(subject := f"{prefix}#{row['sk']}")):
                last = entries[-1]["fields"]
                journaled = {attribute: last.get(field) for field, attribute in names}
                yield subject, journaled, _pick_fields(row, *journaled)


def _compare_credit_limits(snapshot: Snapshot) -> Iterator[Comparison]:
    for row in snapshot.rows["customers"]:
        if row["sk"] == "credit":
            entries = snapshot.journal.get(f"customer#{row['pk']}", ())
            limits = [entry["fields"]["limit_minor"] for entry in entries if "limit_minor" in entry["fields"]]
            yield row["pk"], {"limit_minor": limits[-1] if limits else None}, _pick_fields(row, "limit_minor")
