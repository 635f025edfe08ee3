"""Who has to know is told, once, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.kit import ids, journal
from chalicelib.notify import audience, scene
from chalicelib.notify import store as notices
from chalicelib.notify.model import Allowed
from chalicelib.places import find as places
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, who
from tests.verification.simulator.bugs.bug import Bug, answers, entry, swap, unconditional
from tests.verification.simulator.bugs.scene import Scene
from tests.verification.simulator.bugs.shop import JOKO

KIND = "notifications"


def an_order_near_two_vans(scene: Scene) -> None:
    scene.heard((TEAPOT, 2))


def two_orders_near_two_vans(scene: Scene) -> None:
    for _ in range(2):
        scene.heard((TEAPOT, 1))


def an_order_for_the_warehouse(scene: Scene) -> None:
    scene.heard((TRAY, 2))


def two_orders(scene: Scene) -> None:
    scene.heard((TRAY, 1))
    scene.heard((TRAY, 2))


def a_load_is_sent(scene: Scene) -> None:
    transfers.send(who(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def twelve_orders_to_one_number(scene: Scene) -> None:
    """He may be sent ten SMS a day."""
    for _ in range(12):
        scene.heard((CUP, 1))


def somebody_with_a_long_name_orders(scene: Scene) -> None:
    scene.heard((TRAY, 1), customer={"name": "Sari Wulandari", "phone": "081252981234"})


def asked_everybody(at: Any, notice: Any) -> Any:
    for person in places.staff().values():
        if person.role in ("salesman", "cashier") and at.open_offer():
            yield at.message(audience.of_staff(person), notice, at.order_facts() | {"goods": "", "kilometers": ""})


def the_one_before(was: Callable[..., Any]) -> Callable[..., Any]:
    """What was read for one message is kept for the next."""
    seen: list[Any] = []

    def kept(at: Any, notice: Any) -> Any:
        for message in was(at, notice):
            seen.append(message.recipient)
            yield replace(message, recipient=seen[0])

    return kept


def as_another_part(was: Callable[..., Any]) -> Callable[..., Any]:
    """Each hearing counts on where the one before it ended."""
    heard = count()
    return lambda told, part, messages, at: was(told, next(heard), messages, at)


def nobody(at: Any, notice: Any) -> Any:
    yield from ()


def under_a_new_id(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda message: replace(was(message), event_id=ids.new("evt", journal.clock.now()))


def with_his_number(was: Callable[..., Any]) -> Callable[..., Any]:
    def message(at: Any, who: Any, notice: Any, facts: Any, kept: Any = None) -> Any:
        return was(at, who, notice, facts, dict(kept or {}) | {"call": at.order.contact.get("phone", "")})

    return message


def with_his(what: str) -> Callable[..., Any]:
    def noted(was: Callable[..., Any]) -> Callable[..., Any]:
        def message(at: Any, who: Any, notice: Any, facts: Any, kept: Any = None) -> Any:
            personal = {"name": at.order.contact.get("name", ""), "street": (at.order.delivery.address or {})["street"]}
            return was(at, who, notice, facts, dict(kept or {}) | {"for": personal[what]})

        return message

    return noted


def three_a_day(patch: Any) -> None:
    patch.setenv("SATUKANAL_SMS_PER_DAY", "3")


def without_ranges(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said: {name: limit for name, limit in was(*said).items() if not name.startswith("range#")}


def as_many_as_staff(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allowed, recipient: allowed.per_staff


BUGS = (
    Bug(
        "whoever hears of an event twice tells it twice",
        KIND,
        by="N2",
        sown=(
            swap(notices, "tell_once", unconditional),
            swap(notices, "put_notice", unconditional),
            swap(notices, "claim", unconditional),
        ),
        story=an_order_near_two_vans,
    ),
    Bug(
        "a second hearing is taken for the event's next part",
        KIND,
        by="N2",
        sown=(swap(notices, "tell_once", as_another_part), swap(notices, "put_notice", unconditional)),
        story=a_load_is_sent,
    ),
    Bug(
        "an offer is told to people whom nobody asked",
        KIND,
        by="N3",
        sown=(entry(audience.RULES, "invited", asked_everybody),),
        story=an_order_near_two_vans,
    ),
    Bug(
        "a customer is told of somebody else's order",
        KIND,
        by="N3",
        sown=(swap(audience, "customer", the_one_before),),
        story=two_orders,
    ),
    Bug(
        "the salesmen who are asked do not hear of it",
        KIND,
        by="N1",
        sown=(entry(audience.RULES, "invited", nobody),),
        story=an_order_near_two_vans,
    ),
    Bug(
        "the warehouse that has to bring it does not hear of it",
        KIND,
        by="N1",
        sown=(entry(audience.RULES, "bringing", nobody),),
        story=an_order_for_the_warehouse,
    ),
    Bug(
        "messages go out beside the budget",
        KIND,
        by="N4",
        sown=(swap(notices, "spend", answers([])),),
        story=an_order_near_two_vans,
    ),
    Bug(
        "the budget is counted and not kept",
        KIND,
        by="N4",
        sown=(three_a_day, swap(notices, "_count", unconditional)),
        story=two_orders_near_two_vans,
    ),
    Bug(
        "a customer's number is sent as much as a salesman's",
        KIND,
        by="N4",
        sown=(swap(Allowed, "per_recipient", as_many_as_staff),),
        story=twelve_orders_to_one_number,
    ),
    Bug(
        "nobody counts for a range of numbers",
        KIND,
        by="N4",
        sown=(swap(notices, "budgets_of", without_ranges),),
        story=two_orders,
    ),
    Bug(
        "each hearing of an event is taken for another event",
        KIND,
        by="N3",
        sown=(swap(journal, "message_to_entry", under_a_new_id),),
        story=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's number stays in somebody's inbox",
        KIND,
        by="N5",
        sown=(swap(scene.Scene, "message", with_his_number),),
        story=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's name stays in somebody's inbox",
        KIND,
        by="N5",
        sown=(swap(scene.Scene, "message", with_his("name")),),
        story=somebody_with_a_long_name_orders,
    ),
    Bug(
        "a customer's street stays in somebody's inbox",
        KIND,
        by="N5",
        sown=(swap(scene.Scene, "message", with_his("street")),),
        story=an_order_for_the_warehouse,
    ),
    Bug(
        "a message leaves that nobody finds in his inbox",
        KIND,
        by="N2",
        sown=(swap(notices, "put_notice", answers(None)), swap(notices, "settle", answers(None))),
        story=an_order_near_two_vans,
    ),
)
