"""SMS pumping fraud: attackers earn on messages to their own numbers. Every SMS budget is enforced exactly."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.customers.model import (
    CODE_RESEND_INTERVAL,
    MAX_CODES_PER_CALLER_PER_DAY,
    MAX_CODES_PER_DAY,
    MAX_CODES_PER_NUMBER_PER_DAY,
)
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import auth, clock, journal
from chalicelib.kit.journal import EntryRow
from chalicelib.notify.deliver import deliver_messages
from tests.fulfillment.build import NOON
from tests.shop import add_stock, an_order
from tests.verification.attacks.actions import PUBLIC_ADDRESS, deliver_notices, place_order, send_from, send_ok
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.endpoints.sample_shop import BUDI, LIA, TEA

REQUESTS = 100_000
ORDERS, VERIFICATIONS = 2_000, 6_000  # among the requests; the others have forged tokens
REQUESTS_PER_ORDER = REQUESTS // ORDERS
PACE = timedelta(seconds=0.4)  # starting at noon, the last request is still on the same day
LIMITS = {"SMS_PER_DAY": 600, "SMS_PER_CUSTOMER_PER_DAY": 4, "SMS_PER_RANGE_PER_DAY": 60, "SMS_PER_CALLER_PER_DAY": 25}


@pytest.fixture(autouse=True)
def unspent_budgets(shop: MemoryShop) -> None:
    """Reset the budgets, which the messages sent while building the sample shop have used."""
    table = shop.memory.tables["test-notify"]
    for day in [pk for pk in table.rows if pk.startswith("budget#")]:
        for name in list(table.rows[day]):
            table.delete(day, name)


def phone_number(number: int) -> str:
    return f"+6281252{number:06d}"


def address(number: int) -> str:
    return f"103.47.{number // 250}.{number % 250}"


BUDGETS: dict[str, Callable[[int], tuple[str, str]]] = {
    "SMS_PER_DAY": lambda turn: (phone_number(turn * 10_000), address(turn)),
    "SMS_PER_CUSTOMER_PER_DAY": lambda turn: (phone_number(7), address(turn)),
    "SMS_PER_RANGE_PER_DAY": lambda turn: (phone_number(turn), address(turn)),
    "SMS_PER_CALLER_PER_DAY": lambda turn: (phone_number(turn * 10_000), address(7)),
}


@pytest.mark.parametrize("messages", [2, 3, 4])
@pytest.mark.parametrize("budget", BUDGETS)
def test_a_budget_of_three_sends_two_of_two_and_three_of_three_and_three_of_four(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, budget: str, messages: int
) -> None:
    monkeypatch.setenv(f"SATUKANAL_{budget}", "3")

    for turn in range(messages):
        phone, caller = BUDGETS[budget](turn)
        deliver_notices(shop, f"order#{place_order(shop, phone, caller)['id']}", "OrderPlaced")

    assert len(shop.messages) == min(messages, 3)


def test_an_order_over_a_budget_is_still_an_order(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "0")

    order = place_order(shop, phone_number(1))
    deliver_notices(shop, f"order#{order['id']}", "OrderPlaced")

    assert (order["status"], shop.messages) == ("placed", [])


def test_an_email_is_sent_when_the_sms_budget_is_spent(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "0")
    customer = {"name": "Sari", "phone": phone_number(1), "email": "sari@example.com"}

    order = place_order(shop, phone_number(1), customer=customer)
    deliver_notices(shop, f"order#{order['id']}", "OrderPlaced")

    assert [to for to, _ in shop.messages] == ["sari@example.com"]


def test_private_addresses_have_no_caller_budget(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """All callers may share a private address, that of a proxy."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "0")

    for caller in ("10.1.2.3", "127.0.0.1", "192.168.1.1", "::1", "", "unknown"):
        deliver_notices(shop, f"order#{place_order(shop, phone_number(1), caller)['id']}", "OrderPlaced")

    assert len(shop.messages) == 6


def test_an_ipv6_network_is_one_caller() -> None:
    """A household has 2^64 addresses, which must share one budget."""
    assert (
        auth.network_id("2400:9800:1::1") == auth.network_id("2400:9800:1::ffff:1") != auth.network_id("2400:9800:2::1")
    )


