"""Every door under every fault at every of its sends: the client asks again, and it must be as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.shop import an_order, level
from tests.verification.endpoints import rows, world
from tests.verification.endpoints.knock import Row, knock, one_of, row
from tests.verification.endpoints.world import JOKO, SOAP, TEA, World, drawers
from tests.verification.faults import money
from tests.verification.faults.ground import Ground, survived
from tests.verification.faults.line import KINDS, Fault

TRIES = 3
KEY = 10_000  # every try of a client carries the same Idempotency-Key

STATELESS = {"POST /quotes", "POST /carts"}


def given_up(there: World) -> None:
    there.done("POST", f"/api/fulfillments/{there.names['work assigned']}/reject", {"reason": "not_found"}, by=JOKO)


def given_up_for_good(there: World) -> None:
    """Nobody has what was ordered."""
    given_up(there)
    for place in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"):
        held = level(SOAP, place)
        lines = [{"sku": SOAP, "counted": held["on_hand"] - held["available"]}]
        there.done("POST", "/api/stock/counts", {"location": place, "lines": lines})


def expected(there: World) -> None:
    lines = [{"sku": TEA, "quantity": 400}]
    goods = {"location": "wh-surabaya", "on": "2026-11-27", "reason": "PO 88", "lines": lines}
    there.done("POST", "/api/stock/expected", goods)


def awaited(there: World) -> None:
    """Somebody was promised two more than there are."""
    expected(there)
    left = sum(level(TEA, place)["available"] for place in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"))
    there.order("an awaited order", sku=TEA, quantity=left + 2, backorder=True)


# Goods that somebody waits for come before those that nobody does: of each kind of news the first is disturbed.
WAITED_FOR = [
    row(
        "POST /stock/movements",
        "owner",
        body={"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": TEA, "quantity": 4}]},
        first=awaited,
        note="that somebody waits for",
    ),
    row(
        "POST /stock/transfers/{transfer_id}/receive",
        "owner",
        body={"lines": [{"sku": TEA, "quantity": 4}]},
        transfer_id="a delivery",
        first=awaited,
        note="that somebody waits for",
    ),
]

# Where the matrix asks for what is so already, or by one way of several.
ROWS = [
    *WAITED_FOR,
    *rows.ROWS,
    row("PUT /promotions", "owner", body=world.PROMOTION_EXAMPLE | {"name": "Another name"}, note="renamed"),
    row("PUT /placements", "owner", body={"code": "radio", "channel": "phone", "medium": "advert"}, note="a new one"),
    row(
        "POST /orders",
        "anonymous",
        body=an_order((TEA, 700), backorder=True),
        first=expected,
        note="some of it for a later day",
    ),
    row(
        "POST /orders/{order_id}/payments",
        "cashier",
        order_id="a waiting order",
        body={"method": "cash"},
        first=drawers,
        note="in cash after all",
    ),
    row("POST /orders/{order_id}/reroute", "owner", order_id="an order assigned", first=given_up, note="given up"),
    row(
        "POST /orders/{order_id}/reroute",
        "owner",
        order_id="an order assigned",
        first=given_up_for_good,
        note="given up for good",
    ),
    row(
        "POST /identities/verify",
        "own",
        own="another order",
        body={"order": "another order", "identity": "phone"},
        note="for the first time",
    ),
    row(
        "GET /payments/{payment_id}/proof",
        "finance",
        payment_id="a waiting payment",
        first=money.pictured,
        note="a picture",
    ),
    *money.ROWS,
]

# What a client hears instead, when the answer to what he asked for was lost. The tables are the same all the same.
EXCUSED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "POST /imports": (
        "each row lands by itself, and it counts those that this very run changed: fewer or none",
        lambda answer: answer.status == 200 and not answer.json["errors"],
    ),
}


@dataclass(frozen=True)
class Clean:
    """What a row's request does when nothing disturbs it."""

    row: Row
    ready: Any
    after: Any
    sends: list[str]
    said: list[str]
    moved: list[str]
    stream: list[Any]


@dataclass(frozen=True)
class Verdict:
    """Of one request under one fault at one of its sends; `wrong` says nothing when all is well."""

    name: str
    send: int
    kind: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.name}, send {self.send + 1}, {self.kind}: {self.wrong}"


def clean(ground: Ground, row: Row) -> Clean:
    ground.stand(ground.built)
    if row.first:
        row.first(ground.world)
    ready = ground.memory.snapshot()
    ground.stand(ready)
    answer = ask(ground, row)
    assert answer.status < 400, (row.name, answer.text)
    sends, stream = list(ground.line.sent), list(ground.memory.stream)
    assert ground.wrong() == []
    said, moved = ground.since(ready, words(answer))
    return Clean(row, ready, ground.memory.snapshot(), sends, said, moved, stream)


def ask(ground: Ground, row: Row) -> Any:
    ground.world.keys = KEY
    return knock(ground.world, row, one_of(row))


def words(answer: Any) -> str:
    """201 for the first time and 200 for a repeat say the same."""
    status = 200 if answer.status == 201 else answer.status
    return f"{status} {answer.headers.get('Location', '')} {answer.text}"


def verdicts(ground: Ground, row: Row) -> Iterator[Verdict]:
    undisturbed = clean(ground, row)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(row.name, send, kind, wrong(ground, undisturbed, {send: KINDS[kind]}))


def wrong(ground: Ground, undisturbed: Clean, faults: Mapping[int, Fault]) -> str:
    """`faults` by the number of the send they wait for, counted through every try."""
    answers = asked(ground, undisturbed, faults)
    for answer in answers:
        if answer is not None and answer.status >= 500 and answer.status != 503:
            return f"a bug: {answer.text}"
    if wants_another_try(answers[-1]):
        return f"never answered: {answers[-1] and answers[-1].text}"
    return as_undisturbed(ground, undisturbed, answers[-1])


def asked(ground: Ground, undisturbed: Clean, faults: Mapping[int, Fault]) -> list[Any]:
    """What each try was answered; a client stops asking when he knows."""
    ground.stand(undisturbed.ready)
    ground.line.clear(faults)
    answers = []
    while not answers or (wants_another_try(answers[-1]) and len(answers) < TRIES):
        answers.append(survived(lambda: ask(ground, undisturbed.row)))
    return answers


def wants_another_try(answer: Any) -> bool:
    """An import answers all the same, and names the rows that have to come again."""
    return answer is None or answer.status >= 500 or (answer.status == 200 and b'"errors":[{' in answer.body)


def as_undisturbed(ground: Ground, undisturbed: Clean, answer: Any) -> str:
    said, moved = ground.since(undisturbed.ready, words(answer))
    _, excused = EXCUSED.get(undisturbed.row.door, ("", lambda _: False))
    if moved != undisturbed.moved:
        return f"moved otherwise: {sorted(set(moved) ^ set(undisturbed.moved))}"
    if said != undisturbed.said and not excused(answer):
        return f"answered otherwise: {said[0]}"
    violated = ground.wrong()
    return f"violates {violated}" if violated else ""
