"""A small shop in memory whose stories are told in a few lines, and what should have been refused but was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment import accept, deliver, dispatch, fail, handover, pick, ready, reject
from chalicelib.fulfillment.model import Case, Fulfillment
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import clock, requests
from chalicelib.kit.errors import Problem
from chalicelib.kit.requests import AlreadyAnswered, Asked
from chalicelib.orders import confirm_payment
from chalicelib.payments.store import load_payments
from infra.invariants.world import World
from tests.fulfillment.build import placed_only
from tests.shop import who
from tests.verification.simulator import deeds_house
from tests.verification.simulator.bugs.shop import AGUS, JOKO, MAYA
from tests.verification.simulator.chances import LISTENERS
from tests.verification.simulator.sim import Sim

TRANSFER, CREDIT, CASH = [{"method": "transfer"}], [{"method": "credit"}], [{"method": "cash"}]
MAKMUR = {"customer": {"id": "cus_makmur"}}
ROOMS = (accept, deliver, dispatch, fail, handover, pick, ready, reject)
VERBS = {room.__name__.rpartition(".")[2]: room for room in ROOMS}


class Scene:
    def __init__(self, sim: Sim) -> None:
        self.sim = sim
        self.missed: set[str] = set()
        self.swept = ""

    # -- what is done -------------------------------------------------------------------------------------------------

    def order(self, *lines: tuple[str, int], by: str = "", **said: Any) -> str:
        return placed_only(*lines, by=by, **said)

    def heard(self, *lines: tuple[str, int], by: str = "", **said: Any) -> str:
        """An order that everybody has heard of."""
        order_id = self.order(*lines, by=by, **said)
        self.all_hear()
        return order_id

    def all_hear(self) -> None:
        """Everything twice, until nobody has anything more to say."""
        news = self.sim.news
        while news.come(self.sim.memory.stream):
            waiting, news.waiting = news.waiting, []
            for listener, told in waiting:
                for _ in "again":
                    LISTENERS[listener][1](told)

    def step(self, order_id: str, *verbs: str, by: str, work: int = -1, **said: Any) -> None:
        """Looked up as the doors do, so that a verb with a bug is the one that is used."""
        for verb in verbs:
            getattr(VERBS[verb], verb)(who(by), self.work(order_id, work).id, **said)

    def bring(self, order_id: str, *, work: int = -1, by: str = JOKO, until: str = "deliver") -> None:
        self.step(order_id, "accept", "pick", "ready", by=by, work=work)
        for verb in ("dispatch", "deliver")[: 1 + (until == "deliver")]:
            self.step(order_id, verb, by=AGUS, work=work)

    def confirm(self, order_id: str, number: int = 0) -> None:
        confirm_payment.confirm(who(MAYA), self.payments(order_id)[number].id)

    def pass_time(self, minutes: int) -> None:
        self.sim.now += timedelta(minutes=minutes)

    def minute(self) -> None:
        """What the clock does; whatever ended before now has to be over after it."""
        deeds_house.the_minute(self.sim)
        self.swept = clock.iso(self.sim.now)

    # -- what is looked at --------------------------------------------------------------------------------------------

    def case(self, order_id: str) -> Case:
        return load_case(order_id)

    def work(self, order_id: str, number: int = -1) -> Fulfillment:
        return self.case(order_id).works[number]

    def offer(self, order_id: str) -> str:
        return self.case(order_id).offers[-1].id

    def payments(self, order_id: str) -> list[Any]:
        return load_payments(self.case(order_id).order.payment_ids)

    def world(self) -> World:
        """Everything has been heard, and this shop has one clock."""
        return replace(self.sim.world(quiet=True), now=clock.iso(self.sim.now), swept_before=self.swept)

    def told_twice(self) -> set[str]:
        return {"N2"} if len(self.sim.outbox) != len(set(self.sim.outbox)) else set()

    # -- what must come of it -----------------------------------------------------------------------------------------

    def refuses(self, no: type[Problem], deed: Callable[[], Any]) -> None:
        try:
            deed()
        except no:
            return
        self.missed.add(no.__name__)

    def holds(self, promise: str, is_so: bool) -> None:
        if not is_so:
            self.missed.add(promise)

    def serves(self, deed: Callable[[], Any]) -> None:
        """Somebody who must not be sent away."""
        try:
            deed()
        except (Problem, AssertionError):
            self.missed.add("the buyer is served")

    def sends_away(self, deed: Callable[[], Any]) -> None:
        """Somebody for whom there is nothing."""
        try:
            deed()
        except (Problem, AssertionError):
            return
        self.missed.add("the buyer is sent away")

    def answers_alike(self, by: str, ask: Callable[[Asked], Any]) -> None:
        """One request sent twice, as after a lost reply."""
        asked = requests.asked(who(by).actor, "story", "one key", "one body")
        if again(ask, asked) != again(ask, asked):
            self.missed.add("O4")


def again(ask: Callable[[Asked], Any], asked: Asked) -> Any:
    try:
        return ask(asked)
    except AlreadyAnswered as before:
        return before.answer
