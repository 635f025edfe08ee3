"""A small shop in memory whose stories are told in a few lines, and what should have been refused but was not."""

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
MODULE_BY_STEP = {room.__name__.rpartition(".")[2]: room for room in STEP_MODULES}


class ScenarioDriver:
    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.failed_expectations: set[str] = set()
        self.swept_before = ""

    # -- what is done -------------------------------------------------------------------------------------------------

    def place(self, *lines: tuple[str, int], by: str = "", **said: Any) -> str:
        return place_order_without_events(*lines, by=by, **said)

    def place_and_handle(self, *lines: tuple[str, int], by: str = "", **said: Any) -> str:
        """An order that everybody has heard of."""
        order_id = self.place(*lines, by=by, **said)
        self.run_handlers()
        return order_id

    def run_handlers(self) -> None:
        """Everything twice, until nobody has anything more to say."""
        news = self.sim.event_queue
        while news.enqueue(self.sim.memory.stream):
            waiting, news.pending = news.pending, []
            for listener, told in waiting:
                for _ in "again":
                    HANDLERS[listener][1](told)

    def step(self, order_id: str, *verbs: str, by: str, work: int = -1, **said: Any) -> None:
        """Looked up as the doors do, so that a verb with a bug is the one that is used."""
        for verb in verbs:
            getattr(MODULE_BY_STEP[verb], verb)(principal_of(by), self.work(order_id, work).id, **said)

    def fulfill(self, order_id: str, *, work: int = -1, by: str = JOKO, until: str = "deliver") -> None:
        self.step(order_id, "accept", "pick", "ready", by=by, work=work)
        for verb in ("dispatch", "deliver")[: 1 + (until == "deliver")]:
            self.step(order_id, verb, by=AGUS, work=work)

    def confirm(self, order_id: str, number: int = 0) -> None:
        confirm_payment.confirm(principal_of(MAYA), self.payments(order_id)[number].id)

    def pass_time(self, minutes: int) -> None:
        self.sim.now += timedelta(minutes=minutes)

    def run_scheduled_jobs(self) -> None:
        """What the clock does; whatever ended before now has to be over after it."""
        actions_operations.run_scheduled_jobs(self.sim)
        self.swept_before = clock.iso(self.sim.now)

    # -- what is looked at --------------------------------------------------------------------------------------------

    def load_fulfillment(self, order_id: str) -> OrderFulfillment:
        return load_fulfillment_of_order(order_id)

    def work(self, order_id: str, number: int = -1) -> Fulfillment:
        return self.load_fulfillment(order_id).fulfillments[number]

    def last_offer_id(self, order_id: str) -> str:
        return self.load_fulfillment(order_id).offers[-1].id

    def payments(self, order_id: str) -> list[Any]:
        return load_payments(self.load_fulfillment(order_id).order.payment_ids)

    def world(self) -> Snapshot:
        """Everything has been heard, and this shop has one clock."""
        return replace(self.sim.world(quiet=True), now=clock.iso(self.sim.now), timers_ran_before=self.swept_before)

    def find_duplicate_sends(self) -> set[str]:
        return {"N2"} if len(self.sim.outbox) != len(set(self.sim.outbox)) else set()

    # -- what must come of it -----------------------------------------------------------------------------------------

    def expect_refusal(self, no: type[Problem], deed: Callable[[], Any]) -> None:
        try:
            deed()
        except no:
            return
        self.failed_expectations.add(no.__name__)

    def expect(self, promise: str, is_so: bool) -> None:
        if not is_so:
            self.failed_expectations.add(promise)

    def expect_served(self, deed: Callable[[], Any]) -> None:
        """Somebody who must not be sent away."""
        try:
            deed()
        except (Problem, AssertionError):
            self.failed_expectations.add("the buyer is served")

    def expect_sent_away(self, deed: Callable[[], Any]) -> None:
        """Somebody for whom there is nothing."""
        try:
            deed()
        except (Problem, AssertionError):
            return
        self.failed_expectations.add("the buyer is sent away")

    def expect_same_answer(self, by: str, ask: Callable[[IdempotencyKey], Any]) -> None:
        """One request sent twice, as after a lost reply."""
        asked = idempotency.build_idempotency_key(principal_of(by).actor, "story", "one key", "one body")
        if answer_or_repeat(ask, asked) != answer_or_repeat(ask, asked):
            self.failed_expectations.add("O4")


def answer_or_repeat(ask: Callable[[IdempotencyKey], Any], asked: IdempotencyKey) -> Any:
    try:
        return ask(asked)
    except Replay as before:
        return before.answer
