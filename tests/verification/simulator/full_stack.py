"""A seeded history on the full path: `python -m tests.verification.simulator.full_stack SEED STEPS` prints its trace.

Requests go from the HTTP event through Chalice, PynamoDB and botocore to tables in memory, and journal entries from the
stream through the functions as Lambda calls them. A random generator with the given seed chooses the actions, clock
skews, faults, lags of reads and the order of events.
"""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.kit import clock, db, ids
from chalicelib.kit.errors import Problem
from chalicelib.kit.packages import TABLES
from chalicelib.notify import send_message, transports
from infra.invariants.check import check_snapshot
from infra.invariants.snapshot import Snapshot
from tests.conftest import clear_caches
from tests.fulfillment.build import NOON
from tests.verification.simulator import step_invariants
from tests.verification.simulator.botocore_stub import FAULTS, BotocoreStub, stub_botocore
from tests.verification.simulator.full_stack_client import RequestRefused, RetryingClient
from tests.verification.simulator.full_stack_events import EventDelivery
from tests.verification.simulator.full_stack_probabilities import (
    FAULTS_BY_OPERATION,
    MAX_CLOCK_SKEW,
    SWEEP_AFTER,
    Probabilities,
    Violation,
)
from tests.verification.simulator.step_invariants import item_to_plain_row
from tests.verification.simulator.store import MAX_LAG_SECONDS, Store

MAX_ROUNDS = 400  # until nothing is pending

Action = Callable[["FullStackSim"], str]


