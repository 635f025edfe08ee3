"""The checker reports nothing on a full day, and each corruption violates exactly its invariant."""

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
from infra.invariants.check import INVARIANTS, NOT_CHECKED, PARTLY_CHECKED, Report, check
from infra.invariants.journal import hash_entry
from infra.invariants.snapshot import load_snapshot
from tests.verification.simulator.corruptions import CORRUPTIONS, Corruption
from tests.verification.simulator.day import Day
from tests.verification.simulator.journal_corruptions import JOURNAL_CORRUPTIONS

ALL_INVARIANTS = {f"M{n}" for n in range(1, 10)} | {f"S{n}" for n in range(1, 8)} | {f"O{n}" for n in range(1, 8)}
ALL_INVARIANTS |= {f"N{n}" for n in range(1, 6)} | {f"A{n}" for n in range(1, 4)}


def check_invariants() -> Report:
    return check(boto3.client("dynamodb"), "test", is_idle=True)


def test_a_full_day_violates_nothing(day: Day) -> None:
    assert str(check_invariants()) == "everything holds"


@pytest.mark.parametrize(
    ("name", "corrupt"), (*CORRUPTIONS.items(), *JOURNAL_CORRUPTIONS), ids=lambda part: getattr(part, "__name__", "")
)
def test_each_corruption_violates_exactly_its_invariant(day: Day, name: str, corrupt: Corruption) -> None:
    corrupt(day)

    report = check_invariants()

    assert {violated for violated, _ in report.violations} == {name}, str(report)


def test_the_doctor_lists_every_invariant_and_reports_a_healthy_shop(day: Day) -> None:
    report = doctor.check_twice(boto3.client("dynamodb"), "test")

    output = render(report)

    assert report.is_valid
    assert output.count("  holds") == len(INVARIANTS)
    assert [name for name in ALL_INVARIANTS if f" {name} " not in output] == []
    assert [part for part in PARTLY_CHECKED.values() if f"not checked: {part}" not in output] == []


def test_the_doctor_reports_violations(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "RECHECK_AFTER_SECONDS", 0)
    CORRUPTIONS["M4"](day)

    report = doctor.check_twice(boto3.client("dynamodb"), "test")

    assert not report.is_valid
    assert "M4 planted#1 1 (Planted): its postings are off by 5" in render(report)


def render(report: Report) -> str:
    console = Console(file=StringIO(), width=200, highlight=False)
    doctor.print_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_every_listed_invariant_is_checked() -> None:
    assert set(INVARIANTS) | set(NOT_CHECKED) == ALL_INVARIANTS
    assert not set(INVARIANTS) & set(NOT_CHECKED)


def test_each_invariant_has_a_corruption() -> None:
    assert {*CORRUPTIONS, *dict(JOURNAL_CORRUPTIONS)} == set(INVARIANTS)


def test_partly_checked_invariants_are_checked() -> None:
    assert set(PARTLY_CHECKED) - set(INVARIANTS) == set()


def test_each_invariant_states_its_formula() -> None:
    assert [name for name, rule in INVARIANTS.items() if not rule.__doc__] == []


def test_the_checker_hashes_entries_as_the_journal_does(day: Day) -> None:
    entries = journal.history(f"order#{day.orders['pickup']['id']}")
    rows = load_snapshot(boto3.client("dynamodb"), "test").history(day.orders["pickup"]["id"])

    assert list(map(hash_entry, rows)) == list(map(journal.hash_of, entries))


def test_the_checker_has_the_same_transitions_as_the_product() -> None:
    """The tables are duplicated, so that a wrong transition in the product is detected."""
    assert (orders.TRANSITIONS, orders.FULFILLMENT_TRANSITIONS) == (states.ORDER, states.ORDER_FULFILLMENT)
    assert (work.OFFER_TRANSITIONS, work.FULFILLMENT_TRANSITIONS) == (states.OFFER, states.WORK)
    assert work.VAN_TRANSITIONS == states.WORK_ON_A_VAN
    assert (work.WITHDRAWN, work.DISPATCHED) == (states.ABANDONED, states.IN_TRANSIT_OR_ARRIVED)
    assert (payments.PAYMENT_STATES, payments.SHIFT_STATES) == (states.PAYMENT, states.SHIFT)
    assert (stock.TRANSFER_STATES, notify.SEND_TRANSITIONS) == (states.TRANSFER, states.SEND)
