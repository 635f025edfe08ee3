"""Every endpoint with every fault at each of its sends: after the client's retries the result must be the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.invariants.check import INVARIANTS
from tests.shop import an_order, level
from tests.verification.endpoints import access_table, sample_shop
from tests.verification.endpoints.principals import AccessRow, access_row, least_privileged, send_as
from tests.verification.endpoints.sample_shop import JOKO, SOAP, TEA, SampleShop, open_shifts
from tests.verification.faults import payment_rows
from tests.verification.faults.faulty_engine import KINDS, Fault
from tests.verification.faults.replayable_shop import ReplayableShop, none_if_killed

TRIES = 3
KEY = 10_000  # number of the Idempotency-Key, which is the same for all tries

# The tokens of these requests are signed by an operator and have no session to end; `DELETE /sessions` ends one.
STATELESS = {"POST /quotes", "POST /carts", "POST /sign-out"}


def reject_work(sample: SampleShop) -> None:
    path = f"/api/fulfillments/{sample.ids['work assigned']}/reject"
    sample.send_ok("POST", path, {"reason": "not_found"}, by=JOKO)


def reject_work_without_stock(sample: SampleShop) -> None:
    """Reject work whose product is then out of stock everywhere."""
    reject_work(sample)
    for location in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"):
        stock = level(SOAP, location)
        lines = [{"sku": SOAP, "counted": stock["on_hand"] - stock["available"]}]
        sample.send_ok("POST", "/api/stock/counts", {"location": location, "lines": lines})


def expect_stock(sample: SampleShop) -> None:
    lines = [{"sku": TEA, "quantity": 400}]
    body = {"location": "wh-surabaya", "on": "2026-11-27", "reason": "PO 88", "lines": lines}
    sample.send_ok("POST", "/api/stock/expected", body)


def place_backorder(sample: SampleShop) -> None:
    """Place an order for two units more than are in stock."""
    expect_stock(sample)
    locations = ("wh-surabaya", "wh-sidoarjo", "store-tunjungan")
    available = sum(level(TEA, location)["available"] for location in locations)
    sample.place_order("an awaited order", sku=TEA, quantity=available + 2, backorder=True)


# These rows come first because handlers are tested with the first event of each kind, and only these fill backorders.
BACKORDER_ROWS = [
    access_row(
        "POST /stock/movements",
        "owner",
        body={"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": TEA, "quantity": 4}]},
        prepare=place_backorder,
        note="fills a backorder",
    ),
    access_row(
        "POST /stock/transfers/{transfer_id}/receive",
        "owner",
        body={"lines": [{"sku": TEA, "quantity": 4}]},
        transfer_id="a delivery",
        prepare=place_backorder,
        note="fills a backorder",
    ),
]

# Besides the access table: rows that change something where its row does not, and other cases of an endpoint.
ROWS = [
    *BACKORDER_ROWS,
    *access_table.ROWS,
    access_row(
        "PUT /promotions", "owner", body=sample_shop.PROMOTION_EXAMPLE | {"name": "Another name"}, note="renamed"
    ),
    access_row("PUT /placements", "owner", body={"code": "radio", "channel": "phone", "medium": "advert"}, note="new"),
    access_row(
        "POST /orders",
        "anonymous",
        body=an_order((TEA, 700), backorder=True),
        prepare=expect_stock,
        note="partly backordered",
    ),
    access_row(
        "POST /orders/{order_id}/payments",
        "cashier",
        order_id="a waiting order",
        body={"method": "cash"},
        prepare=open_shifts,
        note="in cash",
    ),
    access_row(
        "POST /orders/{order_id}/reroute", "owner", order_id="an order assigned", prepare=reject_work, note="rejected"
    ),
    access_row(
        "POST /orders/{order_id}/reroute",
        "owner",
        order_id="an order assigned",
        prepare=reject_work_without_stock,
        note="rejected and out of stock",
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

# Endpoints whose retry may answer differently after a lost reply; the tables must still be equal.
ALLOWED_DIFFERENCES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "POST /imports": (
        "rows are committed one by one, and the retry counts only the rows that it changed itself",
        lambda answer: answer.status == 200 and not answer.json["errors"],
    ),
    "POST /sign-in": ("every request begins an attempt of its own", lambda answer: answer.status == 202),
    "DELETE /sessions/{session_id}": (
        "a session that has ended does not exist any more",
        lambda answer: answer.status == 404,
    ),
}

# Endpoints that count every request, also one whose reply was lost, so that the tables may differ after a retry.
COUNTED = {"POST /sign-in"}

# Normalizing removes hashes, so equal changes can still break these. The others hold as they do in the undisturbed run.
HASH_RULES = {name: INVARIANTS[name] for name in ("O2", "A1")}


@dataclass(frozen=True)
class Baseline:
    """The effect of a row's request without faults."""

    row: AccessRow
    tables: Any
    tables_after: Any
    sends: list[str]
    answer: list[str]
    changes: list[str]
    stream: list[Any]


