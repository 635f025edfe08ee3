"""Messages that are lost for good, and sweeps that do not start what these should have started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.notify import sweep
from chalicelib.orders import cancel as cancelling
from tests.shop import TRAY, principal_of
from tests.verification.simulator.bugs.bug import Bug, patch_attribute
from tests.verification.simulator.bugs.scenario_driver import TRANSFER, ScenarioDriver
from tests.verification.simulator.bugs.shop import JOKO, LIA

KIND = "lost messages"
MINUTES_TO_SECOND_PASS = 16


def lose_messages_and_sweep(driver: ScenarioDriver, times: int = 3) -> None:
    """Lose all messages until now, and run the scheduled jobs until what they start is swept too."""
    for _ in range(times):
        driver.lose_messages()
        driver.pass_time(MINUTES_TO_SECOND_PASS)
        driver.run_scheduled_jobs()


def no_message_of_an_order_arrives(driver: ScenarioDriver) -> None:
    driver.place((TRAY, 1))
    lose_messages_and_sweep(driver)


def no_message_of_a_rejection_arrives(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 1))
    driver.step(order, "reject", by=JOKO, reason="too_busy")
    lose_messages_and_sweep(driver)


def no_message_of_a_cancellation_arrives(driver: ScenarioDriver) -> None:
    order = driver.place_and_handle((TRAY, 1))
    cancelling.cancel(principal_of(LIA), order, "changed their mind")
    lose_messages_and_sweep(driver)


def no_message_of_a_payment_arrives(driver: ScenarioDriver) -> None:
    driver.confirm(driver.place((TRAY, 1), payments=TRANSFER))
    lose_messages_and_sweep(driver)


def skip_start(original: Callable[..., Any]) -> Callable[..., Any]:
    return lambda effects, entries: [entry.event_id for entry in entries]


def effects_without(name: str) -> Callable[[Any], Any]:
    """Wrap `start_missing` so that one effect is left out."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda effects, entries: original([effect for effect in effects if effect.name != name], entries)

    return wrap


def plant(description: str, detected_by: str, wrap: Callable[[Any], Any], scenario: Any) -> Bug:
    patches = (patch_attribute(sweep, "start_missing", wrap),)
    return Bug(description, KIND, detected_by=detected_by, patches=patches, scenario=scenario)


BUGS = (
    plant("no sweep assigns an order whose message was lost", "O7", skip_start, no_message_of_an_order_arrives),
    plant(
        "the sweep leaves out fulfillment, and a rejected order stays without work",
        *("O7", effects_without("fulfillment"), no_message_of_a_rejection_arrives),
    ),
    plant(
        "the sweep leaves out fulfillment, and work of a cancelled order stays open",
        *("O7", effects_without("fulfillment"), no_message_of_a_cancellation_arrives),
    ),
    plant(
        "the sweep leaves out notices, and a customer is not notified of the placed order",
        *("N1", effects_without("notices"), no_message_of_an_order_arrives),
    ),
    plant(
        "the sweep leaves out the recap, which lacks a sale",
        *("A3", effects_without("recap"), no_message_of_a_payment_arrives),
    ),
    plant(
        "the sweep leaves out the ledger, which lacks a payment",
        *("A3", effects_without("ledger"), no_message_of_a_payment_arrives),
    ),
    Bug(
        "histories that lose messages run without a sweep",
        KIND,
        detected_by="O7",
        patches=(patch_attribute(sweep, "start_missing", skip_start),),
    ),
)
