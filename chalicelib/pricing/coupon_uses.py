"""The number of uses of coupons by one person, in table `pricing`.

coupon-uses#<person>    uses    an attribute `used:<code>` for each coupon

A person is a customer, or a phone number or e-mail address as a guest gave it. One row holds all coupons of a person,
so that an order writes one row for each person, however many coupons it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from chalicelib.kit import auth, db
from chalicelib.kit.db import Key, Row, Write
from chalicelib.pricing.model import CouponSpent

USED_PREFIX = "used:"


class CouponUseRow(Row):
    Meta = db.table("pricing")

    counts: Mapping[str, int]  # uses by code

    @classmethod
    def from_raw_data(cls, data: dict[str, dict[str, Any]]) -> CouponUseRow:
        row = super().from_raw_data(data)
        counted = {name: value for name, value in data.items() if name.startswith(USED_PREFIX)}
        row.counts = {name.removeprefix(USED_PREFIX): int(value["N"]) for name, value in counted.items()}
        return row


def customer_person(customer_id: str) -> str:
    return f"customer#{customer_id}"


def guest_person(kind: str, value: str) -> str:
    """Return the person that a guest names by an unproven phone number or e-mail address, which it does not show."""
    return f"guest-{kind}#{auth.short_token('coupon-use', kind, value)}"


def use_coupons(person: str, limits: Mapping[str, int | None]) -> Write:
    """Return the write that counts one use of each coupon by a person. `limits` are by code; None means no limit.

    Uses are counted even without a limit: one may be set later. It fails with CouponSpent, which is raised for a limit
    below one.
    """
    limited = {code: limit for code, limit in limits.items() if limit is not None}
    for code, limit in limited.items():
        if limit < 1:
            raise CouponSpent(coupon=code)
    conditions = [_used(code).does_not_exist() | (_used(code) < limit) for code, limit in limited.items()]
    actions = [_used(code).add(1) for code in limits]
    return db.update(
        _use_row(person),
        *actions,
        when=_all_of(conditions),
        refusal=lambda row: CouponSpent(coupon=_find_spent_code(row, limited)),
    )


def _find_spent_code(row: CouponUseRow | None, limits: Mapping[str, int]) -> str:
    counts = row.counts if row is not None else {}
    return next((code for code, limit in limits.items() if counts.get(code, 0) >= limit), next(iter(limits)))


def return_coupons(person: str, codes: Sequence[str]) -> Write:
    """Return the write that gives back one use of each coupon by a person."""
    actions = [_used(code).add(-1) for code in codes]
    return db.update(_use_row(person), *actions, when=_all_of([_used(code) > 0 for code in codes]))


def count_uses(codes: Sequence[str], customer_ids: Sequence[str]) -> Counter[str]:
    """Return by code how often these customers used each coupon."""
    keys = [Key(CouponUseRow, _use_row(customer_person(customer_id)).pk, "uses") for customer_id in customer_ids]
    uses: Counter[str] = Counter()
    for row in db.batch(keys).values() if codes else ():
        uses.update({code: row.counts.get(code, 0) for code in codes})
    return uses


def _all_of(conditions: Sequence[Condition]) -> Condition | None:
    return reduce(and_, conditions) if conditions else None


def _used(code: str) -> Path:
    return Path([USED_PREFIX + code])


def _use_row(person: str) -> CouponUseRow:
    return CouponUseRow(f"coupon-uses#{person}", "uses")
