"""What is changed, and which tests have to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """`rules` are changed everywhere and pure tests alone must notice, for they are quick; of `stores` only the
    conditions are changed, and `reckons` names what reckons a number that stands in one."""

    rules: tuple[str, ...]
    pure: tuple[str, ...]
    stores: tuple[str, ...]
    kept: tuple[str, ...]
    reckons: tuple[str, ...] = ()


ROOMS = {
    "stock": Room(
        rules=("chalicelib/stock/model.py", "chalicelib/stock/plan.py", "chalicelib/stock/coming.py"),
        pure=("tests/stock/test_model.py", "tests/stock/test_plan.py", "tests/stock/test_coming.py"),
        stores=("chalicelib/stock/store.py",),
        kept=("tests/stock/test_conditions.py", "tests/stock/test_change.py"),
        reckons=("taken", "owed"),
    ),
    "pricing": Room(
        rules=("chalicelib/pricing/model.py", "chalicelib/pricing/quote.py"),
        pure=(
            "tests/pricing/test_model.py",
            "tests/pricing/test_label.py",
            "tests/pricing/test_quote.py",
            "tests/pricing/test_codes.py",
            "tests/pricing/test_exceptions.py",
            "tests/pricing/test_properties.py",
        ),
        stores=("chalicelib/pricing/store.py",),
        kept=("tests/pricing/test_conditions.py", "tests/pricing/test_coupons.py", "tests/pricing/test_keep.py"),
    ),
    "payments": Room(
        rules=(
            "chalicelib/payments/model.py",
            "chalicelib/payments/pay.py",
            "chalicelib/payments/owe.py",
            "chalicelib/payments/post.py",
        ),
        pure=(
            "tests/payments/test_model.py",
            "tests/payments/test_pay.py",
            "tests/payments/test_owe.py",
            "tests/payments/test_post.py",
        ),
        stores=(
            "chalicelib/payments/store.py",
            "chalicelib/payments/shift_store.py",
            "chalicelib/payments/ledger_store.py",
        ),
        kept=(
            "tests/payments/test_conditions.py",
            "tests/payments/test_store.py",
            "tests/payments/test_shift.py",
            "tests/payments/test_ledger.py",
        ),
    ),
    "orders": Room(
        rules=("chalicelib/orders/model.py",),
        pure=("tests/orders/test_model.py",),
        stores=("chalicelib/orders/store.py", "chalicelib/orders/draft.py"),
        kept=("tests/orders/test_conditions.py", "tests/orders/test_draft.py"),
    ),
    "fulfillment": Room(
        rules=("chalicelib/fulfillment/model.py", "chalicelib/fulfillment/route.py"),
        pure=("tests/fulfillment/test_model.py", "tests/fulfillment/test_route.py"),
        stores=("chalicelib/fulfillment/store.py",),
        kept=("tests/fulfillment/test_conditions.py",),
    ),
}
