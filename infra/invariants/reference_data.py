"""What the owner has set stands as the journal told it last: goods, prices, promotions and their codes, channels,
placements, locations, people and limits. A row that was changed past the journal is another than it tells of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from chalicelib.kit import clock
from infra.invariants.snapshot import Row, Snapshot

RowReader = Callable[[Row], Row]
Comparison = tuple[
    str, Row, Row
]  # whose, as the journal tells it, as it stands; both by the names that the journal uses

EMPTY_VALUES: tuple[Any, ...] = ("", [], {}, None)  # told as nothing and kept as nothing are the same
INSTANT_FIELDS = ("starts_at", "ends_at")
RESTRICTION_FIELDS = ("skus", "categories", "channels", "price_groups")


def reference_data_matches_journal(snapshot: Snapshot) -> list[str]:
    """For each kept row and each field its entries tell: the field = the last value told; what no entry of a record
    that tells all it was made with ever named is empty."""
    return [
        f"{name}: {field} is {standing.get(field)!r}, its journal tells {told.get(field)!r}"
        for name, told, standing in _list_comparisons(snapshot)
        for field in {**told, **standing}
        if not _is_equal(told.get(field), standing.get(field))
    ]


def _is_equal(told: Any, standing: Any) -> bool:
    return bool(told == standing) or (told in EMPTY_VALUES and standing in EMPTY_VALUES)


def _list_comparisons(snapshot: Snapshot) -> Iterator[Comparison]:
    for room in ("catalog", "pricing"):
        for row in snapshot.rows[room]:
            if read := ROW_READERS.get(row["sk"] if row["pk"] != "channels" else row["pk"]):
                subject = f"channel#{row['sk']}" if row["pk"] == "channels" else row["pk"]
                yield (
                    subject,
                    DEFAULTS.get(row["pk"], {}) | _latest_values(snapshot.journal.get(subject, ())),
                    read(row),
                )
    yield from _compare_coupons(snapshot)
    yield from _compare_full_entries(snapshot)
    yield from _compare_credit_limits(snapshot)


def _latest_values(entries: Sequence[Row], name: str = "changed") -> Row:
    """Texts too long for the journal are told as a change without what they were or became."""
    last: Row = {}
    for entry in entries:
        for field, change in entry["fields"].get(name, {}).items():
            after = change.get("after")
            last[field] = clock.iso(datetime.fromisoformat(after)) if after and field in INSTANT_FIELDS else after
    return {field: value for field, value in last.items() if field not in IGNORED_FIELDS}


IGNORED_FIELDS = (
    "sku",
    "id",
    "code",
    "description",
    "used",
)  # the row's own key, a text that is not told, and what orders count
DEFAULTS: dict[str, Row] = {"channels": {"active": True, "safety_units": 0}}  # until somebody says otherwise


def _read_product(row: Row) -> Row:
    complements, alternatives = from_json(row.get("related") or "[[], []]")
    plain = ("name", "category", "currency", "barcode", "tax_rate", "weight_grams", "reorder_level", "cost_minor")
    also = {"complements": complements, "alternatives": alternatives}
    return _pick_fields(row, *plain, "active", "image", "variant_of") | _parse_fields(row, "channels", "shelves") | also


def _read_price(row: Row) -> Row:
    names = ("amount_minor", "price_list", "channel", "min_quantity")
    entries = [dict(zip(names, entry)) for entry in from_json(row["entries"])]
    return {"base": {"minor": row["base_minor"], "currency": row["currency"]}, "entries": entries}


def _read_promotion(row: Row) -> Row:
    plain = ("name", "kind", *INSTANT_FIELDS, "rate", "amount_minor", "currency", "min_quantity", "min_total_minor")
    return _pick_fields(row, *plain, "coupon_only", "combinable") | dict(
        zip(RESTRICTION_FIELDS, from_json(row["only"]))
    )


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
    """The one its promotion has now; a code that was given up ends, and no entry says when."""
    codes = {row["pk"]: row for row in snapshot.rows["pricing"] if row["sk"] == "coupon"}
    for row in snapshot.rows["pricing"]:
        if row["sk"] == "promotion" and row.get("coupon_code"):
            name = f"coupon#{row['coupon_code']}"
            yield name, _latest_values(snapshot.journal.get(row["pk"], ()), "coupon"), _read_coupon(codes.get(name, {}))


# What each entry tells anew, by the room, the partition and the field of its row: (told as, kept as).
FULL_ENTRY_FIELDS: dict[tuple[str, str, str], tuple[tuple[str, str], ...]] = {
    ("places", "staff", "staff"): (*((name, name) for name in ("role", "location", "active", "token_version")),),
    ("places", "locations", "location"): (("kind_of_location", "kind"), ("active", "active")),
    ("channels", "placements", "placement"): (*((name, name) for name in ("channel", "medium", "sku", "active")),),
}


def _compare_full_entries(snapshot: Snapshot) -> Iterator[Comparison]:
    for (room, partition, singular), fields in FULL_ENTRY_FIELDS.items():
        for row in snapshot.rows[room]:
            if row["pk"] == partition and (entries := snapshot.journal.get(subject := f"{singular}#{row['sk']}")):
                fields = entries[-1]["fields"]
                yield (
                    subject,
                    {of: fields.get(told) for told, of in fields},
                    _pick_fields(row, *(of for _, of in fields)),
                )


def _compare_credit_limits(snapshot: Snapshot) -> Iterator[Comparison]:
    for row in snapshot.rows["customers"]:
        if row["sk"] == "credit":
            entries = snapshot.journal.get(f"customer#{row['pk']}", ())
            told = [entry["fields"]["limit_minor"] for entry in entries if "limit_minor" in entry["fields"]]
            yield row["pk"], {"limit_minor": told[-1] if told else None}, _pick_fields(row, "limit_minor")
