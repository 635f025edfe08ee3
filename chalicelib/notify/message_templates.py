"""Messages to customers and staff. A template sees only the facts it lists: no name, address or number of a person can
slip into a message by way of a new fact."""

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
    "cancelled": {"number", "link"},
    "expired": {"number", "link"},
    "dispatched": {"number", "bringer", "link"},
    "delivered": {"number", "link"},
    "code": {"code"},
    "offer": {"number", "goods", "kilometers", "until", "link"},
    "yours_now": {"number", "goods", "link"},
    "proof": {"number", "total", "link"},
    "stranded": {"number", "goods", "link"},
    "call": {"number", "link"},
    "unheard": {"number", "link"},
}

MAX_GOODS = 3  # an SMS has 160 letters and the link needs 50 of them


def render_message(template: str, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text). A fact the template does not list stays behind; one it lists and nobody gave is empty."""
    allowed = {name: facts.get(name, "") for name in TEMPLATE_FACTS[template]}
    subject, text = _compile(template, language)
    return subject.render(allowed), text.render(allowed)


@cache
def _compile(template: str, language: str) -> tuple[Template, Template]:
    import jinja2  # here, because most of what runs in this process never sends a message

    # Escaping is for pages; these are plain text and an ampersand in a name of goods should stay one.
    environment = jinja2.Environment(
        autoescape=jinja2.select_autoescape(default_for_string=False), undefined=jinja2.StrictUndefined
    )
    message = texts(language, "messages")[template]
    return environment.from_string(message["subject"]), environment.from_string(message["text"])


def format_goods(lines: Iterable[tuple[str, int]]) -> str:
    """`2x Teh Botol, 1x Sabun, +4`: the first few, and how many more."""
    listed = [f"{quantity}x {name}" for name, quantity in lines]
    more = [f"+{len(listed) - MAX_GOODS}"] if len(listed) > MAX_GOODS else []
    return ", ".join(listed[:MAX_GOODS] + more)


def format_time(instant: datetime, zone: str, now: datetime) -> str:
    """`16.15` today, `23/11 16.15` on another day, on the clock of the place."""
    there, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return f"{there:%H.%M}" if there.date() == today else f"{there:%d/%m %H.%M}"


def format_days(promised: Iterable[str]) -> str:
    """`27/11`, or the first and the last: `27/11-30/11`."""
    ordered = sorted(set(promised))
    ends = dict.fromkeys([ordered[0], ordered[-1]]) if ordered else []
    return "-".join(f"{on[8:]}/{on[5:7]}" for on in ends)


def format_kilometers(meters: int | None, language: str = "id") -> str:
    """`0,4` in Indonesian, `0.4` in English."""
    text = f"{meters / 1000:.1f}" if meters is not None else ""
    return text if language == "en" else text.replace(".", ",")
