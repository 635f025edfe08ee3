"""Notifications: each recipient gets one message within its budget, and no one else gets any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from chalicelib.kit import ids, journal
from chalicelib.notify import message_context, recipients
from chalicelib.notify import store as notify_store
from chalicelib.notify.model import SmsLimits
from chalicelib.places import find as places
from chalicelib.stock import transfer as transfers
from tests.shop import CUP, TEAPOT, TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, always_return, drop_conditions, patch_attribute, patch_item
from tests.verification.simulator.bugs.scenario_driver import ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO

KIND = "notifications"


def an_order_near_two_vans(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TEAPOT, 2))


def two_orders_near_two_vans(driver: ScenarioDriver) -> None:
    for _ in range(2):
        driver.place_and_handle((TEAPOT, 1))


def an_order_for_the_warehouse(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2))


def two_orders(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 1))
    driver.place_and_handle((TRAY, 2))


def a_transfer_is_sent(driver: ScenarioDriver) -> None:
    transfers.send(principal_of(JOKO), "wh-surabaya", "store-tunjungan", {CUP: 3}, "load")


def twelve_orders_to_one_number(driver: ScenarioDriver) -> None:
    """The limit of a customer's number is ten SMS per day."""
    for _ in range(12):
        driver.place_and_handle((CUP, 1))


def a_customer_with_a_long_name_orders(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 1), customer={"name": "Sari Wulandari", "phone": "081252981234"})


def notify_every_salesman(context: Any, notice: Any) -> Any:
    for member in places.load_staff().values():
        if member.role in ("salesman", "cashier") and context.find_open_offer():
            yield context.build_message(
                recipients.staff_to_recipient(member), notice, context.order_facts() | {"goods": "", "kilometers": ""}
            )


def reuse_first_recipient(original: Callable[..., Any]) -> Callable[..., Any]:
    """Cache the recipient of the first message for all later ones."""
    recipients_seen: list[Any] = []

    def messages(context: Any, notice: Any) -> Any:
        for message in original(context, notice):
            recipients_seen.append(message.recipient)
            yield replace(message, recipient=recipients_seen[0])

    return messages


def count_up_parts(original: Callable[..., Any]) -> Callable[..., Any]:
    """Number the parts on from the last delivery of the event."""
    part_numbers = count()
    return lambda message, part, messages, at: original(message, next(part_numbers), messages, at)


def notify_no_one(context: Any, notice: Any) -> Any:
    yield from ()


def assign_new_event_id(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda message: replace(original(message), event_id=ids.new("evt", journal.clock.now()))


def add_phone_number(original: Callable[..., Any]) -> Callable[..., Any]:
    def build_message(context: Any, recipient: Any, notice: Any, facts: Any, stored_facts: Any = None) -> Any:
        return original(
            context,
            recipient,
            notice,
            facts,
            dict(stored_facts or {}) | {"call": context.order.contact.get("phone", "")},
        )

    return build_message


def add_personal_data(field: str) -> Callable[..., Any]:
    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def build_message(context: Any, recipient: Any, notice: Any, facts: Any, stored_facts: Any = None) -> Any:
            personal = {
                "name": context.order.contact.get("name", ""),
                "street": (context.order.delivery.address or {})["street"],
            }
            return original(context, recipient, notice, facts, dict(stored_facts or {}) | {"for": personal[field]})

        return build_message

    return patch


def limit_sms_to_three(patch: Any) -> None:
    patch.setenv("SATUKANAL_SMS_PER_DAY", "3")


def drop_range_budgets(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: {name: limit for name, limit in original(*args).items() if not name.startswith("range#")}


def use_staff_limit(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda limits, recipient: limits.per_staff


BUGS = (
    Bug(
        "an event handled twice notifies twice",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notify_store, "record_notified", drop_conditions),
            patch_attribute(notify_store, "put_notice", drop_conditions),
            patch_attribute(notify_store, "claim_send", drop_conditions),
        ),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "a redelivered event counts as its next part",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notify_store, "record_notified", count_up_parts),
            patch_attribute(notify_store, "put_notice", drop_conditions),
        ),
        scenario=a_transfer_is_sent,
    ),
    Bug(
        "an offer is announced to staff who are not invited",
        KIND,
        detected_by="N3",
        patches=(patch_item(recipients.RULES, "invited_salesmen", notify_every_salesman),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "a customer is notified of another customer's order",
        KIND,
        detected_by="N3",
        patches=(patch_attribute(recipients, "customer", reuse_first_recipient),),
        scenario=two_orders,
    ),
    Bug(
        "invited salesmen are not notified",
        KIND,
        detected_by="N1",
        patches=(patch_item(recipients.RULES, "invited_salesmen", notify_no_one),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "the assigned warehouse is not notified",
        KIND,
        detected_by="N1",
        patches=(patch_item(recipients.RULES, "serving_location", notify_no_one),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "messages do not count against the budget",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notify_store, "build_budget_writes", always_return([])),),
        scenario=an_order_near_two_vans,
    ),
    Bug(
        "the budget is counted but not enforced",
        KIND,
        detected_by="N4",
        patches=(limit_sms_to_three, patch_attribute(notify_store, "_build_budget_write", drop_conditions)),
        scenario=two_orders_near_two_vans,
    ),
    Bug(
        "a customer's number has the SMS limit of a staff member",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(SmsLimits, "per_recipient", use_staff_limit),),
        scenario=twelve_orders_to_one_number,
    ),
    Bug(
        "SMS are not counted per range of numbers",
        KIND,
        detected_by="N4",
        patches=(patch_attribute(notify_store, "list_budgets", drop_range_budgets),),
        scenario=two_orders,
    ),
    Bug(
        "each delivery of an event counts as a new event",
        KIND,
        detected_by="N3",
        patches=(patch_attribute(journal, "message_to_entry", assign_new_event_id),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's phone number is stored in an inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_phone_number),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a customer's name is stored in an inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_personal_data("name")),),
        scenario=a_customer_with_a_long_name_orders,
    ),
    Bug(
        "a customer's street is stored in an inbox",
        KIND,
        detected_by="N5",
        patches=(patch_attribute(message_context.MessageContext, "build_message", add_personal_data("street")),),
        scenario=an_order_for_the_warehouse,
    ),
    Bug(
        "a message is sent without a notice in the inbox",
        KIND,
        detected_by="N2",
        patches=(
            patch_attribute(notify_store, "put_notice", always_return(None)),
            patch_attribute(notify_store, "remove_from_waiting", always_return(None)),
        ),
        scenario=an_order_near_two_vans,
    ),
)
