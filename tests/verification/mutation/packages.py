"""The mutated files of each package, and the tests that must detect the mutants."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MutatedPackage:
    """The files and tests of one package.

    `rules` are mutated everywhere and must be covered by pure tests alone, which are fast. Of `stores` only conditions
    are mutated, and the functions in `condition_helpers`, which compute values of conditions.
    """

    rules: tuple[str, ...]
    rule_tests: tuple[str, ...]
    stores: tuple[str, ...]
    store_tests: tuple[str, ...]
    condition_helpers: tuple[str, ...] = ()


PACKAGES = {
    "stock": MutatedPackage(
        rules=("chalicelib/stock/model.py", "chalicelib/stock/plan.py", "chalicelib/stock/inbound.py"),
        rule_tests=("tests/stock/test_model.py", "tests/stock/test_plan.py", "tests/stock/test_inbound.py"),
        stores=("chalicelib/stock/store.py",),
        store_tests=("tests/stock/test_conditions.py", "tests/stock/test_level_writes.py"),
        condition_helpers=("taken_units", "required_before"),
    ),
    "pricing": MutatedPackage(
        rules=("chalicelib/pricing/model.py", "chalicelib/pricing/quote.py"),
        rule_tests=(
            "tests/pricing/test_model.py",
            "tests/pricing/test_shelf_label.py",
            "tests/pricing/test_quote.py",
            "tests/pricing/test_coupon_codes.py",
            "tests/pricing/test_price_overrides.py",
            "tests/pricing/test_properties.py",
        ),
        stores=("chalicelib/pricing/store.py", "chalicelib/pricing/coupon_uses.py"),
        store_tests=("tests/pricing/test_conditions.py", "tests/pricing/test_coupons.py", "tests/pricing/test_save.py"),
    ),
    "payments": MutatedPackage(
        rules=(
            "chalicelib/payments/model.py",
            "chalicelib/payments/lifecycle.py",
            "chalicelib/payments/receivables.py",
            "chalicelib/payments/postings.py",
        ),
        rule_tests=(
            "tests/payments/test_model.py",
            "tests/payments/test_lifecycle.py",
            "tests/payments/test_receivables.py",
            "tests/payments/test_postings.py",
        ),
        stores=(
            "chalicelib/payments/store.py",
            "chalicelib/payments/shift_store.py",
            "chalicelib/payments/ledger_store.py",
        ),
        store_tests=(
            "tests/payments/test_conditions.py",
            "tests/payments/test_store.py",
            "tests/payments/test_shift.py",
            "tests/payments/test_ledger.py",
        ),
    ),
    "orders": MutatedPackage(
        rules=("chalicelib/orders/model.py", "chalicelib/orders/reduction.py"),
        rule_tests=("tests/orders/test_model.py", "tests/orders/test_reduction.py"),
        stores=("chalicelib/orders/store.py", "chalicelib/orders/draft.py"),
        store_tests=("tests/orders/test_conditions.py", "tests/orders/test_draft.py"),
    ),
    "fulfillment": MutatedPackage(
        rules=(
            "chalicelib/fulfillment/model.py",
            "chalicelib/fulfillment/routing.py",
            "chalicelib/fulfillment/reduction.py",
        ),
        rule_tests=(
            "tests/fulfillment/test_model.py",
            "tests/fulfillment/test_routing.py",
            "tests/fulfillment/test_reduction.py",
        ),
        stores=("chalicelib/fulfillment/store.py",),
        store_tests=("tests/fulfillment/test_conditions.py",),
    ),
    "exchange": MutatedPackage(
        rules=("chalicelib/exchange/numbers.py", "chalicelib/exchange/dates.py", "chalicelib/exchange/tables.py"),
        rule_tests=("tests/exchange/test_numbers.py", "tests/exchange/test_dates.py", "tests/exchange/test_tables.py"),
        stores=(),
        store_tests=(),
    ),
}
