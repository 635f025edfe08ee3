"""Every door under every fault at every of its sends: the client asks again, and it must be as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.shop import an_order, level
from tests.verification.endpoints import access_table, sample_shop
from tests.verification.endpoints.principals import AccessRow, access_row, least_privileged, send_as
from tests.verification.endpoints.sample_shop import JOKO, SOAP, TEA, SampleShop, open_shifts
from tests.verification.faults import payment_rows
from tests.verification.faults.faulty_engine import KINDS, Fault
from tests.verification.faults.replayable_shop import ReplayableShop, none_if_killed

TRIES = 3
KEY = 10_000  # every try of a client carries the same Idempotency-Key

STATELESS = {"POST /quotes", "POST /carts"}


def reject_work(there: SampleShop) -> None:
    there.send_ok("POST", f"/api/fulfillments/{there.ids['work assigned']}/reject", {"reason": "not_found"}, by=JOKO)


def reject_work_without_stock(there: SampleShop) -> None:
    """Nobody has what was ordered."""
    reject_work(there)
    for place in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"):
        held = level(SOAP, place)
        lines = [{"sku": SOAP, "counted": held["on_hand"] - held["available"]}]
        there.send_ok("POST", "/api/stock/counts", {"location": place, "lines": lines})


def expect_stock(there: SampleShop) -> None:
    lines = [{"sku": TEA, "quantity": 400}]
    goods = {"location": "wh-surabaya", "on": "2026-11-27", "reason": "PO 88", "lines": lines}
    there.send_ok("POST", "/api/stock/expected", goods)


def place_backorder(there: SampleShop) -> None:
    """Somebody was promised two more than there are."""
    expect_stock(there)
    left = sum(level(TEA, place)["available"] for place in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"))
    there.place_order("an awaited order", sku=TEA, quantity=left + 2, backorder=True)


# Goods that somebody waits for come before those that nobody does: of each kind of news the first is disturbed.
BACKORDER_ROWS = [
    access_row(
        "POST /stock/movements",
        "owner",
        body={"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": TEA, "quantity": 4}]},
        prepare=place_backorder,
        note="that somebody waits for",
    ),
    access_row(
        "POST /stock/transfers/{transfer_id}/receive",
        "owner",
        body={"lines": [{"sku": TEA, "quantity": 4}]},
        transfer_id="a delivery",
        prepare=place_backorder,
        note="that somebody waits for",
    ),
]

# Where the matrix asks for what is so already, or by one way of several.
ROWS = [
    *BACKORDER_ROWS,
    *access_table.ROWS,
    access_row(
        "PUT /promotions", "owner", body=sample_shop.PROMOTION_EXAMPLE | {"name": "Another name"}, note="renamed"
    ),
    access_row(
        "PUT /placements", "owner", body={"code": "radio", "channel": "phone", "medium": "advert"}, note="a new one"
    ),
    access_row(
        "POST /orders",
        "anonymous",
        body=an_order((TEA, 700), backorder=True),
        prepare=expect_stock,
        note="some of it for a later day",
    ),
    access_row(
        "POST /orders/{order_id}/payments",
        "cashier",
        order_id="a waiting order",
        body={"method": "cash"},
        prepare=open_shifts,
        note="in cash after all",
    ),
    access_row(
        "POST /orders/{order_id}/reroute", "owner", order_id="an order assigned", prepare=reject_work, note="given up"
    ),
    access_row(
        "POST /orders/{order_id}/reroute",
        "owner",
        order_id="an order assigned",
        prepare=reject_work_without_stock,
        note="given up for good",
    ),
    access_row(
        "POST /identities/verify",
        "own",
        own_order="another order",
        body={"order": "another order", "identity": "phone"},
        note="for the first time",
    ),
    access_row(
        "GET /payments/{payment_id}/proof",
        "finance",
        payment_id="a waiting payment",
        prepare=payment_rows.submit_picture,
        note="a picture",
    ),
    *payment_rows.ROWS,
]

# What a client hears instead, when the answer to what he asked for was lost. The tables are the same all the same.
ALLOWED_DIFFERENCES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "POST /imports": (
        "each row lands by itself, and it counts those that this very run changed: fewer or none",
        lambda answer: answer.status == 200 and not answer.json["errors"],
    ),
}


@dataclass(frozen=True)
class Baseline:
    """What a row's request does when nothing disturbs it."""

    row: AccessRow
    tables: Any
    tables_after: Any
    sends: list[str]
    answer: list[str]
    changes: list[str]
    stream: list[Any]


