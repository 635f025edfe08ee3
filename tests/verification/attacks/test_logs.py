"""Who reads our logs learns what happened and to which order, and never to whom: no name, phone, address or key."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.fulfillment.store import load_case
from chalicelib.kit import config, log
from chalicelib.notify import stream, transports
from chalicelib.notify.escalate import escalate
from tests.client import call
from tests.fulfillment.build import listen
from tests.shop import HERE, an_order, later, token
from tests.verification.attacks.acts import heard
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.world import AGUS, BUDI, JOKO, LIA, MAYA, RATNA, SINTA, SOAP, TEA, TOKOKU, drawers

NAME, STREET, NOTE, EMAIL = "Kanarivica Zebrawati", "Jl. Kanarirahasia 77", "pagar kanarikuning", "kanari@zebra.example"
PHONE, LOCAL_PHONE, REFERENCE = "+6281299887766", "081299887766", "TRF-KANARI-4711"
CANARIES = ("kanari", "zebra", "81299887766")
WHO = {"name": NAME, "phone": LOCAL_PHONE, "email": EMAIL}
TO = {"method": "ship", "address": {"street": STREET, "city": "Kanarikota", "position": HERE.as_json()}}
AGREED = {"agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}

Bodies = list[tuple[str, dict[str, Any]]]


class Eavesdropper(logging.Handler):
    """Hears every logger at every level, as a person on call would read it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines(capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    ear, root, ours = Eavesdropper(), logging.getLogger(), logging.getLogger("satukanal")
    levels = root.level, ours.level
    root.addHandler(ear)
    ours.addHandler(ear)  # Chalice lets it say nothing to the root
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield ear.lines
    root.removeHandler(ear)
    ours.removeHandler(ear)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    printed = capfd.readouterr()
    assert_quiet([*ear.lines, printed.out, printed.err])


def assert_quiet(lines: list[str]) -> None:
    """No canary, no staff token, no order's token, no claim link, no signing key, no code."""
    told = "\n".join(lines).lower()
    secrets = [*config.secrets(), *map(token, (RATNA, BUDI)), *(token(who).split(".")[1] for who in (RATNA, BUDI))]

    assert [canary for canary in (*CANARIES, *(secret.lower() for secret in secrets)) if canary in told] == []


def test_what_the_person_on_call_should_read_is_let_through() -> None:
    """Chalice shares its logger with ours and lets only errors through it."""
    script = "from app import app; from chalicelib.kit import log; log.decision('refused', order='ord_1')"
    environment = {name: value for name, value in os.environ.items() if name != "SATUKANAL_LOG_LEVEL"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert 'INFO - {"says": "refused", "order": "ord_1"}' in ran.stdout


def said(channel: str, **more: Any) -> dict[str, Any]:
    return an_order((SOAP, 1), channel=channel, customer=WHO, delivery=TO, note=NOTE) | more


def orders_of_every_channel(cart: str) -> Bodies:
    handed = {"delivery": {"method": "handover"}, "payments": [{"method": "cash"}]}
    line = {"lines": [{"sku": SOAP, "quantity": 1} | AGREED], "ref": "KANARI-REF-1"}
    return [
        ("", said("web", payments=[{"method": "transfer"}])),
        (SINTA, said("pos", **handed, location="store-tunjungan")),
        (BUDI, said("sfa")),
        (LIA, said("phone")),
        (LIA, said("social")),
        (LIA, said("whatsapp")),
        ("", said("whatsapp", cart=cart)),
        (TOKOKU, said("marketplace", **line, payments=[])),
    ]


def test_orders_of_every_channel_leave_no_person_in_the_logs(ground: Ground, lines: list[str]) -> None:
    drawers(ground.world)
    cart = call("POST", "/api/carts", {"lines": [{"sku": SOAP, "quantity": 1}]}).json["cart"]

    placed = [
        call("POST", "/api/orders", body, token=token(by) if by else "", key=ground.world.key())
        for by, body in orders_of_every_channel(cart)
    ]
    for answer in placed:
        assert answer.status == 201, answer.text
        listen(answer.json["id"])
        for kind in ("OrderPlaced", "OfferOpened"):
            heard(ground, f"order#{answer.json['id']}", kind)
        tokens = [answer.json["token"]] if "token" in answer.json else []
        assert not [secret for secret in tokens if secret in "\n".join(lines)]

    assert any(EMAIL in to for to, _ in ground.sent)


def test_a_whole_life_of_an_order_leaves_no_person_in_the_logs(ground: Ground, lines: list[str]) -> None:
    drawers(ground.world)
    answer = call("POST", "/api/orders", said("web", lines=[{"sku": TEA, "quantity": 1}]), key=ground.world.key())
    order, secret = answer.json["id"], answer.json["token"]
    listen(order)
    heard(ground, f"order#{order}", "OfferOpened")
    parcel = load_case(order).works[-1].id

    for path, by in [(f"/api/offers/{load_case(order).offers[-1].id}/claim", BUDI), ("/api/inbox", BUDI)]:
        call("POST" if path.endswith("claim") else "GET", path, token=token(by))
    parcel = load_case(order).works[-1].id
    for step in ("dispatch", "deliver"):
        call("POST", f"/api/fulfillments/{parcel}/{step}", token=token(BUDI))
    call("POST", f"/api/orders/{order}/cancel", {"reason": NOTE}, token=token(LIA))
    call("GET", f"/api/orders/{order}", query={"token": secret})
    call("GET", f"/api/orders/{order}", query={"token": secret[::-1]})
    call("GET", "/api/customers", query={"phone": PHONE}, token=token(RATNA))
    call("POST", "/api/identities/verify", {"order": order, "identity": "phone"}, query={"token": secret})
    call("GET", "/api/exports/customers.csv", token=token(RATNA))
    later(60)
    escalate()

    assert not [line for line in lines if secret in line or secret[::-1] in line]


REFUSED: Bodies = [
    ("", said("web", lines=[])),
    ("", said("web", **{NOTE: NAME})),
    ("", said("web", customer=WHO | {"phone": "kanari"})),
    ("", said("web", customer=WHO | {"email": "kanari zebra"})),
    ("", said("web", delivery={"method": NOTE})),
    ("", said("web", lines=[{"sku": NAME, "quantity": 1}])),
    ("", said("web", coupons=[NAME])),
    ("", said(NAME)),
    ("", said("web", payments=[{"method": "kanari"}])),
    ("", said("pos")),
    (JOKO, said("web")),
    (LIA, said("phone", customer={"id": "cus_kanari"})),
    (LIA, said("phone", payments=[{"method": "credit"}])),
    ("", said("web", lines=[{"sku": SOAP, "quantity": 99_999}])),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_a_refusal_leaves_no_person_in_the_logs(ground: Ground, lines: list[str], number: int) -> None:
    by, body = REFUSED[number]

    answer = call("POST", "/api/orders", body, token=token(by) if by else "", key=ground.world.key())

    assert 400 <= answer.status < 500, answer.text
    assert any('"refused"' in line for line in lines)


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
def test_what_stands_in_an_address_is_not_logged(ground: Ground, lines: list[str], path: str) -> None:
    assert 400 <= call("GET", path, token="" if "token=" in path else token(RATNA)).status < 500


def test_a_token_that_is_none_is_not_logged(ground: Ground, lines: list[str]) -> None:
    forged = f"{token(RATNA)}kanari"

    assert call("GET", "/api/me", token=forged).status == 401
    assert not [line for line in lines if token(RATNA)[:40] in line]


@pytest.mark.parametrize("engine", ["get", "batch", "transact"])
def test_a_bug_says_where_it_is_and_not_whom_it_met(
    ground: Ground, lines: list[str], monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """What an exception says is whatever was being worked on: the text of a KeyError is a customer's name."""

    def broken(*said: Any) -> Any:
        try:
            raise KeyError(f"{NAME} {PHONE} {STREET}")
        except KeyError as error:
            raise RuntimeError(f"could not keep {EMAIL}") from error

    monkeypatch.setattr(ground.memory, engine, broken)
    paths = {"get": ("GET", "/api/orders/ord_x", None), "batch": ("POST", "/api/quotes", said("web"))}
    method, path, body = paths.get(engine, ("POST", "/api/orders", said("web")))
    body = {name: body[name] for name in ("channel", "lines")} if path == "/api/quotes" and body else body

    answer = call(method, path, body, token=token(RATNA) if body is None else "", key=ground.world.key())

    assert (answer.status, answer.json["code"]) == (500, "bug")
    assert not [canary for canary in CANARIES if canary in answer.text.lower()]
    bug = next(json.loads(line.partition("ERROR ")[2]) for line in lines if "satukanal ERROR" in line)
    assert [kind for kind in bug["stack"] if ":" not in kind] == ["RuntimeError", "KeyError"]
    assert any("test_logs.py" in place and place.endswith(" broken") for place in bug["stack"])


def test_a_message_that_did_not_go_out_is_logged_by_its_event(
    ground: Ground, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(*said: Any) -> None:
        raise transports.NotSent(f"{PHONE} is not a number")

    monkeypatch.setattr(transports, "sms", no)
    monkeypatch.setattr(transports, "email", no)
    order = call("POST", "/api/orders", said("web"), key=ground.world.key()).json

    heard(ground, f"order#{order['id']}", "OrderPlaced")

    assert sum("not delivered" in line for line in lines) == 2


def test_a_poison_record_of_the_stream_is_not_read_out(ground: Ground, lines: list[str]) -> None:
    image = {"subject": {"S": "order#ord_1"}, "sequence": {"N": "1"}, "body": {"S": f"{NAME} {PHONE}"}}
    record = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1", "NewImage": image}}

    assert stream.forward([record], lambda topic, entries: set()) == "1"
    assert any("cannot be read" in line for line in lines)


def test_only_fields_of_the_list_are_ever_logged(lines: list[str]) -> None:
    log.decision("kept", order="ord_1", name=NAME, phone=PHONE, note=NOTE, customer_name=NAME)  # type: ignore[arg-type]

    assert json.loads(lines[-1].partition("INFO ")[2]) == {"says": "kept", "order": "ord_1"}


def test_the_list_of_fields_names_nothing_of_a_person() -> None:
    personal = {"name", "phone", "email", "address", "street", "note", "contact", "token", "key", "secret", "code_sent"}

    assert log.ALLOWED & personal == set()


def test_the_eavesdropper_would_have_heard() -> None:
    for canary in (NAME, PHONE, STREET, NOTE, EMAIL, REFERENCE, config.secrets()[0], token(RATNA)):
        with pytest.raises(AssertionError):
            assert_quiet([f"satukanal INFO {canary}"])


def test_money_people_and_couriers_leave_no_person_either(ground: Ground, lines: list[str]) -> None:
    order = call("POST", "/api/orders", said("web", payments=[{"method": "transfer"}]), key=ground.world.key()).json
    payment, mine = order["payments"][0]["id"], {"token": order["token"]}

    call("POST", f"/api/payments/{payment}/proof", {"reference": REFERENCE}, query=mine)
    call("GET", f"/api/payments/{payment}/proof", token=token(MAYA))
    call("POST", f"/api/payments/{payment}/reject", {"reason": NOTE}, token=token(MAYA))
    call("POST", f"/api/payments/{payment}/confirm", token=token(MAYA))
    call("POST", f"/api/orders/{order['id']}/link", token=token(LIA), key=ground.world.key())
    call("GET", "/api/fulfillments", token=token(AGUS))

    assert not [line for line in lines if order["token"] in line]
