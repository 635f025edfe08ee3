"""The checker: content with a full day, and each of its invariants complains of exactly the wrong it is for."""

from __future__ import annotations

from io import StringIO

import boto3
import pytest
from rich.console import Console

from chalicelib.fulfillment import model as work
from chalicelib.kit import journal
from chalicelib.notify import model as notify
from chalicelib.orders import model as orders
from chalicelib.payments import model as payments
from chalicelib.stock import model as stock
from infra import doctor
from infra.invariants import states
from infra.invariants.audit import hash_of
from infra.invariants.check import ELSEWHERE, INVARIANTS, PARTLY, Report, check
from infra.invariants.world import load
from tests.verification.simulator.day import Day
from tests.verification.simulator.plants import PLANTS, Plant
from tests.verification.simulator.plants_kept import AGAIN

EVERY = {f"M{n}" for n in range(1, 10)} | {f"S{n}" for n in range(1, 8)} | {f"O{n}" for n in range(1, 8)}
EVERY |= {f"N{n}" for n in range(1, 6)} | {f"A{n}" for n in range(1, 4)}


def look() -> Report:
    return check(boto3.client("dynamodb"), "test", quiet=True)


def test_a_full_day_violates_nothing(day: Day) -> None:
    assert str(look()) == "everything holds"


@pytest.mark.parametrize(("name", "sows"), (*PLANTS.items(), *AGAIN), ids=lambda part: getattr(part, "__name__", ""))
def test_each_invariant_alone_sees_the_wrong_it_is_for(day: Day, name: str, sows: Plant) -> None:
    sows(day)

    report = look()

    assert {violated for violated, _ in report.violated} == {name}, str(report)


def test_the_doctor_names_every_invariant_and_finds_a_healthy_shop_healthy(day: Day) -> None:
    report = doctor.examined(boto3.client("dynamodb"), "test")

    said = shown(report)

    assert report.holds
    assert said.count("  holds") == len(INVARIANTS)
    assert [name for name in EVERY if f" {name} " not in said] == []
    assert [part for part in PARTLY.values() if f"not looked at: {part}" not in said] == []


def test_the_doctor_says_what_is_wrong(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "BETWEEN_LOOKS_SECONDS", 0)
    PLANTS["M4"](day)

    report = doctor.examined(boto3.client("dynamodb"), "test")

    assert not report.holds
    assert "M4 planted#1 1 (Planted): its postings are off by 5" in shown(report)


def shown(report: Report) -> str:
    console = Console(file=StringIO(), width=200, highlight=False)
    doctor.show(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_no_invariant_of_the_list_is_forgotten() -> None:
    assert set(INVARIANTS) | set(ELSEWHERE) == EVERY
    assert not set(INVARIANTS) & set(ELSEWHERE)


def test_each_invariant_has_a_wrong_that_it_is_shown() -> None:
    assert {*PLANTS, *dict(AGAIN)} == set(INVARIANTS)


def test_what_is_looked_at_only_in_part_is_looked_at() -> None:
    assert set(PARTLY) - set(INVARIANTS) == set()


def test_each_invariant_states_its_formula() -> None:
    assert [name for name, rule in INVARIANTS.items() if not rule.__doc__] == []


def test_the_checker_hashes_as_the_journal_does(day: Day) -> None:
    entries = journal.history(f"order#{day.orders['pickup']['id']}")
    found = load(boto3.client("dynamodb"), "test").history(day.orders["pickup"]["id"])

    assert list(map(hash_of, found)) == list(map(journal.hash_of, entries))


def test_the_checker_s_tables_of_states_are_the_shop_s() -> None:
    """Written twice, so that a step too many in the shop is seen by somebody."""
    assert (orders.STATES, orders.FULFILLMENT_STATES) == (states.ORDER, states.ORDER_FULFILLMENT)
    assert (work.OFFER_STATES, work.FULFILLMENT_STATES) == (states.OFFER, states.WORK)
    assert work.ON_A_VAN == states.WORK_ON_A_VAN
    assert (work.GIVEN_UP, work.GONE) == (states.GIVEN_UP, states.GONE)
    assert (payments.STATES, payments.SHIFT_STATES) == (states.PAYMENT, states.SHIFT)
    assert (stock.TRANSFER_STATES, notify.SENDS) == (states.TRANSFER, states.SEND)
