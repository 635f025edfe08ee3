"""Data of other systems is validated like user input: marketplace orders, imported files, our own event stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from chalicelib.kit import auth, journal
from chalicelib.kit.auth import TOKEN_DAYS
from chalicelib.kit.errors import NotFound
from chalicelib.notify import stream
from chalicelib.notify.deliver import deliver_messages
from tests.client import call
from tests.shop import advance_clock, an_order, token
from tests.verification.attacks.actions import assert_nothing_changes, send_ok, send_request
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import RATNA, SOAP, TOKOKU


def order_with_agreed_price(**fields: Any) -> dict[str, Any]:
    price = {"unit_price": {"amount": 9_000, "currency": "IDR"}} | fields
    lines = [{"sku": SOAP, "quantity": 2, "agreed": price}]
    return an_order(channel="marketplace", lines=lines, ref="TK-501", payments=[])


@pytest.mark.parametrize(
    "agreed",
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
def test_an_agreed_price_must_be_valid_money_in_our_currency(shop: MemoryShop, agreed: dict[str, Any]) -> None:
    """OWASP API10, SUMIT CVE-2026-111957 (the amount was not checked); like Trust Payments CVE-2026-87843."""
    with assert_nothing_changes(shop):
        assert send_request(shop, "POST", "/orders", order_with_agreed_price(**agreed), by=TOKOKU).status == 422


def test_a_marketplaces_reference_buys_once(shop: MemoryShop) -> None:
    """SUMIT CVE-2026-111957: one payment was replayed."""
    first = send_ok(shop, "POST", "/orders", order_with_agreed_price(), by=TOKOKU)

    with assert_nothing_changes(shop):
        again = send_ok(shop, "POST", "/orders", order_with_agreed_price(), by=TOKOKU)
        other = send_request(shop, "POST", "/orders", order_with_agreed_price(discount_rate=1), by=TOKOKU)

    assert again == first
    assert (other.status, other.json["code"]) == (422, "key_reused")


def test_a_marketplace_key_is_valid_for_its_own_channel_only(shop: MemoryShop) -> None:
    """Like PayPal plugin CVE-2026-92400: the sending account must be checked."""
    with assert_nothing_changes(shop):
        for channel in ("web", "pos", "sfa", "phone", "social", "whatsapp"):
            body = order_with_agreed_price() | {"channel": channel}
            assert send_request(shop, "POST", "/orders", body, by=TOKOKU).status in (401, 403, 422)


def test_a_marketplace_order_is_unpaid_until_staff_confirm_it(shop: MemoryShop) -> None:
    """Sylius Mollie CVE-2026-68500: any payment marked any order as paid."""
    order = send_ok(shop, "POST", "/orders", order_with_agreed_price(), by=TOKOKU)
    payment = order["payments"][0]["id"]

    with assert_nothing_changes(shop):
        answer = send_request(shop, "POST", f"/payments/{payment}/confirm", by=TOKOKU)

    assert answer.status == 403
    assert order["payment_status"] == "unpaid"


def signed_by(secret: str) -> str:
    """Return an Authorization header with a marketplace token signed by this key."""
    signed = URLSafeTimedSerializer(secret, salt="staff").dumps({"id": TOKOKU, "role": "channel", "v": 1})
    return f"Bearer {signed}"


FORGED: dict[str, Callable[[], dict[str, str]]] = {
    "no key at all": dict,
    "an empty key": lambda: {"Authorization": "Bearer "},
    "signed with nothing": lambda: {"Authorization": signed_by("")},
    "signed with a foreign key": lambda: {"Authorization": signed_by("x" * 32)},
    "a key of another purpose": lambda: {"Authorization": f"Bearer {auth.sign('channel', {'id': TOKOKU})}"},
    "the key without its signature": lambda: {"Authorization": f"Bearer {token(TOKOKU).rpartition('.')[0]}"},
    "a signature beside the body": lambda: {"X-Signature": "sha256=" + "0" * 64, "X-Channel": TOKOKU},
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_marketplace_order_without_a_valid_key_changes_nothing(shop: MemoryShop, forged: str) -> None:
    """iPaymu CVE-2026-0656, CCAvenue CVE-2026-103298: any caller that knew the URL could act as the gateway."""
    with assert_nothing_changes(shop):
        answer = call(
            "POST", "/api/orders", order_with_agreed_price(), key=shop.sample.next_key(), headers=FORGED[forged]()
        )

    assert answer.status in (401, 403)
    assert shop.messages == []


def test_an_expired_marketplace_key_is_refused(shop: MemoryShop) -> None:
    """Like CosmicSting: a token that was stolen long ago must have expired."""
    stolen = token(TOKOKU)
    advance_clock(TOKEN_DAYS * 24 * 60 + 1)

    with assert_nothing_changes(shop):
        answer = call("POST", "/api/orders", order_with_agreed_price(), token=stolen, key=shop.sample.next_key())

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
def test_an_imported_row_is_validated(shop: MemoryShop, file: str, header: str, row: str) -> None:
    with assert_nothing_changes(shop):
        answer = call("POST", f"/api/imports?file={file}", f"{header}\n{row}\n", token=token(RATNA))

    assert answer.status == 200, answer.text
    assert [error["row"] for error in answer.json["errors"]] == [2]


@pytest.mark.parametrize(
    "text",
    ["sku,name\n\x00,x", '"sku,name,price\n', "sku,sku,name\nx,y,z", "\ufeff", "sku|name|price\nx|y|1", "x" * 200_000],
)
def test_an_invalid_file_is_reported_and_changes_nothing(shop: MemoryShop, text: str) -> None:
    with assert_nothing_changes(shop):
        answer = call("POST", "/api/imports?file=products", text, token=token(RATNA))

    assert answer.status == 200
    assert answer.json["errors"]


def test_an_event_of_unknown_kind_is_ignored(shop: MemoryShop) -> None:
    """A newer release may write events that this one does not know."""
    message = {"subject": "order#ord_1", "sequence": 1, "event_id": "evt_1", "occurred_at": "2026-11-22T00:00:00.000Z"}
    message |= {
        "actor": "x",
        "channel": None,
        "schema_version": 1,
        "kind": "OrderExploded",
        "body": {"order_id": "ord_1"},
    }

    with assert_nothing_changes(shop):
        deliver_messages(journal.message_to_entry(message))

    assert shop.messages == []


def test_an_event_of_a_missing_order_notifies_no_one(shop: MemoryShop) -> None:
    message = {"subject": "order#ord_x", "sequence": 1, "event_id": "evt_1", "occurred_at": "2026-11-22T00:00:00.000Z"}
    message |= {
        "actor": "x",
        "channel": None,
        "schema_version": 1,
        "kind": "LinkRenewed",
        "body": {"order_id": "ord_x", "token_version": 2},
    }

    with assert_nothing_changes(shop), pytest.raises(NotFound):
        deliver_messages(journal.message_to_entry(message))

    assert shop.messages == []


def test_an_unreadable_stream_record_stops_the_batch() -> None:
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "7", "NewImage": {"subject": {"S": "x"}}}}
    sent: list[Any] = []

    failed = stream.forward([record, record], lambda topic, entries: sent.append(entries) or set())  # type: ignore[func-returns-value]

    assert (failed, sent) == ("7", [])
