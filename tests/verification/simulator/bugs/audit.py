"""The journal: whole, in order, true, and naming nobody but who did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import pick as picking
from chalicelib.fulfillment import status_change as stepping
from chalicelib.fulfillment.model import WorkReady
from chalicelib.kit import ids, journal
from chalicelib.kit.journal import Head
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.stock import movements as moving
from tests.shop import TRAY
from tests.verification.simulator.bugs.bug import Bug, always_return, patch_attribute
from tests.verification.simulator.bugs.idempotency import a_stock_receipt_loses_its_reply
from tests.verification.simulator.bugs.money import a_transfer_is_confirmed
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO
from tests.verification.simulator.bugs.stock import (
    a_partly_received_transfer_is_cancelled,
    an_order_is_cancelled,
    stock_is_received,
)

KIND = "audit"


def an_order_is_picked(scene: ScenarioDriver) -> None:
    scene.step(scene.place_and_handle((TRAY, 1)), "accept", "pick", by=JOKO)


def an_order_is_accepted(scene: ScenarioDriver) -> None:
    scene.step(scene.place_and_handle((TRAY, 1)), "accept", by=JOKO)


def an_order_is_placed(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 1))


def skip_journal_entry(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, **more: (None, was(*said, **more)[1])


def drop_actor(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, **more: was(*said, **more | {"actor": ""})


def drop_previous_hash(was: Callable[..., Any]) -> Callable[..., Any]:
    """Each entry stands alone."""
    return lambda subject, event, *, after=None, **more: was(subject, event, after=head_without_hash(after), **more)


def skip_a_version(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda subject, event, *, after=None, **more: was(
        subject, event, after=head_one_version_ahead(after), **more
    )


def head_without_hash(kept: Any) -> Any:
    return kept and Head(kept.version)


def head_one_version_ahead(kept: Any) -> Any:
    return kept and Head(kept.version + 1, kept.journal_hash)


def halve_amount(was: Callable[..., Any]) -> Callable[..., Any]:
    def captured(*said: Any) -> Any:
        event = was(*said)
        return replace(event, amount_minor=event.amount_minor // 2)

    return captured


def use_one_event_id_per_subject(was: Callable[..., Any]) -> Callable[..., Any]:
    """The same for all of it."""

    def append_event(subject: str, event: Any, **more: Any) -> Any:
        kept, ids.new = ids.new, lambda prefix, at: ids.derive(prefix, subject)
        try:
            return was(subject, event, **more)
        finally:
            ids.new = kept

    return append_event


def add_phone_number(was: Callable[..., Any]) -> Callable[..., Any]:
    def placed(command: Any, *rest: Any) -> Any:
        return replace(was(command, *rest), reason=f"call {command.contact.phone}")

    return placed


def answer_other_id(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda request, answer: was(request, answer | {"id": "mov_nowhere"})


BUGS = (
    Bug(
        "an order ends and nobody writes it down",
        KIND,
        detected_by="O2",
        patches=(patch_attribute(ending.store, "append_event", skip_journal_entry),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "an entry does not say who did it",
        KIND,
        detected_by="A1",
        patches=(patch_attribute(journal, "append_event", drop_actor),),
        scenario=stock_is_received,
    ),
    Bug(
        "entries do not hold the hash of the one before",
        KIND,
        detected_by="A1",
        patches=(patch_attribute(journal, "append_event", drop_previous_hash),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "a number in the journal is passed over",
        KIND,
        detected_by="O2",
        patches=(patch_attribute(journal, "append_event", skip_a_version),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "the journal tells of half the money",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(confirm_payment, "_build_captured_event", halve_amount),),
        scenario=a_transfer_is_confirmed,
    ),
    Bug(
        "the journal tells of another step than was taken",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(picking, "WorkPicked", lambda was: WorkReady),),
        scenario=an_order_is_picked,
    ),
    Bug(
        "the journal tells of a step that nobody took",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(stepping, "update_fulfillment", always_return(None)),),
        scenario=an_order_is_accepted,
    ),
    Bug(
        "all entries of a load have one id",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(journal, "append_event", use_one_event_id_per_subject),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "a customer's number stands in the journal",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(placing, "build_placed_event", add_phone_number),),
        scenario=an_order_is_placed,
    ),
    Bug(
        "what came in is answered under an id that nothing has",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(moving.idempotency, "record_answer", answer_other_id),),
        scenario=a_stock_receipt_loses_its_reply,
    ),
)
