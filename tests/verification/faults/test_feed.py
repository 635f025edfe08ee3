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
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import clock, config, journal
from chalicelib.kit.journal import Entry
from chalicelib.notify import events as doors
from chalicelib.notify.store import SentRow
from chalicelib.notify.tell import tell
from chalicelib.reporting.fold import fold
from infra.local import phones
from infra.local.dispatcher import HANDS, Clients
from infra.local.invoke import invoke
from infra.local.streams import as_record, newer, sources
from tests.client import call
from tests.cloud import stored_rows
from tests.shop import CUP, TEAPOT, open_shop, put, token
from tests.verification.faults.build import (
    ALL_WELL,
    TRANSFER,
    at_the_counter,
    audit,
    everything,
    open_a_shift,
    parked,
    place,
)
from tests.verification.faults.kill import BUDI, JOKO, Killable, a_dispatcher, local_queues, offers_of, until

pytestmark = pytest.mark.ministack
KILLINGS = 2


@pytest.fixture
def shop(ministack: Any) -> None:
    open_shop(TEAPOT=100, CUP=100)
    put(TEAPOT, "van-budi", 100)
    parked(BUDI)


# --- a dispatcher that is killed -----------------------------------------------------------------------------------


@pytest.fixture
def dispatcher(shop: None, tmp_path: Path) -> Iterator[Killable]:
    made = a_dispatcher(tmp_path)
    yield made
    made.kill()


@pytest.mark.verify
def test_a_dispatcher_killed_and_restarted_loses_nothing_and_tells_nobody_twice(dispatcher: Killable) -> None:
    dispatcher.start()
    until(lambda: len(local_queues()) == len(list(sources(app, "SNSEventConfig"))), "its start")
    placed = [place(f"while-it-lives-{number}", (TEAPOT, 1)).json["id"] for number in range(10)]
    for killing in range(KILLINGS):
        until(lambda killing=killing: len(offers_of(BUDI)) > killing * 10, "the first offers of these ten")
        dispatcher.kill()
        placed += [place(f"while-it-is-dead-{killing}-{number}", (TEAPOT, 1)).json["id"] for number in range(10)]
        dispatcher.start()
    until(lambda: set(offers_of(BUDI)) >= set(placed), "an offer for each order")
    until(lambda: set(offers_of(JOKO)) >= set(placed), "a task for each order")
    dispatcher.stop()

    assert sorted(offers_of(BUDI)) == sorted(offers_of(JOKO)) == sorted(placed)
    rang = phones.messages()["+6281100000003"]
    links = [phones.LINK.findall(text)[-1] for text in rang]
    assert len(links) == len(set(links))
    silent = [row.pk for row in stored_rows(SentRow) if row.sk == "sent" and row.status == "claimed" and BUDI in row.pk]
    assert len(links) + len(silent) >= len(placed)  # nobody knows of those that were going out when it died
    assert len(links) >= len(placed) - HANDS * KILLINGS  # and at most so many were in its hands each time
    assert audit(quiet=True) == ALL_WELL


# --- repeats and disorder ----------------------------------------------------------------------------------------


def a_story(drain: Callable[[], int]) -> None:
    """Orders placed, claimed, expired, paid, cancelled and delivered."""
    first = [place(f"story-{n}", (TEAPOT, 1), (CUP, 2), customer=buyer(n)).json["id"] for n in range(4)]
    second = [place(f"near-{n}", (TEAPOT, 2), customer=buyer(n + 10)).json["id"] for n in range(4)]
    open_a_shift("cashier-sinta")
    sale = at_the_counter((CUP, 4)) | {
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5"}},
        "customer": buyer(20),
    }
    from_afar = done("POST", "/api/orders", "cashier-sinta", sale)
    paying = place("story-paid", (CUP, 3), payments=TRANSFER).json
    drain()
    done("POST", f"/api/offers/{load_case(second[0]).offers[-1].id}/claim", BUDI)
    done("POST", f"/api/payments/{paying['payments'][0]['id']}/confirm", "finance-maya")
    for given_up in (first[0], from_afar["id"]):
        done("POST", f"/api/orders/{given_up}/cancel", "owner-ratna", {"reason": "changed my mind"})
    work = next(each for each in call("GET", "/api/fulfillments", token=token(BUDI)).json["items"])
    for verb in ("pick", "ready", "dispatch", "deliver"):
        done("POST", f"/api/fulfillments/{work['id']}/{verb}", BUDI)
    drain()


def buyer(number: int) -> dict[str, str]:
    """Each with a phone of his own, or the day's budget of SMS to one number would decide who hears what."""
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def done(method: str, path: str, by: str, body: Any = None) -> Any:
    answer = call(method, path, body, token=token(by), key=f"done{path}"[-60:].replace("/", "-").rjust(16, "-"))
    assert answer.status < 300, answer.text
    return answer.json


def records() -> list[dict[str, Any]]:
    """The whole journal as the stream told it, oldest first."""
    return [as_record(image, config.stream_arn()) for image in newer(boto3.client("dynamodb"), "")]


