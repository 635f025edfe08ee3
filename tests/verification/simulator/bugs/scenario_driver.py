"""Runs scenarios against a small shop in memory and collects the expectations that were not met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment import accept, deliver, dispatch, fail, handover, pick, ready, reject
from chalicelib.fulfillment.model import Fulfillment, OrderFulfillment
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import clock, idempotency
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import IdempotencyKey, Replay
from chalicelib.orders import confirm_payment
from chalicelib.payments.store import load_payments
from infra.invariants.snapshot import Snapshot
from tests.fulfillment.build import place_order_without_events
from tests.shop import principal_of
from tests.verification.simulator import actions_operations
from tests.verification.simulator.bugs.shop import AGUS, JOKO, MAYA
from tests.verification.simulator.probabilities import HANDLERS
from tests.verification.simulator.sim import Sim

TRANSFER, CREDIT, CASH = [{"method": "transfer"}], [{"method": "credit"}], [{"method": "cash"}]
MAKMUR = {"customer": {"id": "cus_makmur"}}
STEP_MODULES = (accept, deliver, dispatch, fail, handover, pick, ready, reject)
MODULE_BY_STEP = {module.__name__.rpartition(".")[2]: module for module in STEP_MODULES}


class ScenarioDriver:
    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.failed_expectations: set[str] = set()
        self.timers_ran_before = ""

    # -- actions -----------------------------------------------------------------------------------------------------

    def place(self, *lines: tuple[str, int], by: str = "", **kwargs: Any) -> str:
        return place_order_without_events(*lines, by=by, **kwargs)

    def place_and_handle(self, *lines: tuple[str, int], by: str = "", **kwargs: Any) -> str:
        """Place an order and run all event handlers. Return its id."""
        order_id = self.place(*lines, by=by, **kwargs)
        self.run_handlers()
        return order_id

    def run_handlers(self) -> None:
        """Deliver every event twice, until no new events are written."""
        queue = self.sim.event_queue
        while queue.enqueue(self.sim.memory.stream):
            pending, queue.pending = queue.pending, []
            for handler, message in pending:
                for _ in range(2):
                    HANDLERS[handler][1](message)

    def lose_messages(self) -> None:
        """Lose the messages of all events until now for good."""
        self.sim.event_queue.enqueue(self.sim.memory.stream)
        self.sim.event_queue.pending.clear()

    def step(self, order_id: str, *verbs: str, by: str, work: int = -1, **kwargs: Any) -> None:
        """Take steps. Functions are looked up on each call, as the endpoints do, so that a patched one is used."""
        for verb in verbs:
            getattr(MODULE_BY_STEP[verb], verb)(principal_of(by), self.work(order_id, work).id, **kwargs)

    def fulfill(self, order_id: str, *, work: int = -1, by: str = JOKO, until: str = "deliver") -> None:
        self.step(order_id, "accept", "pick", "ready", by=by, work=work)
        for verb in ("dispatch", "deliver")[: 1 + (until == "deliver")]:
            self.step(order_id, verb, by=AGUS, work=work)

    def confirm(self, order_id: str, number: int = 0) -> None:
        confirm_payment.confirm(principal_of(MAYA), self.payments(order_id)[number].id)

    def pass_time(self, minutes: int) -> None:
        self.sim.now += timedelta(minutes=minutes)

    def run_scheduled_jobs(self) -> None:
        """Run the scheduled jobs; everything due before now must have ended afterwards."""
        actions_operations.run_scheduled_jobs(self.sim)
        self.timers_ran_before = clock.iso(self.sim.now)

    # -- state -------------------------------------------------------------------------------------------------------

    def load_fulfillment(self, order_id: str) -> OrderFulfillment:
        return load_fulfillment_of_order(order_id)

    def work(self, order_id: str, number: int = -1) -> Fulfillment:
        return self.load_fulfillment(order_id).fulfillments[number]

    def last_offer_id(self, order_id: str) -> str:
        return self.load_fulfillment(order_id).offers[-1].id

    def payments(self, order_id: str) -> list[Any]:
        return load_payments(self.load_fulfillment(order_id).order.payment_ids)

    def build_snapshot(self) -> Snapshot:
        """Return the shop's rows, with every event handled and one clock for the whole shop."""
        return replace(
            self.sim.build_snapshot(quiet=True), now=clock.iso(self.sim.now), timers_ran_before=self.timers_ran_before
        )

    def find_duplicate_sends(self) -> set[str]:
        return {"N2"} if len(self.sim.outbox) != len(set(self.sim.outbox)) else set()

    # -- expectations --------------------------------------------------------------------------------------------------

    def expect_refusal(self, refusal: type[Problem], action: Callable[[], Any]) -> None:
        try:
            action()
        except refusal:
            return
        self.failed_expectations.add(refusal.__name__)

    def expect(self, expectation: str, is_met: bool) -> None:
        if not is_met:
            self.failed_expectations.add(expectation)

    def expect_accepted(self, action: Callable[[], Any]) -> None:
        """Expect that the order is accepted."""
        try:
            action()
        except (Problem, AssertionError):
            self.failed_expectations.add("the order is accepted")

    def expect_sold_out(self, action: Callable[[], Any]) -> None:
        """Expect that the order is refused."""
        try:
            action()
        except (Problem, AssertionError):
            return
        self.failed_expectations.add("the order is refused")

    def expect_same_answer(self, by: str, send: Callable[[IdempotencyKey], Any]) -> None:
        """Send one request twice, as after a lost reply, and expect equal answers."""
        key = idempotency.build_idempotency_key(principal_of(by).actor, "scenario", "one key", "one body")
        if answer_or_repeat(send, key) != answer_or_repeat(send, key):
            self.failed_expectations.add("O4")


def answer_or_repeat(send: Callable[[IdempotencyKey], Any], key: IdempotencyKey) -> Any:
    try:
        return send(key)
    except Replay as replay:
        return replay.answer
