"""Logs contain what happened and the ids of orders, but no personal data and no secrets."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import config, log
from chalicelib.notify import stream, transports
from chalicelib.notify.escalate import escalate
from tests.client import call
from tests.fulfillment.build import deliver_events
from tests.shop import HERE, advance_clock, an_order, token
from tests.verification.attacks.actions import deliver_notices
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import (
    AGUS,
    BUDI,
    JOKO,
    LIA,
    MAYA,
    RATNA,
    SINTA,
    SOAP,
    TEA,
    TOKOKU,
    open_shifts,
)

NAME, STREET, NOTE, EMAIL = "Kanarivica Zebrawati", "Jl. Kanarirahasia 77", "pagar kanarikuning", "kanari@zebra.example"
PHONE, LOCAL_PHONE, REFERENCE = "+6281299887766", "081299887766", "TRF-KANARI-4711"
CANARIES = ("kanari", "zebra", "81299887766")
CUSTOMER = {"name": NAME, "phone": LOCAL_PHONE, "email": EMAIL}
DELIVERY = {"method": "ship", "address": {"street": STREET, "city": "Kanarikota", "position": HERE.to_json()}}
AGREED = {"agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}

Bodies = list[tuple[str, dict[str, Any]]]


class LogCollector(logging.Handler):
    """Collects the lines of every logger at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log_lines(capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    collector, root, ours = LogCollector(), logging.getLogger(), logging.getLogger("satukanal")
    levels = root.level, ours.level
    root.addHandler(collector)
    ours.addHandler(collector)  # Chalice turns off its propagation to the root logger
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield collector.lines
    root.removeHandler(collector)
    ours.removeHandler(collector)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    printed = capfd.readouterr()
    assert_no_personal_data([*collector.lines, printed.out, printed.err])


def assert_no_personal_data(lines: list[str]) -> None:
    """Assert that the lines contain no canary, no staff token and no signing key."""
    text = "\n".join(lines).lower()
    tokens = [token(staff) for staff in (RATNA, BUDI)]
    secrets = [*config.secrets(), *tokens, *(staff_token.split(".")[1] for staff_token in tokens)]

    assert [canary for canary in (*CANARIES, *(secret.lower() for secret in secrets)) if canary in text] == []


def test_info_lines_pass_the_log_level_of_chalice() -> None:
    """Chalice uses the same logger and sets its level to ERROR."""
    script = "from app import app; from chalicelib.kit import log; log.info('refused', order='ord_1')"
    environment = {name: value for name, value in os.environ.items() if name != "SATUKANAL_LOG_LEVEL"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert ran.stdout == '{"level": "INFO", "event": "refused", "order": "ord_1"}\n'


def order_body(channel: str, **fields: Any) -> dict[str, Any]:
    return an_order((SOAP, 1), channel=channel, customer=CUSTOMER, delivery=DELIVERY, note=NOTE) | fields


def orders_of_every_channel(cart: str) -> Bodies:
    handed = {"delivery": {"method": "handover"}, "payments": [{"method": "cash"}]}
    line = {"lines": [{"sku": SOAP, "quantity": 1} | AGREED], "ref": "KANARI-REF-1"}
    return [
        ("", order_body("web", payments=[{"method": "transfer"}])),
        (SINTA, order_body("pos", **handed, location="store-tunjungan")),
        (BUDI, order_body("sfa")),
        (LIA, order_body("phone")),
        (LIA, order_body("social")),
        (LIA, order_body("whatsapp")),
        ("", order_body("whatsapp", cart=cart)),
        (TOKOKU, order_body("marketplace", **line, payments=[])),
    ]


def test_orders_of_every_channel_log_no_personal_data(shop: MemoryShop, log_lines: list[str]) -> None:
    open_shifts(shop.sample)
    cart = call("POST", "/api/carts", {"lines": [{"sku": SOAP, "quantity": 1}]}).json["cart"]

    placed = [
        call("POST", "/api/orders", body, token=token(by) if by else "", key=shop.sample.next_key())
        for by, body in orders_of_every_channel(cart)
    ]
    for answer in placed:
        assert answer.status == 201, answer.text
        deliver_events(answer.json["id"])
        for kind in ("OrderPlaced", "OfferOpened"):
            deliver_notices(shop, f"order#{answer.json['id']}", kind)
        tokens = [answer.json["token"]] if "token" in answer.json else []
        assert not [secret for secret in tokens if secret in "\n".join(log_lines)]

    assert any(EMAIL in to for to, _ in shop.messages)


def test_a_whole_order_life_logs_no_personal_data(shop: MemoryShop, log_lines: list[str]) -> None:
    open_shifts(shop.sample)
    answer = call(
        "POST", "/api/orders", order_body("web", lines=[{"sku": TEA, "quantity": 1}]), key=shop.sample.next_key()
    )
    order, secret = answer.json["id"], answer.json["token"]
    deliver_events(order)
    deliver_notices(shop, f"order#{order}", "OfferOpened")
    parcel = load_fulfillment_of_order(order).fulfillments[-1].id

    for path, by in [
        (f"/api/offers/{load_fulfillment_of_order(order).offers[-1].id}/claim", BUDI),
        ("/api/inbox", BUDI),
    ]:
        call("POST" if path.endswith("claim") else "GET", path, token=token(by))
    parcel = load_fulfillment_of_order(order).fulfillments[-1].id
    for step in ("dispatch", "deliver"):
        call("POST", f"/api/fulfillments/{parcel}/{step}", token=token(BUDI))
    call("POST", f"/api/orders/{order}/cancel", {"reason": NOTE}, token=token(LIA))
    call("GET", f"/api/orders/{order}", query={"token": secret})
    call("GET", f"/api/orders/{order}", query={"token": secret[::-1]})
    call("GET", "/api/customers", query={"phone": PHONE}, token=token(RATNA))
    call("POST", "/api/identities/verify", {"order": order, "identity": "phone"}, query={"token": secret})
    call("GET", "/api/exports/customers.csv", token=token(RATNA))
    advance_clock(60)
    escalate()

    assert not [line for line in log_lines if secret in line or secret[::-1] in line]


REFUSED: Bodies = [
    ("", order_body("web", lines=[])),
    ("", order_body("web", **{NOTE: NAME})),
    ("", order_body("web", customer=CUSTOMER | {"phone": "kanari"})),
    ("", order_body("web", customer=CUSTOMER | {"email": "kanari zebra"})),
    ("", order_body("web", delivery={"method": NOTE})),
    ("", order_body("web", lines=[{"sku": NAME, "quantity": 1}])),
    ("", order_body("web", coupons=[NAME])),
    ("", order_body(NAME)),
    ("", order_body("web", payments=[{"method": "kanari"}])),
    ("", order_body("pos")),
    (JOKO, order_body("web")),
    (LIA, order_body("phone", customer={"id": "cus_kanari"})),
    (LIA, order_body("phone", payments=[{"method": "credit"}])),
    ("", order_body("web", lines=[{"sku": SOAP, "quantity": 99_999}])),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_a_refusal_logs_no_personal_data(shop: MemoryShop, log_lines: list[str], number: int) -> None:
    by, body = REFUSED[number]

    answer = call("POST", "/api/orders", body, token=token(by) if by else "", key=shop.sample.next_key())

    assert 400 <= answer.status < 500, answer.text
    assert any('"request_refused"' in line for line in log_lines)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/orders/{PHONE}",
        f"/api/customers/{PHONE}",
        "/api/customers?name=kanari",
        "/api/orders?day=kanari",
        "/api/o/kanari",
        f"/api/coupons/{PHONE}",
        f"/api/zebra/{PHONE}",
        f"/api/orders/x?token={PHONE}",
    ],
)
def test_path_and_query_values_are_not_logged(shop: MemoryShop, log_lines: list[str], path: str) -> None:
    assert 400 <= call("GET", path, token="" if "token=" in path else token(RATNA)).status < 500


def test_an_invalid_token_is_not_logged(shop: MemoryShop, log_lines: list[str]) -> None:
    forged = f"{token(RATNA)}kanari"

    assert call("GET", "/api/me", token=forged).status == 401
    assert not [line for line in log_lines if token(RATNA)[:40] in line]


@pytest.mark.parametrize("engine", ["get", "batch", "transact"])
def test_an_internal_error_logs_where_and_no_personal_data(
    shop: MemoryShop, log_lines: list[str], monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """The message of an exception may contain data: that of a KeyError may be a customer's name."""

    def fail(*args: Any) -> Any:
        try:
            raise KeyError(f"{NAME} {PHONE} {STREET}")
        except KeyError as error:
            raise RuntimeError(f"could not save {EMAIL}") from error

    monkeypatch.setattr(shop.memory, engine, fail)
    paths = {"get": ("GET", "/api/orders/ord_x", None), "batch": ("POST", "/api/quotes", order_body("web"))}
    method, path, body = paths.get(engine, ("POST", "/api/orders", order_body("web")))
    body = {name: body[name] for name in ("channel", "lines")} if path == "/api/quotes" and body else body

    answer = call(method, path, body, token=token(RATNA) if body is None else "", key=shop.sample.next_key())

    assert (answer.status, answer.json["code"]) == (500, "bug")
    assert not [canary for canary in CANARIES if canary in answer.text.lower()]
    bug = next(json.loads(line.partition("ERROR ")[2]) for line in log_lines if "satukanal ERROR" in line)
    assert [kind for kind in bug["stack"] if ":" not in kind] == ["RuntimeError", "KeyError"]
    assert any("test_logs.py" in place and place.endswith(" fail") for place in bug["stack"])


def test_an_undelivered_message_is_logged_by_its_event(
    shop: MemoryShop, log_lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise transports.NotSent(f"{PHONE} is not a number")

    monkeypatch.setattr(transports, "send_sms", refuse)
    monkeypatch.setattr(transports, "send_email", refuse)
    order = call("POST", "/api/orders", order_body("web"), key=shop.sample.next_key()).json

    deliver_notices(shop, f"order#{order['id']}", "OrderPlaced")

    assert sum('"message_not_delivered"' in line for line in log_lines) == 2


def test_the_content_of_an_unreadable_stream_record_is_not_logged(shop: MemoryShop, log_lines: list[str]) -> None:
    image = {"subject": {"S": "order#ord_1"}, "sequence": {"N": "1"}, "body": {"S": f"{NAME} {PHONE}"}}
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": image}}

    assert stream.forward([record], lambda topic, entries: set()) == "1"
    assert any('"journal_record_unreadable"' in line for line in log_lines)


def test_only_allowed_fields_are_logged(log_lines: list[str]) -> None:
    log.info("order_placed", order="ord_1", name=NAME, phone=PHONE, note=NOTE, customer_name=NAME)  # type: ignore[arg-type]

    line = json.loads(log_lines[-1].partition("INFO ")[2])
    assert line == {"level": "INFO", "event": "order_placed", "order": "ord_1"}


def test_no_allowed_log_field_is_personal() -> None:
    personal = {"name", "phone", "email", "address", "street", "note", "contact", "token", "key", "secret", "code_sent"}

    assert log.ALLOWED_FIELDS & personal == set()


def test_the_log_check_detects_personal_data() -> None:
    for canary in (NAME, PHONE, STREET, NOTE, EMAIL, REFERENCE, config.secrets()[0], token(RATNA)):
        with pytest.raises(AssertionError):
            assert_no_personal_data([f"satukanal INFO {canary}"])


def test_finance_and_couriers_log_no_personal_data(shop: MemoryShop, log_lines: list[str]) -> None:
    order = call(
        "POST", "/api/orders", order_body("web", payments=[{"method": "transfer"}]), key=shop.sample.next_key()
    ).json
    payment, mine = order["payments"][0]["id"], {"token": order["token"]}

    call("POST", f"/api/payments/{payment}/proof", {"reference": REFERENCE}, query=mine)
    call("GET", f"/api/payments/{payment}/proof", token=token(MAYA))
    call("POST", f"/api/payments/{payment}/reject", {"reason": NOTE}, token=token(MAYA))
    call("POST", f"/api/payments/{payment}/confirm", token=token(MAYA))
    call("POST", f"/api/orders/{order['id']}/link", token=token(LIA), key=shop.sample.next_key())
    call("GET", "/api/fulfillments", token=token(AGUS))

    assert not [line for line in log_lines if order["token"] in line]
