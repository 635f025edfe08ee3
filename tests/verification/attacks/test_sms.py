"""SMS pumping: who earns on messages to numbers of his own has the shop send them. Every budget ends where it says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.customers.model import ASK_AGAIN_AFTER, CODES_A_DAY, CODES_A_DAY_TO_ONE_CALLER
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import auth, clock, journal
from chalicelib.kit.journal import Entry
from chalicelib.notify.tell import tell
from tests.fulfillment.build import NOON
from tests.shop import an_order, put
from tests.verification.attacks.acts import SOMEWHERE, done, from_afar, heard, ordered
from tests.verification.attacks.ground import Ground
from tests.verification.endpoints.world import BUDI, LIA, TEA

REQUESTS = 100_000
ORDERS, VERIFICATIONS = 2_000, 6_000  # of these; the others are forged outright
EACH = REQUESTS // ORDERS
PACE = timedelta(seconds=0.4)  # noon is long over at the last of them, the day is not
LIMITS = {"SMS_PER_DAY": 600, "SMS_PER_CUSTOMER_PER_DAY": 4, "SMS_PER_RANGE_PER_DAY": 60, "SMS_PER_CALLER_PER_DAY": 25}


@pytest.fixture(autouse=True)
def nothing_spent(ground: Ground) -> None:
    """The world had messages sent while it was made."""
    kept = ground.memory.tables["test-notify"]
    for day in [pk for pk in kept.rows if pk.startswith("budget#")]:
        for name in list(kept.rows[day]):
            kept.drop(day, name)


def numbered(number: int) -> str:
    return f"+6281252{number:06d}"


def address(number: int) -> str:
    return f"103.47.{number // 250}.{number % 250}"


BUDGETS: dict[str, Callable[[int], tuple[str, str]]] = {
    "SMS_PER_DAY": lambda turn: (numbered(turn * 10_000), address(turn)),
    "SMS_PER_CUSTOMER_PER_DAY": lambda turn: (numbered(7), address(turn)),
    "SMS_PER_RANGE_PER_DAY": lambda turn: (numbered(turn), address(turn)),
    "SMS_PER_CALLER_PER_DAY": lambda turn: (numbered(turn * 10_000), address(7)),
}


@pytest.mark.parametrize("messages", [2, 3, 4])
@pytest.mark.parametrize("budget", BUDGETS)
def test_a_budget_of_three_sends_two_of_two_and_three_of_three_and_three_of_four(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, budget: str, messages: int
) -> None:
    monkeypatch.setenv(f"SATUKANAL_{budget}", "3")

    for turn in range(messages):
        phone, caller = BUDGETS[budget](turn)
        heard(ground, f"order#{ordered(ground, phone, caller)['id']}", "OrderPlaced")

    assert len(ground.sent) == min(messages, 3)


def test_an_order_over_a_budget_is_still_an_order(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "0")

    order = ordered(ground, numbered(1))
    heard(ground, f"order#{order['id']}", "OrderPlaced")

    assert (order["status"], ground.sent) == ("placed", [])


def test_who_gave_an_email_is_written_to_where_no_sms_is_left(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "0")
    customer = {"name": "Sari", "phone": numbered(1), "email": "sari@example.com"}

    order = ordered(ground, numbered(1), customer=customer)
    heard(ground, f"order#{order['id']}", "OrderPlaced")

    assert [to for to, _ in ground.sent] == ["sari@example.com"]


def test_an_office_of_ours_is_no_caller(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind an address that is not of the open internet stand a proxy and everybody."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "0")

    for caller in ("10.1.2.3", "127.0.0.1", "192.168.1.1", "::1", "", "unknown"):
        heard(ground, f"order#{ordered(ground, numbered(1), caller)['id']}", "OrderPlaced")

    assert len(ground.sent) == 6


def test_one_network_of_the_sixth_version_is_one_caller() -> None:
    """A home has 2^64 addresses of its own; a new one for each request must not be a new budget."""
    assert auth.caller("2400:9800:1::1") == auth.caller("2400:9800:1::ffff:1") != auth.caller("2400:9800:2::1")


def test_a_caller_who_says_he_is_another_is_counted_as_himself(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """X-Forwarded-For is whatever its sender wrote."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_CALLER_PER_DAY", "2")

    for turn in range(4):
        order = ordered(ground, numbered(turn), headers={"x-forwarded-for": address(turn)})
        heard(ground, f"order#{order['id']}", "OrderPlaced")

    assert len(ground.sent) == 2


def link(ground: Ground, turn: int) -> tuple[str, str, str]:
    """Whose journal tells of it, where to ask for it, and what is told."""
    order = ordered(ground, numbered(turn * 10_000), address(turn))["id"]
    return f"order#{order}", f"/orders/{order}/link", "LinkRenewed"


def pay_link(ground: Ground, turn: int) -> tuple[str, str, str]:
    customer = {"name": "Sari", "phone": numbered(turn * 10_000)}
    draft = an_order((TEA, 1), channel="phone", customer=customer, payments=[{"method": "transfer"}])
    order = done(ground, "POST", "/drafts", draft, by=LIA)["id"]
    return f"draft#{order}", f"/drafts/{order}/pay-link", "PayLinkAsked"


