"""Journal entries that are missing, out of order, wrong, or that contain personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import pick as picking
from chalicelib.fulfillment import status_change as changing_status
from chalicelib.fulfillment.model import WorkReady
from chalicelib.kit import ids, journal
from chalicelib.kit.journal import Head
from chalicelib.orders import cancel as cancelling
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


def an_order_is_picked(driver: ScenarioDriver) -> None:
    driver.step(driver.place_and_handle((TRAY, 1)), "accept", "pick", by=JOKO)


def an_order_is_accepted(driver: ScenarioDriver) -> None:
    driver.step(driver.place_and_handle((TRAY, 1)), "accept", by=JOKO)


def an_order_is_placed(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 1))


def skip_journal_entry(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: (None, original(*args, **kwargs)[1])


def drop_actor(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: original(*args, **kwargs | {"actor": ""})


def drop_previous_hash(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda subject, event, *, after=None, **kwargs: original(
        subject, event, after=head_without_hash(after), **kwargs
    )


def skip_a_version(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda subject, event, *, after=None, **kwargs: original(
        subject, event, after=head_one_version_ahead(after), **kwargs
    )


def head_without_hash(head: Any) -> Any:
    return head and Head(head.version)


def head_one_version_ahead(head: Any) -> Any:
    return head and Head(head.version + 1, head.journal_hash)


def halve_amount(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_event(*args: Any) -> Any:
        event = original(*args)
        return replace(event, amount_minor=event.amount_minor // 2)

    return build_event


def use_one_event_id_per_subject(original: Callable[..., Any]) -> Callable[..., Any]:
    def append_event(subject: str, event: Any, **kwargs: Any) -> Any:
        new_id, ids.new = ids.new, lambda prefix, at: ids.derive(prefix, subject)
        try:
            return original(subject, event, **kwargs)
        finally:
            ids.new = new_id

    return append_event


def add_phone_number(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_event(command: Any, *args: Any) -> Any:
        return replace(original(command, *args), reason=f"call {command.contact.phone}")

    return build_event


def answer_other_id(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda request, answer: original(request, answer | {"id": "mov_nowhere"})


BUGS = (
    Bug(
        "a cancellation is not journaled",
        KIND,
        detected_by="O2",
        patches=(patch_attribute(cancelling.store, "append_event", skip_journal_entry),),
        scenario=an_order_is_cancelled,
    ),
    Bug(
        "a journal entry has no actor",
        KIND,
        detected_by="A1",
        patches=(patch_attribute(journal, "append_event", drop_actor),),
        scenario=stock_is_received,
    ),
    Bug(
        "journal entries lack the hash of the previous entry",
        KIND,
        detected_by="A1",
        patches=(patch_attribute(journal, "append_event", drop_previous_hash),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "the journal skips a version number",
        KIND,
        detected_by="O2",
        patches=(patch_attribute(journal, "append_event", skip_a_version),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "the journal records half of the captured amount",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(confirm_payment, "_build_captured_event", halve_amount),),
        scenario=a_transfer_is_confirmed,
    ),
    Bug(
        "the journal records another fulfillment step than the one taken",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(picking, "WorkPicked", lambda original: WorkReady),),
        scenario=an_order_is_picked,
    ),
    Bug(
        "the journal records a fulfillment step that was not taken",
        KIND,
        detected_by="O3",
        patches=(patch_attribute(changing_status, "update_fulfillment", always_return(None)),),
        scenario=an_order_is_accepted,
    ),
    Bug(
        "all journal entries of a transfer share one event id",
        KIND,
        detected_by="M7",
        patches=(patch_attribute(journal, "append_event", use_one_event_id_per_subject),),
        scenario=a_partly_received_transfer_is_cancelled,
    ),
    Bug(
        "the journal contains a customer's phone number",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(placing, "build_placed_event", add_phone_number),),
        scenario=an_order_is_placed,
    ),
    Bug(
        "the recorded answer to a stock receipt names an id that does not exist",
        KIND,
        detected_by="O4",
        patches=(patch_attribute(moving.idempotency, "record_answer", answer_other_id),),
        scenario=a_stock_receipt_loses_its_reply,
    ),
)