def disordered(things: list[Any], seed: int) -> list[Any]:
    """All of them in any order, and a third of them twice."""
    chance = random.Random(seed)
    return shuffled(things + chance.sample(things, len(things) // 3), seed)


def shuffled(things: list[Any], seed: int) -> list[Any]:
    return random.Random(seed).sample(things, len(things))


def emptied(*rooms: str) -> None:
    client = boto3.client("dynamodb")
    for room in rooms:
        for item in client.scan(TableName=config.table(room))["Items"]:
            client.delete_item(TableName=config.table(room), Key={name: item[name] for name in ("pk", "sk")})


def the_recap() -> Any:
    day = clock.day_of(clock.now(), config.zone()).isoformat()
    query = {"from": day, "to": day, "by": "channel"}
    return call("GET", "/api/reports/recap", token=token("owner-ratna"), query=query).json


def kept(room: str) -> list[Any]:
    return everything()[config.table(room)]


@pytest.mark.verify
def test_hearing_the_whole_stream_again_in_any_order_changes_nothing(shop: None, drain: Callable[[], int]) -> None:
    drain()
    a_story(drain)
    before, rang = everything(), phones.messages()

    for batch in (records(), shuffled(records(), 1), shuffled(records(), 2)[::3]):
        answer = invoke("chalicelib.notify.events.journal_to_topics", {"Records": batch})
        assert answer == {"batchItemFailures": []}
        assert drain() > len(batch)

    assert everything() == before
    assert phones.messages() == rang
    assert audit(quiet=True) == ALL_WELL


def test_sums_and_inboxes_come_out_the_same_from_any_order(shop: None, drain: Callable[[], int]) -> None:
    drain()
    a_story(drain)
    at = clock.now()
    clock.source = lambda: at
    heard = [journal.entry_to_message(entry) for entry in stored_rows(Entry)]
    heard.sort(key=lambda told: (told["occurred_at"], told["sequence"]))
    rows: list[Any] = []

    for telling in (heard, heard[::-1], disordered(heard, 3)):
        emptied("reporting", "notify")
        for message in telling:
            tell(journal.message_to_entry(message))
            fold(journal.message_to_entry(message))
        rows.append((the_recap(), kept("notify")))

    assert rows[0] == rows[1] == rows[2]
    recap, inboxes = rows[0]
    assert {row["channel"]: (row["cancelled"], row["cash"]["amount"]) for row in recap["items"]} == {
        "web": (1, 250_000),  # in the hand of Budi
        "pos": (1, 50_000),  # in the till still, and owed back
    }
    assert len(inboxes) > 20


# --- poison --------------------------------------------------------------------------------------------------------


def test_a_poison_record_parks_alone_while_all_others_arrive(shop: None, drain: Callable[[], int]) -> None:
    drain()
    before = [place(f"before-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]
    poison = {
        "subject": {"S": "order#ord_poison"},
        "sequence": {"N": "1"},
        "event_id": {"S": "evt_poison"},
        "kind": {"S": "OrderPlaced"},
        "occurred_at": {"S": clock.iso(clock.now())},
        "actor": {"S": "nobody"},
        "body": {"S": "{this is no JSON"},
    }
    boto3.client("dynamodb").put_item(TableName=config.table("journal"), Item=poison)
    after = [place(f"after-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]

    drain()

    assert sorted(offers_of(BUDI)) == sorted(offers_of(JOKO)) == sorted(before + after)
    letters = dead_letters()
    assert [letter["Records"][0]["dynamodb"]["NewImage"] for _, letter in letters] == [poison, poison]
    assert {handler for handler, _ in letters} == {"journal_to_topics", "keep_history"}


def test_a_message_that_breaks_its_listener_parks_alone(shop: None, drain: Callable[[], int], monkeypatch: Any) -> None:
    drain()
    poisoned = place("poisoned", (TEAPOT, 1)).json["id"]
    others = [place(f"other-{number}", (TEAPOT, 1)).json["id"] for number in range(5)]

    def breaks(told: Any) -> None:
        if told.subject == f"order#{poisoned}" and told.kind == "OfferOpened":
            raise RuntimeError("planted")
        tell(told)

    monkeypatch.setattr(doors, "tell", breaks)
    drain()

    assert sorted(offers_of(BUDI)) == sorted(offers_of(JOKO)) == sorted(others)
    ((handler, letter),) = dead_letters()
    assert handler == "notify_of_fulfillment"
    assert json.loads(letter["Records"][0]["Sns"]["Message"])["subject"] == f"order#{poisoned}"


def dead_letters() -> list[tuple[str, Any]]:
    """(handler, event) of everything in the queue of what nobody could take."""
    clients, found = Clients(config.prefix()), []
    asked = {"QueueUrl": clients.dead_letters, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    while got := clients.queues.receive_message(**asked).get("Messages", []):
        found += [(each["MessageAttributes"]["handler"]["StringValue"], json.loads(each["Body"])) for each in got]
    return found