@dataclass(frozen=True)
class Verdict:
    """The result of one request with one fault at one of its sends; `failure` is empty if it is correct."""

    name: str
    send: int
    kind: str
    failure: str

    def __str__(self) -> str:
        return f"{self.name}, send {self.send + 1}, {self.kind}: {self.failure}"


def run_undisturbed(shop: ReplayableShop, row: AccessRow) -> Baseline:
    shop.restore(shop.initial_tables)
    if row.prepare:
        row.prepare(shop.sample)
    prepared = shop.memory.snapshot()
    shop.restore(prepared)
    answer = send_request(shop, row)
    assert answer.status < 400, (row.name, answer.text)
    sends, stream = list(shop.engine.sent), list(shop.memory.stream)
    assert shop.violations() == []
    texts, changes = shop.changes_since(prepared, comparable_answer(answer))
    return Baseline(row, prepared, shop.memory.snapshot(), sends, texts, changes, stream)


def send_request(shop: ReplayableShop, row: AccessRow) -> Any:
    shop.sample.keys = KEY
    return send_as(shop.sample, row, least_privileged(row))


def comparable_answer(answer: Any) -> str:
    """Return the response as text; 201 counts as 200, the status of a repeated request."""
    status = 200 if answer.status == 201 else answer.status
    return f"{status} {answer.headers.get('Location', '')} {answer.text}"


def verdicts(shop: ReplayableShop, row: AccessRow) -> Iterator[Verdict]:
    undisturbed = run_undisturbed(shop, row)
    for send in range(len(undisturbed.sends)):
        for kind in KINDS:
            yield Verdict(row.name, send, kind, find_failure(shop, undisturbed, {send: KINDS[kind]}))


def find_failure(shop: ReplayableShop, undisturbed: Baseline, faults: Mapping[int, Fault]) -> str:
    """Run the request with faults at these sends, numbered through all tries; return the failure or an empty text."""
    answers = send_until_answered(shop, undisturbed, faults)
    for answer in answers:
        if answer is not None and answer.status >= 500 and answer.status != 503:
            return f"server error: {answer.text}"
    if needs_retry(answers[-1]):
        return f"never answered: {answers[-1] and answers[-1].text}"
    return find_difference(shop, undisturbed, answers[-1])


def send_until_answered(shop: ReplayableShop, undisturbed: Baseline, faults: Mapping[int, Fault]) -> list[Any]:
    """Send the request until it is answered, at most three times; return all responses."""
    shop.restore(undisturbed.tables)
    shop.engine.reset(faults)
    answers = []
    while not answers or (needs_retry(answers[-1]) and len(answers) < TRIES):
        answers.append(none_if_killed(lambda: send_request(shop, undisturbed.row)))
    return answers


def needs_retry(answer: Any) -> bool:
    """Return True if the client has to retry; an import answers 200 and lists the rows to send again."""
    return answer is None or answer.status >= 500 or (answer.status == 200 and b'"errors":[{' in answer.body)


def find_difference(shop: ReplayableShop, undisturbed: Baseline, answer: Any) -> str:
    texts, changes = shop.changes_since(undisturbed.tables, comparable_answer(answer))
    _, is_allowed = ALLOWED_DIFFERENCES.get(undisturbed.row.endpoint, ("", lambda _: False))
    is_counted = undisturbed.row.endpoint in COUNTED
    if changes != undisturbed.changes and not is_counted:
        return f"other changes: {sorted(set(changes) ^ set(undisturbed.changes))}"
    if texts != undisturbed.answer and not is_allowed(answer):
        return f"another answer: {texts[0]}"
    violations = shop.violations(rules=INVARIANTS if is_counted else HASH_RULES)
    return f"violates {violations}" if violations else ""