def call_me(ground: Ground, turn: int) -> tuple[str, str, str]:
    order = ground.world.order(f"a carried order {turn}")
    done(ground, "POST", f"/offers/{load_case(order).offers[-1].id}/claim", by=BUDI)
    return f"order#{order}", f"/orders/{order}/call-me", "CallAsked"


@pytest.mark.parametrize("of_kind", [link, pay_link, call_me])
def test_links_sent_anew_and_calls_asked_for_stay_inside_the_budgets(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, of_kind: Callable[[Ground, int], tuple[str, str, str]]
) -> None:
    """A flood need not be of new orders: each of many may be asked about again and again."""
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "3")
    asked_for = [of_kind(ground, turn) for turn in range(5)]

    for _ in range(2):
        for subject, path, told in asked_for:
            done(ground, "POST", path, by=LIA)
            heard(ground, subject, told)

    assert len(ground.sent) == 3


def test_codes_are_counted_by_who_asks_for_whatever_number(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.customers import verify

    monkeypatch.setattr(verify, "CODES_A_DAY_TO_ONE_CALLER", 2)
    orders = [ordered(ground, numbered(number)) for number in range(3)]

    answers = [asked_for_a_code(order) for order in orders]

    assert [answer.status for answer in answers] == [202, 202, 409]
    assert answers[2].json["code"] == "asked_too_often"


def test_no_address_of_a_caller_is_kept(ground: Ground) -> None:
    ordered(ground, numbered(1), "103.47.132.99")

    assert "103.47.132.99" not in str(ground.memory.tables)


@pytest.mark.verify
def test_a_hundred_thousand_forged_requests_cost_exactly_the_budget(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders and codes over eleven hours, most by a few callers for a few ranges of numbers."""
    for name, limit in LIMITS.items():
        monkeypatch.setenv(f"SATUKANAL_{name}", str(limit))
    put(TEA, "wh-surabaya", ORDERS)
    chance, ledger, orders = random.Random(7), Ledger(), list[tuple[str, Any]]()

    for turn in range(REQUESTS):
        now = NOON + turn * PACE
        monkeypatch.setattr(clock, "source", lambda now=now: now)
        caller = address(int(60 * chance.random() ** 3))
        if turn % EACH == 0:
            phone = numbered(int(40 * chance.random() ** 3) * 10_000 + int(60 * chance.random() ** 3))
            orders.append((phone, ordered(ground, phone, caller)))
            ledger.orders(phone, caller)
        elif turn % EACH <= VERIFICATIONS // ORDERS:
            phone, order = chance.choice(orders)
            assert asked_for_a_code(order, caller=caller).status == ledger.asks(
                order["customer_id"], phone, caller, now
            )
        else:
            _, order = orders[-1]
            assert asked_for_a_code(order, token=order["token"][1:], caller=caller).status == 404
        heard_anew(ground)

    assert [to for to, _ in ground.sent] == ledger.sent
    assert len(ledger.sent) == LIMITS["SMS_PER_DAY"]
    assert min(ledger.stopped[each] for each in (*LIMITS, "codes to a number", "codes by a caller")) > 0


class Ledger:
    """The same budgets, counted by hand. `stopped` is how often each was what stood in the way."""

    def __init__(self) -> None:
        self.spent, self.asked, self.stopped = Counter[str](), Counter[str](), Counter[str]()
        self.asked_at: dict[str, datetime] = {}
        self.sent: list[str] = []

    def orders(self, phone: str, caller: str) -> None:
        self.sends(phone, {"SMS_PER_CALLER_PER_DAY": caller})

    def asks(self, customer: str, phone: str, caller: str, now: datetime) -> int:
        """What the door answers; who asks is counted here already, so the message is not counted by him."""
        if customer in self.asked_at and now - self.asked_at[customer] < ASK_AGAIN_AFTER:
            return 202  # a second click
        if self.asked[phone] == CODES_A_DAY or self.asked[caller] == CODES_A_DAY_TO_ONE_CALLER:
            self.stopped["codes to a number"] += self.asked[phone] == CODES_A_DAY
            self.stopped["codes by a caller"] += self.asked[caller] == CODES_A_DAY_TO_ONE_CALLER
            return 409
        self.asked.update([phone, caller])
        self.asked_at[customer] = now
        self.sends(phone, {})
        return 202

    def sends(self, phone: str, counted: dict[str, str]) -> None:
        names = {"SMS_PER_DAY": "all", "SMS_PER_CUSTOMER_PER_DAY": phone, "SMS_PER_RANGE_PER_DAY": phone[:-4]} | counted
        full = [limit for limit, name in names.items() if self.spent[name] == LIMITS[limit]]
        self.stopped.update(full if "SMS_PER_DAY" not in full else ["SMS_PER_DAY"])
        if not full:
            self.spent.update(names.values())
            self.sent.append(phone)


def heard_anew(ground: Ground) -> None:
    """What was written since the last time that the shop sends a message for."""
    for item in ground.memory.stream:
        if item["kind"]["S"] in ("OrderPlaced", "VerificationAsked"):
            tell(journal.to_journal_entry(Entry.from_raw_data(item)))
    ground.memory.stream.clear()


def asked_for_a_code(order: Any, token: str = "", caller: str = SOMEWHERE) -> Any:
    body = {"order": order["id"], "identity": "phone"}
    return from_afar("POST", f"/api/identities/verify?token={token or order['token']}", body, caller=caller)
