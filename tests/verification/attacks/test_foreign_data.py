"""What other systems send is as strange as what strangers send: marketplaces, old systems' files, our own stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from chalicelib.kit import auth, journal
from chalicelib.kit.auth import TOKEN_DAYS
from chalicelib.kit.errors import NotFound
from chalicelib.notify import stream
from chalicelib.notify.tell import tell
from tests.client import call
from tests.shop import an_order, later, token
from tests.verification.attacks.acts import ask, done, nothing_moves
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.world import RATNA, SOAP, TOKOKU


def agreed(**said: Any) -> dict[str, Any]:
    price = {"unit_price": {"amount": 9_000, "currency": "IDR"}} | said
    lines = [{"sku": SOAP, "quantity": 2, "agreed": price}]
    return an_order(channel="marketplace", lines=lines, ref="TK-501", payments=[])


@pytest.mark.parametrize(
    "said",
    [
        {"unit_price": {"amount": -9_000, "currency": "IDR"}},
        {"unit_price": {"amount": 9_000, "currency": "USD"}},
        {"unit_price": {"amount": 10**13, "currency": "IDR"}},
        {"unit_price": {"amount": 0.5, "currency": "IDR"}},
        {"discount_rate": 2},
        {"discount_rate": -1},
        {"discount_rate": "NaN"},
    ],
    ids=str,
)
def test_what_a_marketplace_agreed_must_be_money_of_ours(ground: Ground, said: dict[str, Any]) -> None:
    """OWASP API10. SUMIT CVE-2026-111957 (the amount was not looked at), and of the kind of Trust Payments
    CVE-2026-87843."""
    with nothing_moves(ground):
        assert ask(ground, "POST", "/orders", agreed(**said), by=TOKOKU).status == 422


def test_a_marketplaces_reference_buys_once(ground: Ground) -> None:
    """SUMIT CVE-2026-111957: one payment was replayed."""
    first = done(ground, "POST", "/orders", agreed(), by=TOKOKU)

    with nothing_moves(ground):
        again = done(ground, "POST", "/orders", agreed(), by=TOKOKU)
        other = ask(ground, "POST", "/orders", agreed(discount_rate=1), by=TOKOKU)

    assert again == first
    assert (other.status, other.json["code"]) == (422, "key_reused")


def test_a_marketplaces_key_opens_its_own_channel_and_no_other(ground: Ground) -> None:
    """Of the kind of PayPal plugin CVE-2026-92400: whose account something comes from is looked at."""
    with nothing_moves(ground):
        for channel in ("web", "pos", "sfa", "phone", "social", "whatsapp"):
            body = agreed() | {"channel": channel}
            assert ask(ground, "POST", "/orders", body, by=TOKOKU).status in (401, 403, 422)


def test_money_that_a_marketplace_holds_is_not_ours_until_somebody_says_so(ground: Ground) -> None:
    """Sylius Mollie CVE-2026-68500: any payment made any order paid."""
    order = done(ground, "POST", "/orders", agreed(), by=TOKOKU)
    payment = order["payments"][0]["id"]

    with nothing_moves(ground):
        answer = ask(ground, "POST", f"/payments/{payment}/confirm", by=TOKOKU)

    assert answer.status == 403
    assert order["payment_status"] == "unpaid"


def signed_by(secret: str) -> str:
    """A token of the marketplace's, made as ours are, but with this key."""
    made = URLSafeTimedSerializer(secret, salt="staff").dumps({"id": TOKOKU, "role": "channel", "v": 1})
    return f"Bearer {made}"


