"""Prices: an order's total is the sum of its parts, discounts match their promotions, and only authorized roles set
prices or exceed a credit limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from math import inf

from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

ROLES_THAT_SET_PRICE = {"override": {"owner"}, "agreed": {"owner", "channel"}}  # by kind of adjustment
ROLES_THAT_EXCEED_LIMIT = {"owner", "finance"}


def m1_order_total_is_the_sum_of_its_lines(snapshot: Snapshot) -> list[str]:
    """T = Σ lines + freight ≥ 0; each line = quantity · unit price + Σ adjustments ≥ 0.

    A line's tax = total · r / (1 + r), rounded half up, at a rate r that its product had at some time. The shares of an
    amount off the whole order sum to that amount. Each line = the line as it was placed − what was cancelled of it, and
    every discount gave back its share, rounded to a minor unit.
    """
    violations = []
    reductions = Counter(fields["order_id"] for fields in snapshot.bodies_of_kind("OrderReduced"))
    for order_id, order in snapshot.orders.items():
        total = sum(line["total"] for line in order["lines"]) + order["freight"]
        if order["total_minor"] != total or total < 0:
            violations.append(f"{order_id} has total {order['total_minor']}, its lines and freight sum to {total}")
        for line in order["lines"]:
            if not _is_line_consistent(line):
                violations.append(f"{order_id}: a line of {line['sku']} does not add up")
            tolerance = reductions[order_id]  # each takes a share of a rounded tax
            rates = snapshot.values_ever_set(f"product#{line['sku']}", "tax_rate")
            taxes = [_included_tax(line["total"], rate) for rate in rates]
            if rates and min(abs(line["tax"] - tax) for tax in taxes) > tolerance:
                violations.append(f"{order_id}: the tax of {line['sku']} on {line['total']} cannot be {line['tax']}")
        violations += _wrong_discount_shares(snapshot, order)
        violations += _wrong_reductions(snapshot, order)
    return violations


def _is_line_consistent(line: Row) -> bool:
    expected = line["quantity"] * line["unit"] + line["adjusted"]
    return bool(line["total"] == expected and 0 <= line["tax"] <= line["total"])


def _included_tax(total: int, rate: str) -> int:
    share = Decimal(rate)
    return int((total * share / (1 + share)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _wrong_discount_shares(snapshot: Snapshot, order: Row) -> Iterator[str]:
    """Where the goods cost less than the amount, all of them are free and the shares sum to less."""
    shares_of: dict[str, list[tuple[Row, int]]] = {}
    for line in order["lines"]:
        for code, kind, minor, _ in line["adjustments"]:
            if kind in ("promotion", "coupon"):
                shares_of.setdefault(snapshot.promotion_by_coupon.get(code, code), []).append((line, minor))
    for name, shares in shares_of.items():
        amounts = _order_discount_amounts(snapshot, f"promotion#{name}")
        discount = -sum(minor for _, minor in shares) - _given_back(snapshot, order["pk"], name)
        if amounts and discount not in amounts and any(line["total"] for line, _ in shares):
            yield f"{order['pk']}: {name} took {discount} off, its amounts are {sorted(amounts)}"


def _given_back(snapshot: Snapshot, order_id: str, promotion: str) -> int:
    """The shares of a promotion that went with cancelled units; not positive."""
    lines = [line for fields in _reductions(snapshot, order_id) for line in fields["lines"]]
    shares = [discount for line in lines for discount in line.get("discounts", ())]
    codes = {share["code"]: snapshot.promotion_by_coupon.get(share["code"], share["code"]) for share in shares}
    return sum(share["minor"] for share in shares if codes[share["code"]] == promotion)


def _reductions(snapshot: Snapshot, order_id: str) -> list[Row]:
    return [entry["fields"] for entry in snapshot.history(order_id) if entry["kind"] == "OrderReduced"]


def _wrong_reductions(snapshot: Snapshot, order: Row) -> Iterator[str]:
    reductions = _reductions(snapshot, order["pk"])
    if not reductions:
        return
    cancelled = [line for fields in reductions for line in fields["lines"]]
    placed = snapshot.history(order["pk"])[0]["fields"]["lines"]
    for name, row_name in (("quantity", "quantity"), ("total_minor", "total"), ("tax_minor", "tax")):
        expected = sum_by_key((line["sku"], line[name]) for line in placed)
        actual = sum_by_key(
            [(line["sku"], line[row_name]) for line in order["lines"]]
            + [(line["sku"], line[name]) for line in cancelled]
        )
        template = f"{order['pk']}: {row_name} of {{name}} was {{expected}}, the rest and what was cancelled {{actual}}"
        yield from list_differences(template, expected, actual)
    yield from _wrong_shares(order, cancelled)


def _wrong_shares(order: Row, cancelled: list[Row]) -> Iterator[str]:
    """Per unit, the rest of a line costs what the line cost, up to one minor unit for each rounded discount."""
    for line in order["lines"]:
        gone = [other for other in cancelled if other["sku"] == line["sku"]]
        units = line["quantity"] + sum(other["quantity"] for other in gone)
        before = line["total"] + sum(other["total_minor"] for other in gone)
        roundings = len(gone) * max(1, len(line["adjustments"])) * units
        if abs(line["total"] * units - before * line["quantity"]) > roundings:
            yield f"{order['pk']}: {line['quantity']} of {units} {line['sku']} cost {line['total']} of {before}"


def _order_discount_amounts(snapshot: Snapshot, subject: str) -> set[int]:
    """The amounts the promotion ever took off whole orders; empty if it ever was another kind of promotion."""
    others = snapshot.values_ever_set(subject, "skus") | snapshot.values_ever_set(subject, "categories")
    return (
        snapshot.values_ever_set(subject, "amount_minor")
        if snapshot.values_ever_set(subject, "kind") == {"amount"} and not others
        else set()
    )


def m9_coupon_usage_matches_live_orders(snapshot: Snapshot) -> list[str]:
    """For each coupon used = |live orders with it| ≤ the highest cap it ever had; the same by person.

    Historical orders redeemed their coupons in an earlier system.
    """
    used = {row["pk"]: row["used"] for row in snapshot.rows["pricing"] if row["sk"] == "coupon"}
    used_by = {
        f"coupon#{name.removeprefix('used:')} {row['pk'].removeprefix('coupon-uses#')}": count
        for row in snapshot.rows["pricing"]
        if row["sk"] == "uses"
        for name, count in row.items()
        if name.startswith("used:")
    }
    live = [row for row in snapshot.orders.values() if row["status"] != "cancelled" and not row["historical"]]
    counted = sum_by_key((f"coupon#{code}", 1) for order in live for code in order["coupons"])
    counted_by = sum_by_key(
        (f"coupon#{code} {person}", 1)
        for order in live
        for person, codes in order["coupon_uses"].items()
        for code in codes
    )
    caps, customer_caps = _highest_limits(snapshot, "cap"), _highest_limits(snapshot, "per_customer")
    over = [name for name, times in used.items() if times > caps.get(name, inf)]
    over += [name for name, times in used_by.items() if times > customer_caps.get(name.partition(" ")[0], inf)]
    return [
        *list_differences("{name} counts {actual} uses, {expected} live orders have it", counted, used),
        *list_differences("{name} counts {actual} uses, {expected} live orders have it", counted_by, used_by),
        *[f"{name} was used more often than its highest limit allows" for name in over],
    ]


def _highest_limits(snapshot: Snapshot, limit: str) -> dict[str, float]:
    """The highest limit each code ever had, infinity for none: it may have been lowered after the uses."""
    highest: dict[str, float] = {}
    for subject, entries in snapshot.journal.items():
        code, current = "", inf
        for changed in (entry["fields"].get("coupon", {}) for entry in entries if subject.startswith("promotion#")):
            if "code" in changed:
                code = changed["code"].get("after", "")
                current = current if "before" in changed["code"] else inf
            current = changed[limit].get("after") or inf if limit in changed else current
            highest[f"coupon#{code}"] = max(current, highest.get(f"coupon#{code}", 0))
    return highest


def a2_discounts_and_credit_are_authorized(snapshot: Snapshot) -> list[str]:
    """The author of an order with a manual or agreed price has, or had, a role that may set it, and gave a reason.

    For each customer exposure ≤ limit, unless an owner or finance allowed more with a reason, the limit was lowered
    later, or the debt is an opening receivable.
    """
    violations = []
    for order_id, order in snapshot.orders.items():
        reasons = {
            kind: reason
            for line in order["lines"]
            for _, kind, _, reason in line["adjustments"]
            if kind in ROLES_THAT_SET_PRICE
        }
        for kind, reason in reasons.items():
            if not _roles_of_author(snapshot, order_id) & ROLES_THAT_SET_PRICE[kind] or not reason:
                violations.append(f"{order_id} has a price set without permission or reason ({kind}: {reason!r})")
    allowed = set(_customers_allowed_over_limit(snapshot))
    for row in snapshot.rows["customers"]:
        if row["sk"] == "credit" and row["exposure_minor"] > row["limit_minor"] and row["pk"] not in allowed:
            violations.append(f"{row['pk']} owes {row['exposure_minor']}, the limit is {row['limit_minor']}")
    return violations


def _roles_of_author(snapshot: Snapshot, order_id: str) -> set[str]:
    first = (snapshot.journal.get(f"{kind}#{order_id}", [{}])[0] for kind in ("order", "draft"))
    actors = {entry["actor"] for entry in first if entry}
    return {role for actor in actors for role in snapshot.values_ever_reported(f"staff#{actor}", "role")}


def _customers_allowed_over_limit(snapshot: Snapshot) -> Iterator[str]:
    for entry in snapshot.entries:
        fields = entry["fields"]
        is_override = entry["kind"] == "OrderPlaced" and fields.get("credit_minor") and fields.get("reason")
        if is_override and snapshot.values_ever_reported(f"staff#{entry['actor']}", "role") & ROLES_THAT_EXCEED_LIMIT:
            yield fields["customer_id"]
        is_lowered = fields.get("limit_minor", inf) < (fields.get("was_minor") or 0)
        if is_lowered or entry["kind"] == "OpeningReceivableRecorded":
            yield fields["customer_id"]


RULES: tuple[Callable[[Snapshot], list[str]], ...] = (
    m1_order_total_is_the_sum_of_its_lines,
    m9_coupon_usage_matches_live_orders,
    a2_discounts_and_credit_are_authorized,
)
