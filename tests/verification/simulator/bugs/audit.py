"""The journal: whole, in order, true, and naming nobody but who did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.fulfillment import pick as picking
from chalicelib.fulfillment import step as stepping
from chalicelib.fulfillment.model import WorkReady
from chalicelib.kit import ids, journal
from chalicelib.kit.journal import Head
from chalicelib.orders import cancel as ending
from chalicelib.orders import confirm_payment
from chalicelib.orders import place as placing
from chalicelib.stock import move as moving
from tests.shop import TRAY
from tests.verification.simulator.bugs.bug import Bug, answers, swap
from tests.verification.simulator.bugs.idempotency import goods_come_in_and_the_reply_is_lost
from tests.verification.simulator.bugs.money import a_transfer_is_confirmed
from tests.verification.simulator.bugs.scene import Scene
from tests.verification.simulator.bugs.shop import JOKO
from tests.verification.simulator.bugs.stock import (
    a_load_arrives_in_part_and_is_called_back,
    an_order_is_cancelled,
    goods_come_in,
)

KIND = "audit"


def an_order_is_picked(scene: Scene) -> None:
    scene.step(scene.heard((TRAY, 1)), "accept", "pick", by=JOKO)


def an_order_is_accepted(scene: Scene) -> None:
    scene.step(scene.heard((TRAY, 1)), "accept", by=JOKO)


def an_order_is_placed(scene: Scene) -> None:
    scene.heard((TRAY, 1))


def unwritten(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, **more: (None, was(*said, **more)[1])


def by_nobody(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said, **more: was(*said, **more | {"actor": ""})


def from_nothing(was: Callable[..., Any]) -> Callable[..., Any]:
    """Each entry stands alone."""
    return lambda subject, event, *, after=None, **more: was(subject, event, after=unhashed(after), **more)


def one_further(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda subject, event, *, after=None, **more: was(subject, event, after=skipped(after), **more)


def unhashed(kept: Any) -> Any:
    return kept and Head(kept.version)


def skipped(kept: Any) -> Any:
    return kept and Head(kept.version + 1, kept.journal_hash)


def the_half(was: Callable[..., Any]) -> Callable[..., Any]:
    def captured(*said: Any) -> Any:
        event = was(*said)
        return replace(event, amount_minor=event.amount_minor // 2)

    return captured


def of_its_subject(was: Callable[..., Any]) -> Callable[..., Any]:
    """The same for all of it."""

    def append_event(subject: str, event: Any, **more: Any) -> Any:
        kept, ids.new = ids.new, lambda prefix, at: ids.derived(prefix, subject)
        try:
            return was(subject, event, **more)
        finally:
            ids.new = kept

    return append_event


def with_his_number(was: Callable[..., Any]) -> Callable[..., Any]:
    def placed(command: Any, *rest: Any) -> Any:
        return replace(was(command, *rest), reason=f"call {command.contact.phone}")

    return placed


def under_another_id(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda request, answer: was(request, answer | {"id": "mov_nowhere"})


BUGS = (
    Bug(
        "an order ends and nobody writes it down",
        KIND,
        by="O2",
        sown=(swap(ending.store, "append_event", unwritten),),
        story=an_order_is_cancelled,
    ),
    Bug(
        "an entry does not say who did it",
        KIND,
        by="A1",
        sown=(swap(journal, "append_event", by_nobody),),
        story=goods_come_in,
    ),
    Bug(
        "entries do not hold the hash of the one before",
        KIND,
        by="A1",
        sown=(swap(journal, "append_event", from_nothing),),
        story=a_load_arrives_in_part_and_is_called_back,
    ),
    Bug(
        "a number in the journal is passed over",
        KIND,
        by="O2",
        sown=(swap(journal, "append_event", one_further),),
        story=a_load_arrives_in_part_and_is_called_back,
    ),
    Bug(
        "the journal tells of half the money",
        KIND,
        by="M7",
        sown=(swap(confirm_payment, "_captured", the_half),),
        story=a_transfer_is_confirmed,
    ),
    Bug(
        "the journal tells of another step than was taken",
        KIND,
        by="O3",
        sown=(swap(picking, "WorkPicked", lambda was: WorkReady),),
        story=an_order_is_picked,
    ),
    Bug(
        "the journal tells of a step that nobody took",
        KIND,
        by="O3",
        sown=(swap(stepping, "change_work", answers(None)),),
        story=an_order_is_accepted,
    ),
    Bug(
        "all entries of a load have one id",
        KIND,
        by="M7",
        sown=(swap(journal, "append_event", of_its_subject),),
        story=a_load_arrives_in_part_and_is_called_back,
    ),
    Bug(
        "a customer's number stands in the journal",
        KIND,
        by="N5",
        sown=(swap(placing, "placed_event", with_his_number),),
        story=an_order_is_placed,
    ),
    Bug(
        "what came in is answered under an id that nothing has",
        KIND,
        by="O4",
        sown=(swap(moving.requests, "remember", under_another_id),),
        story=goods_come_in_and_the_reply_is_lost,
    ),
)