FORGED: dict[str, Callable[[], dict[str, str]]] = {
    "no key at all": dict,
    "an empty key": lambda: {"Authorization": "Bearer "},
    "signed with nothing": lambda: {"Authorization": signed_by("")},
    "signed with somebody's key": lambda: {"Authorization": signed_by("x" * 32)},
    "a key of another purpose": lambda: {"Authorization": f"Bearer {auth.sign('channel', {'id': TOKOKU})}"},
    "the key without its signature": lambda: {"Authorization": f"Bearer {token(TOKOKU).rpartition('.')[0]}"},
    "a signature beside the body": lambda: {"X-Signature": "sha256=" + "0" * 64, "X-Channel": TOKOKU},
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_comes_as_a_marketplaces_without_its_key_moves_nothing(ground: Ground, forged: str) -> None:
    """iPaymu CVE-2026-0656, of the kind of CCAvenue CVE-2026-103298: whoever knew the address was the gateway."""
    with nothing_moves(ground):
        answer = call("POST", "/api/orders", agreed(), key=ground.world.key(), headers=FORGED[forged]())

    assert answer.status in (401, 403)
    assert ground.sent == []


def test_an_old_key_of_a_marketplace_is_none(ground: Ground) -> None:
    """Of the kind of CosmicSting: what was overheard long ago opens nothing now."""
    overheard = token(TOKOKU)
    later(TOKEN_DAYS * 24 * 60 + 1)

    with nothing_moves(ground):
        answer = call("POST", "/api/orders", agreed(), token=overheard, key=ground.world.key())

    assert answer.status == 401


HOSTILE_ROWS = [
    ("products", "sku,name,price", 'X,Y,"-1"'),
    ("products", "sku,name,price,tax_rate", "X,Y,1,-0.5"),
    ("products", "sku,name,price,channels", "X,Y,1,everywhere"),
    ("products", "sku,name,price", f"{'x' * 65},Y,1"),
    ("stock", "sku,location,on_hand", f"{SOAP},wh-surabaya,-5"),
    ("stock", "sku,location,on_hand", f"{SOAP},nowhere,5"),
    ("staff", "id,name,role", "eve,Eve,admin"),
    ("locations", "id,kind,name,lat,lon", "x,moon,Moon,0,0"),
    ("locations", "id,kind,name,lat,lon", "x,van,Van,1e9,0"),
    ("customers", "id,name,credit_limit", "cus_evil,Eve,-1"),
    ("customers", "id,name,terms_days", "cus_evil,Eve,99999999999"),
    ("orders", "ref,placed_at,channel", "R-1,yesterday,web"),
]


@pytest.mark.parametrize(("file", "header", "row"), HOSTILE_ROWS)
def test_a_row_of_an_older_system_is_checked_like_a_strangers(ground: Ground, file: str, header: str, row: str) -> None:
    with nothing_moves(ground):
        answer = call("POST", f"/api/imports?file={file}", f"{header}\n{row}\n", token=token(RATNA))

    assert answer.status == 200, answer.text
    assert [each["row"] for each in answer.json["errors"]] == [2]


@pytest.mark.parametrize(
    "text",
    ["sku,name\n\x00,x", '"sku,name,price\n', "sku,sku,name\nx,y,z", "\ufeff", "sku;name;price\nx;y;1", "x" * 200_000],
)
def test_a_file_that_is_none_is_reported_and_changes_nothing(ground: Ground, text: str) -> None:
    with nothing_moves(ground):
        answer = call("POST", "/api/imports?file=products", text, token=token(RATNA))

    assert answer.status == 200
    assert answer.json["errors"]


def test_news_of_a_kind_that_nobody_knows_is_left_alone(ground: Ground) -> None:
    """A newer version of ourselves may write what this one cannot read."""
    told = {"subject": "order#ord_1", "sequence": 1, "event_id": "evt_1", "occurred_at": "2026-11-22T00:00:00.000Z"}
    told |= {"actor": "x", "channel": None, "schema_version": 1, "kind": "OrderExploded", "body": {"order_id": "ord_1"}}

    with nothing_moves(ground):
        tell(journal.message_to_entry(told))

    assert ground.sent == []


def test_news_of_an_order_that_is_not_there_tells_nobody(ground: Ground) -> None:
    told = {"subject": "order#ord_x", "sequence": 1, "event_id": "evt_1", "occurred_at": "2026-11-22T00:00:00.000Z"}
    told |= {
        "actor": "x",
        "channel": None,
        "schema_version": 1,
        "kind": "LinkRenewed",
        "body": {"order_id": "ord_x", "token_version": 2},
    }

    with nothing_moves(ground), pytest.raises(NotFound):
        tell(journal.message_to_entry(told))

    assert ground.sent == []


def test_a_record_of_the_stream_that_cannot_be_read_holds_back_what_is_behind_it() -> None:
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "NewImage": {"subject": {"S": "x"}}}}
    sent: list[Any] = []

    failed = stream.forward([record, record], lambda topic, entries: sent.append(entries) or set())  # type: ignore[func-returns-value]

    assert (failed, sent) == ("7", [])
