"""The page /phones/ of the local shop: every SMS that would have been sent, by phone, with clickable links."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from chalicelib.kit.web import hash_styles
from chalicelib.places import find as places
from infra.local.api_client import thread_client
from storefront.pages import HERE, template

SCRIPT = HERE / "templates" / "phones" / "refresh.js"
SCRIPT_HEADERS = {"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache"}
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Phone:
    """A phone with its messages, newest first; a message is a list of (text, whether it is a link)."""

    number: str
    owner: str
    texts: list[list[tuple[str, bool]]]


def build_headers(page: str) -> dict[str, str]:
    policy = f"default-src 'none'; style-src {hash_styles(page)}; script-src 'self'; connect-src 'self'"
    return HEADERS | {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}


def render_page() -> str:
    owners = {member.phone: f"{member.name} · {member.role}" for member in places.load_staff().values()}
    messages = load_messages()
    numbers = sorted(messages, key=lambda number: (number not in owners, owners.get(number, number)))
    phones = [
        Phone(number, owners.get(number, ""), [split_links(text) for text in reversed(messages[number])])
        for number in numbers
    ]
    return template("phones/index.html").render(phones=phones)


def load_messages() -> dict[str, list[str]]:
    """The texts of all SMS by phone number, oldest first, from the local engine, which does not store their times."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/sns/sms-messages"
    stored = thread_client().get(address, timeout=5).raise_for_status().json()["sms_messages"]
    return {number: [message["Message"] for message in messages] for number, messages in stored.items()}


def split_links(text: str) -> list[tuple[str, bool]]:
    """Split the text into (part, whether it is a link)."""
    parts, start = [], 0
    for link in LINK.finditer(text):
        parts += [(text[start : link.start()], False), (link[0], True)]
        start = link.end()
    return [part for part in (*parts, (text[start:], False)) if part[0]]
