"""Every condition of a draft's writes, on the memory engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.kit import db, ids, journal
from chalicelib.kit.errors import NotFound, StaleVersion
from chalicelib.orders import draft as drafts
from chalicelib.orders import store
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.draft import Draft, DraftRow
from chalicelib.orders.model import DraftGone
from tests.shop import CUP, level
from tests.verification.simulator import weighted_actions
from tests.verification.simulator.action_helpers import SHIP_TO_SARI, agent_principal
from tests.verification.simulator.sim import Sim

TWO_CUPS = PlaceOrder("phone", [RequestedLine(CUP, 2)], SHIP_TO_SARI, [Tender("transfer")], agent_principal())


@pytest.fixture(autouse=True)
def sim() -> Iterator[Sim]:
    with Sim(1).shop() as sim:
        sim.memory.restore(weighted_actions.load_initial_tables())
        yield sim


def a_draft() -> Draft:
    draft = drafts.find_draft(drafts.create(TWO_CUPS)["id"])
    assert draft is not None
    return draft


def event_kinds(draft: Draft) -> list[str]:
    return [entry.kind for entry in journal.history(f"draft#{draft.id}")]


def test_a_draft_never_overwrites_another(monkeypatch: pytest.MonkeyPatch) -> None:
    first = a_draft()
    db.commit([db.delete(entry) for entry in journal.history(f"draft#{first.id}")])
    monkeypatch.setattr(ids, "new", lambda kind, at: first.id)

    with pytest.raises(StaleVersion):
        drafts.create(TWO_CUPS)

    assert drafts.find_draft(first.id) == first


def test_a_draft_read_twice_is_submitted_once() -> None:
    """Two concurrent requests: the second once failed with 503, because the order existed already."""
    draft = a_draft()
    drafts.submit(draft, None)

    with pytest.raises(DraftGone):
        drafts.submit(draft, None)

    assert drafts.find_draft(draft.id) is None
    assert level(CUP)["reserved"] == 2


def test_sending_the_link_of_a_draft_that_is_submitted_meanwhile_does_not_restore_the_draft(sim: Sim) -> None:
    draft = a_draft()
    rivals = [lambda: drafts.submit(draft, None)]
    sim.memory.inject_fault = lambda send: "" if send != "transact" or not rivals else str(rivals.pop()())[:0]

    with pytest.raises(NotFound):
        drafts.send_pay_link(agent_principal(), draft.id)

    placed = store.find_order(draft.id)
    assert placed and placed.status == "placed"
    assert (db.get(DraftRow, draft.id, "draft"), event_kinds(draft)) == (None, ["DraftCreated"])


def test_two_requests_for_a_pay_link_are_both_recorded() -> None:
    draft = a_draft()

    drafts.send_pay_link(agent_principal(), draft.id)
    drafts.send_pay_link(agent_principal(), draft.id)

    assert event_kinds(draft) == ["DraftCreated", "PayLinkRequested", "PayLinkRequested"]
