"""Rendering messages to customers and staff, and formatting the facts in them.

A template gets only the facts listed for it, so that a new fact cannot leak personal data into a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.kit.texts import texts

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE_FACTS: dict[str, set[str]] = {
    "placed": {"number", "total", "until", "later", "link"},
    "pay_link": {"number", "total", "link"},
    "new_link": {"number", "link"},
    "paid": {"number", "total", "link"},
    "proof_rejected": {"number", "until", "link"},
    "paid_late": {"number", "owed", "link"},
    "refunded": {"number", "amount", "link"},
    "cancelled": {"number", "owed", "link"},
    "goods_gone": {"number", "owed", "link"},
    "reduced": {"number", "total", "owed", "link"},
    "refund_owed": {"number", "owed", "link"},
    "expired": {"number", "link"},
    "ready": {"number", "store", "address", "hours", "link"},
    "dispatched": {"number", "carrier", "link"},
    "delivered": {"number", "link"},
    "code": {"code"},
    "sign_in_code": {"code"},
    "invitation": {"link"},
    "offer": {"number", "goods", "kilometers", "until", "link"},
    "yours_now": {"number", "goods", "link"},
    "proof": {"number", "total", "link"},
    "stranded": {"number", "goods", "link"},
    "call": {"number", "link"},
    "unheard": {"number", "link"},
}

MAX_GOODS = 3  # an SMS has 160 characters, of which the link takes 50


def render_message(template: str, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return (subject, text). Facts not listed for the template are ignored; missing ones are empty."""
    allowed = {name: facts.get(name, "") for name in TEMPLATE_FACTS[template]}
    subject, text = _compile(template, language)
    return subject.render(allowed), text.render(allowed)


@cache
def _compile(template: str, language: str) -> tuple[Template, Template]:
    import jinja2  # imported late, because most invocations send no message

    # Messages are plain text: HTML escaping would turn the ampersand of a product name into `&amp;`.
    environment = jinja2.Environment(
        autoescape=jinja2.select_autoescape(default_for_string=False), undefined=jinja2.StrictUndefined
    )
    message = texts(language, "messages")[template]
    return environment.from_string(message["subject"]), environment.from_string(message["text"])


def format_goods(lines: Iterable[tuple[str, int]]) -> str:
    """Format (name, quantity) pairs as `2x Teh Botol, 1x Sabun, 3x Gula, +4`: the first three and how many more."""
    names = [f"{quantity}x {name}" for name, quantity in lines]
    remainder = [f"+{len(names) - MAX_GOODS}"] if len(names) > MAX_GOODS else []
    return ", ".join(names[:MAX_GOODS] + remainder)


def format_time(instant: datetime, zone: str, now: datetime) -> str:
    """Format as local time in `zone`: `16.15` today, `23/11 16.15` on another day."""
    local, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return f"{local:%H.%M}" if local.date() == today else f"{local:%d/%m %H.%M}"


def format_days(days: Iterable[str]) -> str:
    """Format ISO days as `27/11`, or the first and the last as `27/11-30/11`."""
    ordered = sorted(set(days))
    ends = dict.fromkeys([ordered[0], ordered[-1]]) if ordered else []
    return "-".join(f"{day[8:]}/{day[5:7]}" for day in ends)


def format_kilometers(meters: int | None, language: str = "id") -> str:
    """Format as kilometers with one decimal: `0,4` in Indonesian, `0.4` in English, empty for None."""
    text = f"{meters / 1000:.1f}" if meters is not None else ""
    return text if language == "en" else text.replace(".", ",")
