from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import CURRENCIES
from chalicelib.orders.model import OrderPlacedLine
from chalicelib.payments.model import Posting
from chalicelib.reporting.model import (
    DIMENSIONS,
    SALE_TRANSITIONS,
    Cell,
    Figures,
    SaleStatus,
    figures_of_postings,
    figures_of_sale,
    key_to_cell,
    roll_up,
)
from chalicelib.reporting.recap import COUNTS, escape_formula, format_figure, rows_to_csv
from chalicelib.reporting.store import months

counts = st.integers(-1_000_000, 1_000_000)
cells = st.builds(
    Cell,
    day=st.sampled_from(["2026-11-21", "2026-11-22"]),
    channel=st.sampled_from(["web", "pos"]),
    location=st.sampled_from(["", "store"]),
    salesman=st.sampled_from(["", "budi"]),
    currency=st.sampled_from(["IDR", "USD"]),
)
figures = st.builds(Figures, orders=counts, sales_minor=counts, cash_minor=counts)


@given(st.dictionaries(cells, figures, max_size=12), st.sets(st.sampled_from(DIMENSIONS)))
def test_rolling_up_cells_keeps_the_total_of_each_currency(stored: dict[Cell, Figures], by: set[str]) -> None:
    rows = roll_up(stored, sorted(by))

    for currency in CURRENCIES:
        before = [figures.sales_minor for cell, figures in stored.items() if cell.currency == currency]
        after = [figures.sales_minor for cell, figures in rows if cell.currency == currency]
        assert sum(before) == sum(after)
    assert len({cell for cell, _ in rows}) == len(rows)


@given(cells)
def test_a_cells_key_reads_back(cell: Cell) -> None:
    assert key_to_cell(cell.key) == cell


def test_units_without_a_cost_are_counted() -> None:
    sale = figures_of_sale([OrderPlacedLine("A", 2, 200, 20, 100), OrderPlacedLine("B", 3, 300, 30)], 15)

    assert sale == Figures(
        orders=1, units=5, sales_minor=500, freight_minor=15, tax_minor=50, cost_minor=100, uncosted_units=3
    )
    assert sale.margin_minor == 350


def test_only_tills_and_the_bank_count_as_money() -> None:
    accounts = {"till:1": 300, "bank": 200, "order:ord_1": -500, "receivable:cus_1": 70, "sales": -70}

    assert figures_of_postings(Posting(*posting) for posting in accounts.items()) == Figures(
        cash_minor=300, noncash_minor=200
    )


def test_months_lists_every_month_between_two_days() -> None:
    assert months(date(2026, 11, 30), date(2027, 2, 1)) == ["2026-11", "2026-12", "2027-01", "2027-02"]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"=1', "'=1"])
def test_a_cell_that_looks_like_a_formula_is_escaped(formula: str) -> None:
    assert escape_formula(formula) == "'" + formula
    assert formula.strip() in rows_to_csv([(Cell(salesman=formula, currency="IDR"), Figures())], ["salesman"]).replace(
        '""', '"'
    )


def test_other_names_are_not_escaped_and_amounts_keep_their_sign() -> None:
    assert escape_formula("store-tunjungan") == "store-tunjungan"
    assert format_figure((Cell(currency="USD"), Figures(sales_minor=-1205)), "sales") == "-12.05"
    assert set(COUNTS) & {"sales", "cash"} == set()


def test_a_counted_sale_can_be_dropped_and_a_dropped_sale_is_final() -> None:
    assert {SaleStatus.COUNTED: {SaleStatus.DROPPED}, SaleStatus.DROPPED: set()} == SALE_TRANSITIONS
    assert set(SALE_TRANSITIONS) == set(SaleStatus)