def test_a_forged_forwarded_header_does_not_change_the_caller(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client can write anything into X-Forwarded-For."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "2")

    for turn in range(4):
        order = place_order(shop, phone_number(turn), headers={"x-forwarded-for": address(turn)})
        deliver_notices(shop, f"order#{order['id']}", "OrderPlaced")

    assert len(shop.messages) == 2


def renew_link(shop: MemoryShop, turn: int) -> tuple[str, str, str]:
    """Return (journal subject, path that requests the message, kind of its journal entry)."""
    order = place_order(shop, phone_number(turn * 10_000), address(turn))["id"]
    return f"order#{order}", f"/orders/{order}/link", "LinkRenewed"


def request_pay_link(shop: MemoryShop, turn: int) -> tuple[str, str, str]:
    customer = {"name": "Sari", "phone": phone_number(turn * 10_000)}
    draft = an_order((TEA, 1), channel="phone", customer=customer, payments=[{"method": "transfer"}])
    order = send_ok(shop, "POST", "/drafts", draft, by=LIA)["id"]
    return f"draft#{order}", f"/drafts/{order}/pay-link", "PayLinkRequested"


def request_call(shop: MemoryShop, turn: int) -> tuple[str, str, str]:
    order = shop.sample.place_order(f"a carried order {turn}")
    send_ok(shop, "POST", f"/offers/{load_fulfillment_of_order(order).offers[-1].id}/claim", by=BUDI)
    return f"order#{order}", f"/orders/{order}/call-me", "CallRequested"


@pytest.mark.parametrize("prepare", [renew_link, request_pay_link, request_call])
def test_renewed_links_and_requested_calls_stay_inside_the_budgets(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[MemoryShop, int], tuple[str, str, str]]
) -> None:
    """Messages about existing orders can be requested repeatedly."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "3")
    requests = [prepare(shop, turn) for turn in range(5)]

    for _ in range(2):
        for subject, path, kind in requests:
            send_ok(shop, "POST", path, by=LIA)
            deliver_notices(shop, subject, kind)

    assert len(shop.messages) == 3


def test_codes_are_counted_per_caller_over_all_numbers(shop: MemoryShop, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.customers import verify

    monkeypatch.setattr(verify, "MAX_CODES_PER_CALLER_PER_DAY", 2)
    orders = [place_order(shop, phone_number(number)) for number in range(3)]

    answers = [request_code(order) for order in orders]

    assert [answer.status for answer in answers] == [202, 202, 409]
    assert answers[2].json["code"] == "asked_too_often"


def test_no_caller_address_is_stored(shop: MemoryShop) -> None:
    place_order(shop, phone_number(1), "103.47.132.99")

    assert "103.47.132.99" not in str(shop.memory.tables)


@pytest.mark.verify
def test_a_hundred_thousand_forged_requests_cost_exactly_the_budget(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders and verification codes over eleven hours, most by a few callers for a few ranges of numbers."""
    for name, limit in LIMITS.items():
        monkeypatch.setenv(f"SATUKANAL_{name}", str(limit))
    add_stock(TEA, "wh-surabaya", ORDERS)
    chance, expected, orders = random.Random(7), ExpectedMessages(), list[tuple[str, Any]]()

    for turn in range(REQUESTS):
        now = NOON + turn * PACE
        monkeypatch.setattr(clock, "source", lambda now=now: now)
        caller = address(int(60 * chance.random() ** 3))
        if turn % REQUESTS_PER_ORDER == 0:
            phone = phone_number(int(40 * chance.random() ** 3) * 10_000 + int(60 * chance.random() ** 3))
            orders.append((phone, place_order(shop, phone, caller)))
            expected.add_order(phone, caller)
        elif turn % REQUESTS_PER_ORDER <= VERIFICATIONS // ORDERS:
            phone, order = chance.choice(orders)
            status = expected.add_code_request(order["customer_id"], phone, caller, now)
            assert request_code(order, caller=caller).status == status
        else:
            _, order = orders[-1]
            assert request_code(order, token=order["token"][1:], caller=caller).status == 404
        deliver_new_notices(shop)

    assert [to for to, _ in shop.messages] == expected.sent
    assert len(expected.sent) == LIMITS["SMS_PER_DAY"]
    assert min(expected.stopped[name] for name in (*LIMITS, "codes to a number", "codes by a caller")) > 0


class ExpectedMessages:
    """A second implementation of the budgets. `stopped` counts the messages that each limit prevented."""

    def __init__(self) -> None:
        self.spent, self.code_requests, self.stopped = Counter[str](), Counter[str](), Counter[str]()
        self.requested_at: dict[str, datetime] = {}
        self.sent: list[str] = []

    def add_order(self, phone: str, caller: str) -> None:
        self.add_message(phone, {"SMS_PER_CALLER_PER_DAY": caller})

    def add_code_request(self, customer: str, phone: str, caller: str, now: datetime) -> int:
        """Return the expected status. Callers have a limit of codes, so these messages do not count for their SMS."""
        if customer in self.requested_at and now - self.requested_at[customer] < CODE_RESEND_INTERVAL:
            return 202  # a repeated click
        of_both = f"{phone} by {caller}"
        limits = {of_both: MAX_CODES_PER_DAY, phone: MAX_CODES_PER_NUMBER_PER_DAY, caller: MAX_CODES_PER_CALLER_PER_DAY}
        if full := [name for name, limit in limits.items() if self.code_requests[name] == limit]:
            self.stopped["codes to a number"] += of_both in full
            self.stopped["codes by a caller"] += caller in full
            return 409
        self.code_requests.update(limits.keys())  # one more of each; a mapping would add its values
        self.requested_at[customer] = now
        self.add_message(phone, {})
        return 202

    def add_message(self, phone: str, counted: dict[str, str]) -> None:
        names = {"SMS_PER_DAY": "all", "SMS_PER_CUSTOMER_PER_DAY": phone, "SMS_PER_RANGE_PER_DAY": phone[:-4]} | counted
        full = [limit for limit, name in names.items() if self.spent[name] == LIMITS[limit]]
        self.stopped.update(full if "SMS_PER_DAY" not in full else ["SMS_PER_DAY"])
        if not full:
            self.spent.update(names.values())
            self.sent.append(phone)


def deliver_new_notices(shop: MemoryShop) -> None:
    """Deliver the messages of the journal entries written since the last call."""
    for item in shop.memory.stream:
        if item["kind"]["S"] in ("OrderPlaced", "VerificationRequested"):
            deliver_messages(journal.row_to_entry(EntryRow.from_raw_data(item)))
    shop.memory.stream.clear()


def request_code(order: Any, token: str = "", caller: str = PUBLIC_ADDRESS) -> Any:
    body = {"order": order["id"], "identity": "phone"}
    return send_from("POST", f"/api/identities/verify?token={token or order['token']}", body, caller=caller)