@dataclass
class FullStackSim:
    seed: int
    probabilities: Probabilities = field(default_factory=Probabilities)

    def __post_init__(self) -> None:
        self.rng, self.now, self.skew = random.Random(self.seed), NOON, timedelta()
        self.faults_off, self.is_nested = True, False
        self.faults = self.sends = self.page_index = self.saved_index = 0
        self.action: Action | None = None
        self.trace: list[str] = []
        self.orders: dict[str, str] = {}  # id → the shopper's token
        self.transfers: list[tuple[str, str]] = []
        self.sent_messages: list[tuple[str, str, str]] = []
        self.store = Store(lambda: (self.now - NOON).total_seconds())
        self.wire = BotocoreStub(self.store)
        self.wire.inject_fault, self.wire.read_lag = self.fault, self.lag
        lost_response_probability = lambda: 0.0 if self.faults_off else self.probabilities.lost_response  # noqa: E731
        self.client = RetryingClient(self.rng, self.fail, lost_response_probability, self.log, self.token_version_of)
        self.event_delivery = EventDelivery(
            self.rng,
            redelivery_probability=lambda: 0.0 if self.faults_off else self.probabilities.redeliver,
            does_carrier_fail=lambda: not self.faults_off and self.rng.random() < self.probabilities.carrier_failure,
            call=self.run_function,
        )

    # -- the environment of the shop ----------------------------------------------------------------------------------

    @contextmanager
    def shop(self) -> Iterator[FullStackSim]:
        """Run the application on this history's clock, random ids, tables and carriers within the context."""
        originals = clock.source, ids.randomness, db.pause, send_message.render_and_send
        randomness = random.Random(f"ids of {self.seed}")
        clock.source, ids.randomness = lambda: self.now + self.skew, randomness.randbytes
        db.pause, send_message.render_and_send, self.render_and_send = (
            lambda attempt: None,
            self.send_to_carrier,
            send_message.render_and_send,
        )
        clear_caches()
        transports.use_clients(self.event_delivery.build_carrier_clients())
        logging.disable(logging.CRITICAL)
        try:
            with stub_botocore(self.wire, self.sleep):
                yield self
        finally:
            clock.source, ids.randomness, db.pause, send_message.render_and_send = originals
            logging.disable(logging.NOTSET)
            clear_caches()

    def sleep(self, seconds: float) -> None:
        """Advance the clock by the pause between two sends of botocore."""
        self.now += timedelta(seconds=seconds)

    def fault(self, operation: str) -> str:
        """Return the fault of this send, or an empty string."""
        if self.faults_off:
            return ""
        if (
            operation == "TransactWriteItems"
            and not self.is_nested
            and self.rng.random() < self.probabilities.interleave
        ):
            self.interleave()
        self.sends += 1
        if self.rng.random() >= self.probabilities.fault:
            return ""
        self.faults += 1
        fault = self.rng.choice(FAULTS_BY_OPERATION.get(operation, FAULTS))
        self.log(f"{'':6}({operation}: {fault})")
        if fault == "slow":
            self.now += timedelta(seconds=self.rng.uniform(0.5, 2.9))
        return fault

    def lag(self) -> float:
        is_stale = not self.faults_off and self.rng.random() < self.probabilities.stale_read
        return self.rng.uniform(0, MAX_LAG_SECONDS) if is_stale else 0.0

    def interleave(self) -> None:
        """Run another action in between; every other time the same one."""
        from tests.verification.simulator import full_stack_actions

        self.is_nested, skew = True, self.skew
        repeats_action = self.action is not None and self.rng.random() < 0.5
        try:
            self.step([(1, self.action)] if repeats_action and self.action else full_stack_actions.WEIGHTED_ACTIONS)
        finally:
            self.is_nested, self.skew = False, skew

    def send_to_carrier(self, attempt: Any) -> None:
        """Record the attempt: N2 allows one per message, recipient and channel."""
        self.sent_messages.append((attempt.message.event_id, attempt.party, attempt.channel))
        self.render_and_send(attempt)

    # -- steps --------------------------------------------------------------------------------------------------------

    def run(self, steps: int) -> FullStackSim:
        from tests.verification.simulator import full_stack_actions, full_stack_operations

        if self.rng.random() < self.probabilities.lose_messages:
            self.event_delivery.is_lost = self.is_message_lost
        self.faults_off = False
        for number in range(1, steps + 1):
            self.step(full_stack_actions.WEIGHTED_ACTIONS, number)
            if self.rng.random() < self.probabilities.deliver_events:
                self.step([(1, full_stack_operations.deliver_events)])
        self.event_delivery.enqueue(self.store.stream)
        self.now += SWEEP_AFTER if self.event_delivery.lost else timedelta()
        self.drain()
        self.check_all()
        return self

    def is_message_lost(self) -> bool:
        return not self.faults_off and self.rng.random() < self.probabilities.lost_message

    def step(self, weighted_actions: Sequence[tuple[int, Action]], number: int = 0) -> None:
        weights, actions = zip(*weighted_actions)
        action = self.rng.choices(actions, weights)[0]
        self.action = self.action if self.is_nested else action
        self.skew = MAX_CLOCK_SKEW * self.rng.uniform(-1, 1)
        self.now += timedelta(seconds=self.rng.uniform(0, 20))
        line = len(self.trace)
        self.log("")
        outcome = self.run_action(action)
        mark = f"{number:5}" if number else "    ↳"
        self.trace[line] = f"{mark} {self.now:%d %H:%M:%S} {action.__name__.replace('_', ' ')}: {outcome}"
        self.check_step()

    def run_action(self, action: Action) -> str:
        try:
            return action(self)
        except RequestRefused as refusal:
            return f"no, {refusal}"
        except Exception as bug:
            return str(self.fail(f"a bug: {type(bug).__name__}: {bug}", bug))

    def run_function(self, function: Callable[[], Any]) -> str:
        """Call a Lambda function. Return the code of its refusal, or an empty string."""
        try:
            function()
        except Problem as problem:
            return str(problem.facts.get("refusal", problem.code))
        return ""

    def drain(self) -> None:
        """Without further faults, run handlers and scheduled jobs until nothing is pending. Fails after MAX_ROUNDS."""
        self.faults_off, self.skew, was_idle = True, timedelta(), False
        for _ in range(MAX_ROUNDS):
            self.event_delivery.enqueue(self.store.stream)
            if self.event_delivery.is_idle and was_idle:
                return
            was_idle = self.event_delivery.is_idle
            self.deliver_everything()
        self.fail(f"O7: not quiet after {MAX_ROUNDS} rounds: {self.event_delivery.messages[:3]}")

    def deliver_everything(self) -> None:
        for handler in self.event_delivery.streams:
            self.run_action(lambda sim, handler=handler: sim.event_delivery.deliver_all(handler))
        for _ in range(len(self.event_delivery.messages)):
            self.run_action(lambda sim: sim.event_delivery.deliver_message(0).description)
        self.run_action(lambda sim: sim.event_delivery.run_schedules(lambda: sim.now).description)

    # -- checks -------------------------------------------------------------------------------------------------------

    def check_step(self) -> None:
        violations = step_invariants.find_violations(
            self.store.tables, self.store.written_keys, clock.iso(self.now + MAX_CLOCK_SKEW), item_to_plain_row
        )
        self.store.written_keys.clear()
        if violations:
            self.fail("\n".join(violations))

    def check_all(self) -> None:
        report = check_snapshot(self.build_snapshot())
        if not report.is_valid:
            self.fail(str(report))
        if len(self.sent_messages) != len(set(self.sent_messages)):
            self.fail("N2: the same message was given to a carrier twice")
        for order, token in self.orders.items():
            try:
                self.client.get(f"/api/orders/{order}", "" if token else "owner-ratna", token=token)
            except RequestRefused as refusal:
                self.fail(f"O6: {order} was answered, but its endpoint now refuses: {refusal}")

    def build_snapshot(self) -> Snapshot:
        """Return all rows after `drain`.

        No clock is more than MAX_CLOCK_SKEW ahead, so holds that end later must exist; everything due has ended.
        """
        rows = {name: [item_to_plain_row(item) for item in self.store.items(f"test-{name}")] for name in TABLES}
        return Snapshot(rows, clock.iso(self.now + MAX_CLOCK_SKEW), "~", clock.iso(self.now))

    def rows(self, table: str, pk: str) -> list[dict[str, Any]]:
        """Read rows directly from the tables, which is not part of the history."""
        return [item_to_plain_row(item) for item in self.store.tables[f"test-{table}"].rows.get(pk, {}).values()]

    def token_version_of(self, staff: str) -> int:
        """Return the current version of a staff member's session tokens."""
        return int(next((row["token_version"] for row in self.rows("places", "staff") if row["sk"] == staff), 1))

    def log(self, line: str) -> None:
        self.trace.append(line)

    def fail(self, message: str, cause: Exception | None = None) -> Any:
        raise Violation(f"seed {self.seed}\n" + "\n".join(self.trace) + f"\n{message}") from cause


def run_history(seed: int, steps: int, probabilities: Probabilities | None = None) -> FullStackSim:
    from tests.verification.simulator import full_stack_actions

    history = FullStackSim(seed, probabilities or Probabilities())
    history.store.restore(full_stack_actions.load_initial_tables())
    with history.shop():
        return history.run(steps)


def main(seed: int, steps: int) -> int:
    try:
        history = run_history(seed, steps)
    except Violation as violation:
        print(violation)
        return 1
    print("\n".join(history.trace))
    counts = {
        "steps": steps,
        "requests": history.client.request_count,
        "sends": history.sends,
        "faults": history.faults,
    }
    counts |= {"journal entries": len(history.store.stream)}
    print(f"seed {seed}:", ", ".join(f"{count} {name}" for name, count in counts.items()), "and all invariants held")
    return 0


if __name__ == "__main__":
    from tests.verification.simulator import full_stack as itself  # actions import this module by its name

    sys.exit(itself.main(*(int(word) for word in [*sys.argv[1:], *["1", "40"][len(sys.argv) - 1 :]])))
