"""Who has to know is told, once, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.kit import ids, journal
from chalicelib.notify import message_context, recipients
from chalicelib.notify import store as notices
from chalicelib.notify.model import SmsLimits
from chalicelib.places import find as places
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, drop_conditions, patch_attribute, patch_item
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO

KIND = "notifications"


def an_order_near_two_vans(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TEAPOT, 2))


def two_orders_near_two_vans(scene: ScenarioDriver) -> None:
    for _ in range(2):
        scene.place_and_handle((TEAPOT, 1))


def an_order_for_the_warehouse(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2))


def two_orders(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 1))
    scene.place_and_handle((TRAY, 2))


def a_load_is_sent(scene: ScenarioDriver) -> None:
    transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def twelve_orders_to_one_number(scene: ScenarioDriver) -> None:
    """He may be sent ten SMS a day."""
    for _ in range(12):
        scene.place_and_handle((CUP, 1))


def a_customer_with_a_long_name_orders(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 1), customer={"name": "Sari Wulandari", "phone": "081252981234"})


def notify_every_salesman(at: Any, notice: Any) -> Any:
    for person in places.load_staff().values():
        if person.role in ("salesman", "cashier") and at.open_offer():
            yield at.build_message(
                recipients.staff_to_recipient(person), notice, at.order_facts() | {"goods": "", "kilometers": ""}
            )


def reuse_first_recipient(was: Callable[..., Any]) -> Callable[..., Any]:
    """What was read for one message is kept for the next."""
    seen: list[Any] = []

    def kept(at: Any, notice: Any) -> Any:
        for message in was(at, notice):
            seen.append(message.recipient)
            yield replace(message, recipient=seen[0])

    return kept


def count_up_parts(was: Callable[..., Any]) -> Callable[..., Any]:
    """Each hearing counts on where the one before it ended."""
    heard = count()
    return lambda told, part, messages, at: was(told, next(heard), messages, at)


def notify_no_one(at: Any, notice: Any) -> Any:
    yield from ()


def assign_new_event_id(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda message: replace(was(message), event_id=ids.new("evt", journal.clock.now()))


def add_phone_number(was: Callable[..., Any]) -> Callable[..., Any]:
    def message(at: Any, who: Any, notice: Any, facts: Any, kept: Any = None) -> Any:
        return was(at, who, notice, facts, dict(kept or {}) | {"call": at.order.contact.get("phone", "")})

    return message


def add_personal_data(what: str) -> Callable[..., Any]:
    def noted(was: Callable[..., Any]) -> Callable[..., Any]:
        def message(at: Any, who: Any, notice: Any, facts: Any, kept: Any = None) -> Any:
            personal = {"name": at.order.contact.get("name", ""), "street": (at.order.delivery.address or {})["street"]}
            return was(at, who, notice, facts, dict(kept or {}) | {"for": personal[what]})

        return message

    return noted


def limit_sms_to_three(patch: Any) -> None:
    patch.setenv("SATUKANAL_SMS_PER_DAY", "3")


def drop_range_budgets(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *said: {name: limit for name, limit in was(*said).items() if not name.startswith("range#")}


def use_staff_limit(was: Callable[..., Any]) -> Callable[..., Any]:
    return lambda allowed, recipient: allowed.per_staff


BUGS = (
    Bug(
        "whoever hears of an event twice tells it twice",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notices, "record_notified", drop_conditions),
            patch_attribute(notices, "put_notice", drop_conditions),
            patch_attribute(notices, "claim_send", drop_conditions),
        ),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "a second hearing is taken for the event's next part",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notices, "record_notified", count_up_parts),
            patch_attribute(notices, "put_notice", drop_conditions),
        ),
        scenario=a_load_is_sent,
    ),
    Bug(
        "an offer is told to people whom nobody asked",
        KIND,
        detected_by="N3",
        patches=(patch_item(recipients.RULES, "invited_salesmen", notify_every_salesman),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "a customer is told of somebody else's order",
        KIND,
        detected_by="N3",
        patches=(patch_attribute(recipients, "customer", reuse_first_recipient),),
        scenario=two_orders,
    ),
    Bug(
        "the salesmen who are asked do not hear of it",
        KIND,
        detected_by="N1",
        patches=(patch_item(recipients.RULES, "invited_salesmen", notify_no_one),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "the warehouse that has to bring it does not hear of it",
        KIND,
        detected_by="N1",
        patches=(patch_item(recipients.RULES, "serving_location", notify_no_one),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "messages go out beside the budget",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notices, "build_budget_writes", always_return([])),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "the budget is counted and not kept",
        KIND,
        detected_by="N4",
        patches=(limit_sms_to_three, patch_attribute(notices, "_build_budget_write", drop_conditions)),
        scenario=two_orders_near_two_vans,
    ),
    Bug(
        "a customer's number is sent as much as a salesman's",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(SmsLimits, "per_recipient", use_staff_limit),),
        scenario=twelve_orders_to_one_number,
    ),
    Bug(
        "nobody counts for a range of numbers",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notices, "list_budgets", drop_range_budgets),),
        scenario=two_orders,
    ),
    Bug(
        "each hearing of an event is taken for another event",
        KIND,
        detected_by="N3",
        patches=(patch_attribute(journal, "message_to_entry", assign_new_event_id),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's number stays in somebody's inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_phone_number),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's name stays in somebody's inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_personal_data("name")),),
        scenario=a_customer_with_a_long_name_orders,
    ),
    Bug(
        "a customer's street stays in somebody's inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_personal_data("street")),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a message leaves that nobody finds in his inbox",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notices, "put_notice", always_return(None)),
            patch_attribute(notices, "remove_from_waiting", always_return(None)),
        ),
        scenario=an_order_near_two_vans,
    ),
)
