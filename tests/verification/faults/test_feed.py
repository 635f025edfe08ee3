"""Events may be delivered twice, out of order or damaged: every other event still has its effect exactly once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from app import app
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import clock, config, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.notify import events
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.store import SentRow
from chalicelib.reporting.project_recap import project_entry
from infra.local import phones
from infra.local.dispatcher import WORKERS, Clients
from infra.local.invoke import invoke
from infra.local.streams import entry_to_record, list_entries_after, list_sources
from tests.client import call
from tests.moto_aws import stored_rows
from tests.shop import CUP, TEAPOT, add_stock, open_shop, token
from tests.verification.faults.build import (
    ALL_HOLDS,
    TRANSFER,
    audit,
    counter_sale,
    load_all_rows,
    open_shift,
    park_vans,
    place_order,
)
from tests.verification.faults.kill_loop import (
    BUDI,
    JOKO,
    KillableProcess,
    a_dispatcher,
    list_local_queues,
    list_offers,
    wait_until,
)

pytestmark = pytest.mark.ministack
KILL_COUNT = 2


@pytest.fixture
def shop(ministack: Any) -> None:
    open_shop(TEAPOT=100, CUP=100)
    add_stock(TEAPOT, "van-budi", 100)
    park_vans(BUDI)


# --- a dispatcher that is killed -----------------------------------------------------------------------------------


@pytest.fixture
def dispatcher(shop: None, tmp_path: Path) -> Iterator[KillableProcess]:
    process = a_dispatcher(tmp_path)
    yield process
    process.kill()


@pytest.mark.verify
def test_a_killed_dispatcher_loses_nothing_and_sends_nothing_twice(dispatcher: KillableProcess) -> None:
    dispatcher.start()
    wait_until(lambda: len(list_local_queues()) == len(list(list_sources(app, "SNSEventConfig"))), "its start")
    placed = [place_order(f"while-it-lives-{number}", (TEAPOT, 1)).json["id"] for number in range(10)]
    for killing in range(KILL_COUNT):
        wait_until(lambda killing=killing: len(list_offers(BUDI)) > killing * 10, "the first offers of these ten")
        dispatcher.kill()
        placed += [place_order(f"while-it-is-dead-{killing}-{number}", (TEAPOT, 1)).json["id"] for number in range(10)]
        dispatcher.start()
    wait_until(lambda: set(list_offers(BUDI)) >= set(placed), "an offer for each order")
    wait_until(lambda: set(list_offers(JOKO)) >= set(placed), "a notice of each order's work")
    dispatcher.stop()

    assert sorted(list_offers(BUDI)) == sorted(list_offers(JOKO)) == sorted(placed)
    texts = phones.load_messages()["+6281100000003"]
    links = [phones.LINK.findall(text)[-1] for text in texts]
    assert len(links) == len(set(links))
    sent_rows = [row for row in stored_rows(SentRow) if row.sk == "sent" and BUDI in row.pk]
    unknown = [row.pk for row in sent_rows if row.status == "claimed"]
    assert len(links) + len(unknown) >= len(placed)  # the outcome of sends in progress at a kill is unknown
    assert len(links) >= len(placed) - WORKERS * KILL_COUNT  # and each worker has at most one in progress
    assert audit(quiet=True) == ALL_HOLDS


# --- repeats and disorder ----------------------------------------------------------------------------------------


def run_orders(drain: Callable[[], int]) -> None:
    """Place, claim, pay, cancel and deliver orders."""
    first = [place_order(f"story-{n}", (TEAPOT, 1), (CUP, 2), customer=buyer(n)).json["id"] for n in range(4)]
    second = [place_order(f"near-{n}", (TEAPOT, 2), customer=buyer(n + 10)).json["id"] for n in range(4)]
    open_shift("cashier-sinta")
    sale = counter_sale((CUP, 4)) | {
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}},
        "customer": buyer(20),
    }
    shipped_sale = send_ok("POST", "/api/orders", "cashier-sinta", sale)
    transfer_order = place_order("story-paid", (CUP, 3), payments=TRANSFER).json
    drain()
    send_ok("POST", f"/api/offers/{load_fulfillment_of_order(second[0]).offers[-1].id}/claim", BUDI)
    send_ok("POST", f"/api/payments/{transfer_order['payments'][0]['id']}/confirm", "finance-maya")
    for cancelled in (first[0], shipped_sale["id"]):
        send_ok("POST", f"/api/orders/{cancelled}/cancel", "owner-ratna", {"reason": "changed my mind"})
    work = call("GET", "/api/fulfillments", token=token(BUDI)).json["items"][0]
    for verb in ("pick", "ready", "dispatch", "deliver"):
        send_ok("POST", f"/api/fulfillments/{work['id']}/{verb}", BUDI)
    drain()


def buyer(number: int) -> dict[str, str]:
    """Return a customer with a phone number of their own, because the SMS to one number have a daily budget."""
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def send_ok(method: str, path: str, by: str, body: Any = None) -> Any:
    answer = call(method, path, body, token=token(by), key=f"done{path}"[-60:].replace("/", "-").rjust(16, "-"))
    assert answer.status < 300, answer.text
    return answer.json


def list_stream_records() -> list[dict[str, Any]]:
    """Return the whole journal as stream records, oldest first."""
    return [entry_to_record(image, config.stream_arn()) for image in list_entries_after(boto3.client("dynamodb"), "")]


def shuffle_with_repeats(items: list[Any], seed: int) -> list[Any]:
    """Return all items in random order, a third of them twice."""
    chance = random.Random(seed)
    return shuffle(items + chance.sample(items, len(items) // 3), seed)


def shuffle(items: list[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(items, len(items))


def empty_tables(*packages: str) -> None:
    client = boto3.client("dynamodb")
    for package in packages:
        table = config.table_name(package)
        for item in client.scan(TableName=table)["Items"]:
            client.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})


def load_recap() -> Any:
    day = clock.day_of(clock.now(), config.zone()).isoformat()
    query = {"from": day, "to": day, "by": "channel"}
    return call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query).json


def load_rows(package: str) -> list[Any]:
    return load_all_rows()[config.table_name(package)]


@pytest.mark.verify
def test_replaying_the_whole_stream_in_any_order_changes_nothing(shop: None, drain: Callable[[], int]) -> None:
    drain()
    run_orders(drain)
    before, messages = load_all_rows(), phones.load_messages()

    for batch in (list_stream_records(), shuffle(list_stream_records(), 1), shuffle(list_stream_records(), 2)[::3]):
        answer = invoke("chalicelib.notify.events.journal_to_topics", {"Records": batch})
        assert answer == {"batchItemFailures": []}
        assert drain() > len(batch)

    assert load_all_rows() == before
    assert phones.load_messages() == messages
    assert audit(quiet=True) == ALL_HOLDS


def test_sums_and_inboxes_come_out_the_same_from_any_order(shop: None, drain: Callable[[], int]) -> None:
    drain()
    run_orders(drain)
    now = clock.now()
    clock.source = lambda: now
    messages = [journal.row_to_message(entry) for entry in stored_rows(EntryRow)]
    messages.sort(key=lambda message: (message["occurred_at"], message["sequence"]))
    outcomes: list[Any] = []

    for sequence in (messages, messages[::-1], shuffle_with_repeats(messages, 3)):
        empty_tables("reporting", "notify")
        for message in sequence:
            deliver_messages(journal.message_to_entry(message))
            project_entry(journal.message_to_entry(message))
        outcomes.append((load_recap(), load_rows("notify")))

    assert outcomes[0] == outcomes[1] == outcomes[2]
    recap, inboxes = outcomes[0]
    assert {row["channel"]: (row["cancelled"], row["cash"]["amount"]) for row in recap["items"]} == {
        "web": (1, 250_000),  # collected by Budi
        "pos": (1, 50_000),  # still in the till, to be refunded
    }
    assert len(inboxes) > 20


# --- poison --------------------------------------------------------------------------------------------------------


def test_a_poison_record_is_parked_alone_while_all_others_arrive(shop: None, drain: Callable[[], int]) -> None:
    drain()
    before = [place_order(f"before-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]
    poison = {
        "subject": {"S": "order#ord_poison"},
        "sequence": {"N": "1"},
        "event_id": {"S": "evt_poison"},
        "kind": {"S": "OrderPlaced"},
        "occurred_at": {"S": clock.iso(clock.now())},
        "actor": {"S": "test"},
        "body": {"S": "{not JSON"},
    }
    boto3.client("dynamodb").put_item(TableName=config.table_name("journal"), Item=poison)
    after = [place_order(f"after-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]

    drain()

    assert sorted(list_offers(BUDI)) == sorted(list_offers(JOKO)) == sorted(before + after)
    letters = load_dead_letters()
    assert [letter["Records"][0]["dynamodb"]["NewImage"] for _, letter in letters] == [poison, poison]
    assert {handler for handler, _ in letters} == {"journal_to_topics", "project_stock_history"}


def test_a_message_that_breaks_its_handler_is_parked_alone(
    shop: None, drain: Callable[[], int], monkeypatch: Any
) -> None:
    drain()
    poisoned = place_order("poisoned", (TEAPOT, 1)).json["id"]
    others = [place_order(f"other-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]

    def deliver_or_fail(entry: Any) -> None:
        if entry.subject == f"order#{poisoned}" and entry.kind == "OfferOpened":
            raise RuntimeError("injected")
        deliver_messages(entry)

    monkeypatch.setattr(events, "deliver_messages", deliver_or_fail)
    drain()

    assert sorted(list_offers(BUDI)) == sorted(list_offers(JOKO)) == sorted(others)
    ((handler, letter),) = load_dead_letters()
    assert handler == "notify_of_fulfillment"
    assert json.loads(letter["Records"][0]["Sns"]["Message"])["subject"] == f"order#{poisoned}"


def load_dead_letters() -> list[tuple[str, Any]]:
    """Return (handler, event) of each message in the dead-letter queue."""
    clients, letters = Clients(config.prefix()), []
    options = {"QueueUrl": clients.dead_letters, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while messages := clients.queues.receive_message(**options).get("Messages", []):
        for message in messages:
            letters.append((message["MessageAttributes"]["handler"]["StringValue"], json.loads(message["Body"])))
    return letters
