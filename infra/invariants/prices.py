"""Prices: what an order asks for is the sum of its parts, nobody's discount is lost or made up, and nobody gives what
he may not give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from math import inf

from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

ROLES_THAT_SET_PRICE = {"override": {"owner"}, "agreed": {"owner", "channel"}}  # whose word such a price is
ROLES_THAT_EXCEED_LIMIT = {"owner", "finance"}


def m1_order_total_is_the_sum_of_its_lines(snapshot: Snapshot) -> list[str]:
    """T = Σ lines + freight ≥ 0; each line = quantity · unit price + Σ adjustments ≥ 0; its tax = total · r / (1 + r)
    rounded half up, at a rate r that its product ever had; Σ shares of an amount off the whole order = that amount."""
    wrong = []
    for order_id, order in snapshot.orders.items():
        whole = sum(line["total"] for line in order["lines"]) + order["freight"]
        if order["total_minor"] != whole or whole < 0:
            wrong.append(f"{order_id} asks {order['total_minor']}, its lines and freight come to {whole}")
        for line in order["lines"]:
            if not _is_line_consistent(line):
                wrong.append(f"{order_id}: a line of {line['sku']} does not add up")
            rates = snapshot.values_ever_set(f"product#{line['sku']}", "tax_rate")
            if rates and line["tax"] not in {_included_tax(line["total"], rate) for rate in rates}:
                wrong.append(f"{order_id}: {line['tax']} is no tax of {line['sku']} on {line['total']}")
        wrong += _wrong_discount_shares(snapshot, order)
    return wrong


def _is_line_consistent(line: Row) -> bool:
    asked = line["quantity"] * line["unit"] + line["adjusted"]
    return bool(line["total"] == asked and 0 <= line["tax"] <= line["total"])


def _included_tax(total: int, rate: str) -> int:
    share = Decimal(rate)
    return int((total * share / (1 + share)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _wrong_discount_shares(snapshot: Snapshot, order: Row) -> Iterator[str]:
    """Where the goods are worth less than the amount, all of them are free."""
    bearing: dict[str, list[tuple[Row, int]]] = {}
    for line in order["lines"]:
        for code, kind, minor, _ in line["adjustments"]:
            if kind in ("promotion", "coupon"):
                bearing.setdefault(snapshot.promotion_by_coupon.get(code, code), []).append((line, minor))
    for name, shares in bearing.items():
        amounts = _order_discount_amounts(snapshot, f"promotion#{name}")
        taken = -sum(minor for _, minor in shares)
        if amounts and taken not in amounts and any(line["total"] for line, _ in shares):
            yield f"{order['pk']}: {taken} was taken off by {name}, which takes off {sorted(amounts)}"


def _order_discount_amounts(snapshot: Snapshot, subject: str) -> set[int]:
    """The amounts it ever took off whole orders; none when it is, or ever was, another kind of promotion."""
    others = snapshot.values_ever_set(subject, "skus") | snapshot.values_ever_set(subject, "categories")
    return (
        snapshot.values_ever_set(subject, "amount_minor")
        if snapshot.values_ever_set(subject, "kind") == {"amount"} and not others
        else set()
    )


def m9_coupon_usage_matches_live_orders(snapshot: Snapshot) -> list[str]:
    """For each coupon used = |live orders that hold it| ≤ the greatest cap it ever had; for each customer the same, and
    ≤ the most that one customer was ever allowed."""
    rows = [row for row in snapshot.rows["pricing"] if row["pk"].startswith("coupon#")]
    used = {row["pk"]: row["used"] for row in rows if row["sk"] == "coupon"}
    by = {f"{row['pk']} {row['sk']}": row["used"] for row in rows if row["sk"] != "coupon"}
    alive = [order for order in snapshot.orders.values() if order["status"] != "cancelled"]
    held = sum_by_key((f"coupon#{code}", 1) for order in alive for code in order["coupons"])
    theirs = [order for order in alive if order.get("customer_id")]
    held_by = sum_by_key(
        (f"coupon#{code} customer#{one['customer_id']}", 1) for one in theirs for code in one["coupons"]
    )
    caps, each = _highest_limits(snapshot, "cap"), _highest_limits(snapshot, "per_customer")
    over = [name for name, times in used.items() if times > caps.get(name, inf)]
    over += [name for name, times in by.items() if times > each.get(name.partition(" ")[0], inf)]
    return [
        *list_differences("{name} is used {found} times, {expected} live orders hold it", held, used),
        *list_differences("{name} is used {found} times, {expected} live orders hold it", held_by, by),
        *[f"{name} is used more often than it ever could be" for name in over],
    ]


def _highest_limits(snapshot: Snapshot, limit: str) -> dict[str, float]:
    """By code. A limit may have been lowered since; without one a code is used as often as anybody likes."""
    most: dict[str, float] = {}
    for subject, entries in snapshot.journal.items():
        code, now = "", inf
        for changed in (entry["fields"].get("coupon", {}) for entry in entries if subject.startswith("promotion#")):
            if "code" in changed:
                code = changed["code"].get("after", "")
                now = now if "before" in changed["code"] else inf
            now = changed[limit].get("after") or inf if limit in changed else now
            most[f"coupon#{code}"] = max(now, most.get(f"coupon#{code}", 0))
    return most


def a2_discounts_and_credit_are_authorized(snapshot: Snapshot) -> list[str]:
    """For each price set by hand or agreed elsewhere: who placed or drafted the order has, or had, a role that may, and
    a price set by hand has its reason. For each customer: exposure ≤ limit, but for what an owner or finance let out
    with a reason, and for a limit that was lowered or a debt that was brought along."""
    wrong = []
    for order_id, order in snapshot.orders.items():
        kinds = {
            kind: fields
            for line in order["lines"]
            for _, kind, _, fields in line["adjustments"]
            if kind in ROLES_THAT_SET_PRICE
        }
        for kind, fields in kinds.items():
            if not _roles_of_author(snapshot, order_id) & ROLES_THAT_SET_PRICE[kind] or not fields:
                wrong.append(f"{order_id} has a price that nobody who may gave it ({kind}: {fields!r})")
    let_out = set(_customers_allowed_over_limit(snapshot))
    for row in snapshot.rows["customers"]:
        if row["sk"] == "credit" and row["exposure_minor"] > row["limit_minor"] and row["pk"] not in let_out:
            wrong.append(f"{row['pk']} owes {row['exposure_minor']} of at most {row['limit_minor']}")
    return wrong


def _roles_of_author(snapshot: Snapshot, order_id: str) -> set[str]:
    first = (snapshot.journal.get(f"{kind}#{order_id}", [{}])[0] for kind in ("order", "draft"))
    actors = {entry["actor"] for entry in first if entry}
    return {role for actor in actors for role in snapshot.values_ever_reported(f"staff#{actor}", "role")}


def _customers_allowed_over_limit(snapshot: Snapshot) -> Iterator[str]:
    for entry in snapshot.entries:
        fields = entry["fields"]
        lifted = entry["kind"] == "OrderPlaced" and fields.get("credit_minor") and fields.get("reason")
        if lifted and snapshot.values_ever_reported(f"staff#{entry['actor']}", "role") & ROLES_THAT_EXCEED_LIMIT:
            yield fields["customer_id"]
        if (
            fields.get("limit_minor", inf) < (fields.get("was_minor") or 0)
            or entry["kind"] == "OpeningReceivableRecorded"
        ):
            yield fields["customer_id"]


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (
    m1_order_total_is_the_sum_of_its_lines,
    m9_coupon_usage_matches_live_orders,
    a2_discounts_and_credit_are_authorized,
)
