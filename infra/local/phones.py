"""/phones/, on one machine only: every SMS that would have left, phone by phone, its links to click."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from chalicelib.places import find
from infra.local.api_client import thread_client
from storefront.pages import template

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Phone:
    number: str
    owner: str
    texts: list[list[tuple[str, bool]]]  # newest first; each in parts: some text, and whether it is a link


def render_page() -> str:
    owners = {member.phone: f"{member.name} · {member.role}" for member in find.load_staff().values()}
    phones = sorted(load_messages().items(), key=lambda each: (each[0] not in owners, owners.get(each[0], each[0])))
    shown = [
        Phone(number, owners.get(number, ""), [split_links(text) for text in reversed(sent)]) for number, sent in phones
    ]
    return template("phones/index.html").render(phones=shown)


def load_messages() -> dict[str, list[str]]:
    """By number, oldest first; the local engine keeps what SNS was asked to send, though not when."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/sns/sms-messages"
    kept = thread_client().get(address, timeout=5).raise_for_status().json()["sms_messages"]
    return {number: [each["Message"] for each in told] for number, told in kept.items()}


def split_links(text: str) -> list[tuple[str, bool]]:
    """The text cut at its links: (part, whether it is a link)."""
    cut, start = [], 0
    for link in LINK.finditer(text):
        cut += [(text[start : link.start()], False), (link[0], True)]
        start = link.end()
    return [part for part in (*cut, (text[start:], False)) if part[0]]