@dataclass(frozen=True)
class Verdict:
    """Of one request under one fault at one of its sends; `wrong` says nothing when all is well."""

    name: str
    send: int
    kind: str
    failure: str

    def __str__(self) -> str:
        return f"{self.name}, send {self.send + 1}, {self.kind}: {self.failure}"


def run_undisturbed(ground: ReplayableShop, row: AccessRow) -> Baseline:
    ground.restore(ground.initial_tables)
    if row.prepare:
        row.prepare(ground.sample)
    ready = ground.memory.snapshot()
    ground.restore(ready)
    answer = send_request(ground, row)
    assert answer.status < 400, (row.name, answer.text)
    sends, stream = list(ground.engine.sent), list(ground.memory.stream)
    assert ground.violations() == []
    said, moved = ground.changes_since(ready, comparable_answer(answer))
    return Baseline(row, ready, ground.memory.snapshot(), sends, said, moved, stream)


def send_request(ground: ReplayableShop, row: AccessRow) -> Any:
    ground.sample.keys = KEY
    return send_as(ground.sample, row, least_privileged(row))


def comparable_answer(answer: Any) -> str:
    """201 for the first time and 200 for a repeat say the same."""
    status = 200 if answer.status == 201 else answer.status
    return f"{status} {answer.headers.get('Location', '')} {answer.text}"


def verdicts(ground: ReplayableShop, row: AccessRow) -> Iterator[Verdict]:
    undisturbed = run_undisturbed(ground, row)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(row.name, send, kind, find_failure(ground, undisturbed, {send: KINDS[kind]}))


def find_failure(ground: ReplayableShop, undisturbed: Baseline, faults: Mapping[int, Fault]) -> str:
    """`faults` by the number of the send they wait for, counted through every try."""
    answers = send_until_answered(ground, undisturbed, faults)
    for answer in answers:
        if answer is not None and answer.status >= 500 and answer.status != 503:
            return f"a bug: {answer.text}"
    if needs_retry(answers[-1]):
        return f"never answered: {answers[-1] and answers[-1].text}"
    return find_difference(ground, undisturbed, answers[-1])


def send_until_answered(ground: ReplayableShop, undisturbed: Baseline, faults: Mapping[int, Fault]) -> list[Any]:
    """What each try was answered; a client stops asking when he knows."""
    ground.restore(undisturbed.tables)
    ground.engine.reset(faults)
    answers = []
    while not answers or (needs_retry(answers[-1]) and len(answers) < TRIES):
        answers.append(none_if_killed(lambda: send_request(ground, undisturbed.row)))
    return answers


def needs_retry(answer: Any) -> bool:
    """An import answers all the same, and names the rows that have to come again."""
    return answer is None or answer.status >= 500 or (answer.status == 200 and b'"errors":[{' in answer.body)


def find_difference(ground: ReplayableShop, undisturbed: Baseline, answer: Any) -> str:
    said, moved = ground.changes_since(undisturbed.tables, comparable_answer(answer))
    _, excused = ALLOWED_DIFFERENCES.get(undisturbed.row.endpoint, ("", lambda _: False))
    if moved != undisturbed.changes:
        return f"moved otherwise: {sorted(set(moved) ^ set(undisturbed.changes))}"
    if said != undisturbed.answer and not excused(answer):
        return f"answered otherwise: {said[0]}"
    violated = ground.violations()
    return f"violates {violated}" if violated else ""
