"""Projections that differ from the journal: the recap and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.payments import ledger_store
from chalicelib.reporting import project_recap as projecting
from chalicelib.reporting.model import Figures
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute
from tests.verification.simulator.bugs.money import a_sale_at_the_till, a_transfer_is_confirmed
from tests.verification.simulator.bugs.stock import an_order_is_cancelled

KIND = "projections"


def drop_condition(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: original(*args)._replace(condition=None)


def count_all_as_cash(original: Callable[..., Any]) -> Callable[..., Any]:
    def figures_of_postings(postings: Any) -> Figures:
        figures = original(postings)
        return Figures(cash_minor=figures.cash_minor + figures.noncash_minor)

    return figures_of_postings


def count_one_per_line(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda lines, freight: original([replace(line, quantity=1) for line in lines], freight)


BUGS = (
    Bug(
        "the recap counts each line as one unit",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(projecting, "figures_of_sale", count_one_per_line),),
        scenario=a_sale_at_the_till,
    ),
    Bug(
        "the recap counts bank transfers as cash",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(projecting, "figures_of_postings", count_all_as_cash),),
        scenario=a_transfer_is_confirmed,
    ),
    Bug(
        "a cancelled order stays in the recap",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(Figures, "__neg__", always_return(Figures())),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "an entry delivered twice is in the ledger twice",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(ledger_store, "_create_line", drop_condition),),
        scenario=a_sale_at_the_till,
    ),
)
