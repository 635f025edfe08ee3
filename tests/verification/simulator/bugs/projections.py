"""Reports that count wrongly: what the recap and the ledger say is no longer what the journal tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.payments import ledger_store
from chalicelib.reporting import fold as folding
from chalicelib.reporting.model import Figures
from tests.verification.simulator.bugs.bug import Bug, answers, swap
from tests.verification.simulator.bugs.money import a_sale_at_the_till, a_transfer_is_confirmed
from tests.verification.simulator.bugs.stock import an_order_is_cancelled

KIND = "projections"


def without_its_mark(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said: was(*said)._replace(condition=None)


def all_of_it_cash(was: Callable[..., Any]) -> Callable[..., Any]:
    def counted(postings: Any) -> Figures:
        money = was(postings)
        return Figures(cash_minor=money.cash_minor + money.noncash_minor)

    return counted


def as_if_one(was: Callable[..., Any]) -> Callable[..., Any]:
    """Whatever the quantity."""
    return lambda lines, freight: was([replace(line, quantity=1) for line in lines], freight)


BUGS = (
    Bug(
        "units are counted by the line",
        KIND,
        by="A3",
        sown=(swap(folding, "of_sale", as_if_one),),
        story=a_sale_at_the_till,
    ),
    Bug(
        "what came into the bank is cash in the recap",
        KIND,
        by="A3",
        sown=(swap(folding, "of_money", all_of_it_cash),),
        story=a_transfer_is_confirmed,
    ),
    Bug(
        "a cancelled order stays in the recap's sums",
        KIND,
        by="A3",
        sown=(swap(Figures, "__neg__", answers(Figures())),),
        story=an_order_is_cancelled,
    ),
    Bug(
        "an entry that comes twice is in the ledger twice",
        KIND,
        by="A3",
        sown=(swap(ledger_store, "_put_line", without_its_mark),),
        story=a_sale_at_the_till,
    ),
)
