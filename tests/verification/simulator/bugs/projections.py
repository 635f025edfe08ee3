"""Reports that count wrongly: what the recap and the ledger say is no longer what the journal tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.payments import ledger_store
from chalicelib.reporting import project_recap as folding
from chalicelib.reporting.model import Figures
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute
from tests.verification.simulator.bugs.money import a_sale_at_the_till, a_transfer_is_confirmed
from tests.verification.simulator.bugs.stock import an_order_is_cancelled

KIND = "projections"


def drop_condition(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said: was(*said)._replace(condition=None)


def count_all_as_cash(was: Callable[..., Any]) -> Callable[..., Any]:
    def counted(postings: Any) -> Figures:
        money = was(postings)
        return Figures(cash_minor=money.cash_minor + money.noncash_minor)

    return counted


def count_one_per_line(was: Callable[..., Any]) -> Callable[..., Any]:
    """Whatever the quantity."""
    return lambda lines, freight: was([replace(line, quantity=1) for line in lines], freight)


BUGS = (
    Bug(
        "units are counted by the line",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(folding, "figures_of_sale", count_one_per_line),),
        scenario=a_sale_at_the_till,
    ),
    Bug(
        "what came into the bank is cash in the recap",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(folding, "figures_of_postings", count_all_as_cash),),
        scenario=a_transfer_is_confirmed,
    ),
    Bug(
        "a cancelled order stays in the recap's sums",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(Figures, "__neg__", always_return(Figures())),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "an entry that comes twice is in the ledger twice",
        KIND,
        detected_by="A3",
        patches=(patch_attribute(ledger_store, "_create_line", drop_condition),),
        scenario=a_sale_at_the_till,
    ),
)
