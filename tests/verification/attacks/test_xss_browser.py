"""Stored XSS in a real browser: the scripts of the desk and the shop get two hundred payloads from the stubbed API."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest

from tests.storefront.stub_api import StubApi, a_line, an_order
from tests.storefront.stub_desk_api import ORDER, a_desk, a_notice, a_page, an_exception, respond_with, some_work
from tests.verification.attacks.payloads import HARMLESS, PAYLOADS
from tests.verification.sampling import mark_cases

pytestmark = pytest.mark.browser
FREE_TEXT_FIELDS = {
    "name",
    "note",
    "street",
    "city",
    "company",
    "detail",
    "says",
    "reason",
    "brought_by",
    "holder",
    "reference",
}
SKELETON = """() => [...document.querySelectorAll('*')].map(e =>
    e.tagName + ' ' + [...e.attributes].map(a => a.name).sort().join(',')
    + (/^\\s*javascript:/i.test(e.getAttribute('href') || '') ? ' RUNS' : ''))"""
UNCHANGED = """() => new Promise(done => {
    let frames = 0, before = ''
    const look = () => {
        const now = document.body.innerHTML
        frames = now === before ? frames + 1 : 0
        before = now
        frames < 30 ? requestAnimationFrame(look) : done()
    }
    look()
})"""
SCREENS = [
    ("salesman", "van-budi", "inbox"),
    ("salesman", "van-budi", "work"),
    ("warehouse", "wh-rungkut", "work"),
    ("warehouse", "wh-rungkut", "stock"),
    ("salesman", "van-budi", "customer"),
    ("agent", None, "orders"),
    ("finance", None, f"orders/{ORDER}"),
    ("owner", None, f"orders/{ORDER}"),
    ("owner", None, "board"),
    ("owner", None, "recap"),
]


def with_texts(answer: Any, texts: Callable[[], str]) -> Any:
    """Return the response with the next text in every free-text field."""
    if isinstance(answer, dict):
        return {
            name: texts() if name in FREE_TEXT_FIELDS and isinstance(value, str) else with_texts(value, texts)
            for name, value in answer.items()
        }
    return [with_texts(member, texts) for member in answer] if isinstance(answer, list) else answer


def many_of(build: Callable[..., Any], **facts: Any) -> list[Any]:
    return [build(**facts) for _ in PAYLOADS]


def a_desk_with_texts(role: str, location: str | None, texts: list[str]) -> StubApi:
    api, turn = a_desk(role, location), cycle(texts)

    def next_text() -> str:
        return next(turn)

    lines = [a_line("KOPI-01", 1, "x", 58_000) for _ in PAYLOADS]
    order = an_order(id=ORDER, lines=lines, note="x", customer={"name": "x", "phone": "+6281252981234"}, reason="x")
    history = [
        {"kind": "OrderCancelled", "actor": "x", "occurred_at": "2026-11-22T09:15:00.000Z", "body": {"reason": "x"}}
    ]
    api.handlers |= {
        "GET /fulfillments": respond_with(with_texts(a_page(*many_of(some_work)), next_text)),
        "GET /inbox": respond_with(with_texts(a_page(*many_of(a_notice)), next_text)),
        "GET /orders": respond_with(with_texts(a_page(*many_of(an_order, units=2)), next_text)),
        "GET /exceptions": respond_with(with_texts(a_page(*many_of(an_exception)), next_text)),
        f"GET /orders/{ORDER}": respond_with(with_texts(order, next_text)),
        f"GET /orders/{ORDER}/history": respond_with(with_texts(a_page(*history), next_text)),
    }
    for name in ("GET /customers", "GET /customers/cus_1", "GET /locations", "GET /me"):
        api.handlers[name] = respond_with(with_texts(api.handlers[name](None)[1], next_text))  # type: ignore[arg-type]
    return api


def screen_structure(page: Any, api: StubApi, screen: str) -> list[str]:
    """Open a screen of the desk and return its elements."""
    page.unroute_all()
    page.route("**/api/**", api.route)
    page.goto("about:blank")
    page.goto("/desk/#token=the-token")
    page.locator("#screen").wait_for()
    page.evaluate(f"location.hash = '#/{screen}'")
    if screen == "customer":
        page.get_by_label("Nomor HP pelanggan").fill("081252981234")
        page.get_by_role("button", name="Cari").click()
    return settled_structure(page)


def settled_structure(page: Any) -> list[str]:
    """Return the page's elements after thirty frames without a change, because scripts load their data."""
    page.wait_for_load_state("networkidle")
    page.evaluate(UNCHANGED)
    assert page.evaluate("typeof pwned") == "undefined"
    return list(page.evaluate(SKELETON))


@pytest.mark.parametrize(
    ("role", "location", "screen"), mark_cases(SCREENS, lambda case: case in SCREENS[::3]), ids=str
)
def test_customer_texts_do_not_change_the_structure_of_a_staff_screen(
    phone: Any,
    role: str,
    location: str | None,
    screen: str,
) -> None:
    """PrestaShop CVE-2026-44212: a visitor's input was executed in the back office with the rights of its reader."""
    plain = screen_structure(phone, a_desk_with_texts(role, location, [HARMLESS]), screen)

    hostile = screen_structure(phone, a_desk_with_texts(role, location, PAYLOADS), screen)

    assert hostile == plain
    assert not [element for element in hostile if "RUNS" in element]


def test_texts_do_not_change_the_structure_of_the_order_page(phone: Any) -> None:
    """Saleor CVE-2026-22849: product names and notes come from others too."""

    def shown(texts: list[str]) -> list[str]:
        api, turn = StubApi(), cycle(texts)
        lines = [a_line("KOPI-01", 1, "x", 58_000) for _ in PAYLOADS]
        order = with_texts(an_order(lines=lines, note="x", brought_by="x", reason="x"), lambda: next(turn))
        api.handlers["GET /orders/ord_1"] = respond_with(order)
        phone.unroute_all()
        phone.route("**/api/**", api.route)
        phone.goto("/pesanan/?id=ord_1&token=t")
        return settled_structure(phone)

    assert shown(PAYLOADS) == shown([HARMLESS])


def test_the_screens_show_the_payloads(phone: Any) -> None:
    """Without payloads on the screens, the tests above would pass without checking anything."""
    screen_structure(phone, a_desk_with_texts("warehouse", "wh-rungkut", PAYLOADS), "work")

    text = phone.locator("#screen").inner_text()

    assert sum(payload in text for payload in PAYLOADS) > 100
