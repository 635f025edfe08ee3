"""What the journal tells may come twice, out of order, or broken: everybody hears of everything once all the same."""

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
from chalicelib.notify import events as doors
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
    made = a_dispatcher(tmp_path)
    yield made
    made.kill()


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
    wait_until(lambda: set(list_offers(JOKO)) >= set(placed), "a task for each order")
    dispatcher.stop()

    assert sorted(list_offers(BUDI)) == sorted(list_offers(JOKO)) == sorted(placed)
    rang = phones.load_messages()["+6281100000003"]
    links = [phones.LINK.findall(text)[-1] for text in rang]
    assert len(links) == len(set(links))
    silent = [row.pk for row in stored_rows(SentRow) if row.sk == "sent" and row.status == "claimed" and BUDI in row.pk]
    assert len(links) + len(silent) >= len(placed)  # nobody knows of those that were going out when it died
    assert len(links) >= len(placed) - WORKERS * KILL_COUNT  # and at most so many were in its hands each time
    assert audit(quiet=True) == ALL_HOLDS


# --- repeats and disorder ----------------------------------------------------------------------------------------


def run_orders(drain: Callable[[], int]) -> None:
    """Orders placed, claimed, expired, paid, cancelled and delivered."""
    first = [place_order(f"story-{n}", (TEAPOT, 1), (CUP, 2), customer=buyer(n)).json["id"] for n in range(4)]
    second = [place_order(f"near-{n}", (TEAPOT, 2), customer=buyer(n + 10)).json["id"] for n in range(4)]
    open_shift("cashier-sinta")
    sale = counter_sale((CUP, 4)) | {
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}},
        "customer": buyer(20),
    }
    from_afar = send_ok("POST", "/api/orders", "cashier-sinta", sale)
    paying = place_order("story-paid", (CUP, 3), payments=TRANSFER).json
    drain()
    send_ok("POST", f"/api/offers/{load_fulfillment_of_order(second[0]).offers[-1].id}/claim", BUDI)
    send_ok("POST", f"/api/payments/{paying['payments'][0]['id']}/confirm", "finance-maya")
    for given_up in (first[0], from_afar["id"]):
        send_ok("POST", f"/api/orders/{given_up}/cancel", "owner-ratna", {"reason": "changed my mind"})
    work = next(each for each in call("GET", "/api/fulfillments", token=token(BUDI)).json["items"])
    for verb in ("pick", "ready", "dispatch", "deliver"):
        send_ok("POST", f"/api/fulfillments/{work['id']}/{verb}", BUDI)
    drain()


def buyer(number: int) -> dict[str, str]:
    """Each with a phone of his own, or the day's budget of SMS to one number would decide who hears what."""
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def send_ok(method: str, path: str, by: str, body: Any = None) -> Any:
    answer = call(method, path, body, token=token(by), key=f"done{path}"[-60:].replace("/", "-").rjust(16, "-"))
    assert answer.status < 300, answer.text
    return answer.json


def list_stream_records() -> list[dict[str, Any]]:
    """The whole journal as the stream told it, oldest first."""
    return [entry_to_record(image, config.stream_arn()) for image in list_entries_after(boto3.client("dynamodb"), "")]


def shuffle_with_repeats(things: list[Any], seed: int) -> list[Any]:
    """All of them in any order, and a third of them twice."""
    chance = random.Random(seed)
    return shuffle(things + chance.sample(things, len(things) // 3), seed)


def shuffle(things: list[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(things, len(things))


def empty_tables(*rooms: str) -> None:
    client = boto3.client("dynamodb")
    for room in rooms:
        for item in client.scan(TableName=config.table_name(room))["Items"]:
            client.delete_item(TableName=config.table_name(room), Key={name: item[name] for name in ("pk", "sk")})


def load_recap() -> Any:
    day = clock.day_of(clock.now(), config.zone()).isoformat()
    query = {"from": day, "to": day, "by": "channel"}
    return call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query).json


def load_rows(room: str) -> list[Any]:
    return load_all_rows()[config.table_name(room)]


@pytest.mark.verify
def test_replaying_the_whole_stream_in_any_order_changes_nothing(shop: None, drain: Callable[[], int]) -> None:
    drain()
    run_orders(drain)
    before, rang = load_all_rows(), phones.load_messages()

    for batch in (list_stream_records(), shuffle(list_stream_records(), 1), shuffle(list_stream_records(), 2)[::3]):
        answer = invoke("chalicelib.notify.events.journal_to_topics", {"Records": batch})
        assert answer == {"batchItemFailures": []}
        assert drain() > len(batch)

    assert load_all_rows() == before
    assert phones.load_messages() == rang
    assert audit(quiet=True) == ALL_HOLDS


def test_sums_and_inboxes_come_out_the_same_from_any_order(shop: None, drain: Callable[[], int]) -> None:
    drain()
    run_orders(drain)
    at = clock.now()
    clock.source = lambda: at
    heard = [journal.row_to_message(entry) for entry in stored_rows(EntryRow)]
    heard.sort(key=lambda told: (told["occurred_at"], told["sequence"]))
    rows: list[Any] = []

    for telling in (heard, heard[::-1], shuffle_with_repeats(heard, 3)):
        empty_tables("reporting", "notify")
        for message in telling:
            deliver_messages(journal.message_to_entry(message))
            project_entry(journal.message_to_entry(message))
        rows.append((load_recap(), load_rows("notify")))

    assert rows[0] == rows[1] == rows[2]
    recap, inboxes = rows[0]
    assert {row["channel"]: (row["cancelled"], row["cash"]["amount"]) for row in recap["items"]} == {
        "web": (1, 250_000),  # in the hand of Budi
        "pos": (1, 50_000),  # in the till still, and owed back
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
        "actor": {"S": "nobody"},
        "body": {"S": "{this is no JSON"},
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

    def breaks(told: Any) -> None:
        if told.subject == f"order#{poisoned}" and told.kind == "OfferOpened":
            raise RuntimeError("planted")
        deliver_messages(told)

    monkeypatch.setattr(doors, "deliver_messages", breaks)
    drain()

    assert sorted(list_offers(BUDI)) == sorted(list_offers(JOKO)) == sorted(others)
    ((handler, letter),) = load_dead_letters()
    assert handler == "notify_of_fulfillment"
    assert json.loads(letter["Records"][0]["Sns"]["Message"])["subject"] == f"order#{poisoned}"


def load_dead_letters() -> list[tuple[str, Any]]:
    """(handler, event) of everything in the queue of what nobody could take."""
    clients, found = Clients(config.prefix()), []
    asked = {"QueueUrl": clients.dead_letters, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while got := clients.queues.receive_message(**asked).get("Messages", []):
        found += [(each["MessageAttributes"]["handler"]["StringValue"], json.loads(each["Body"])) for each in got]
    return found
