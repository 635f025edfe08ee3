"""/phones/, on one machine only: every SMS that would have left, phone by phone, its links to click."""

from __future__ import annotations

import json
import os
import re
from html import escape
from urllib.request import urlopen

from chalicelib.places import find

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;background:#f4f4f7}"
    "body{color:#17302f;overflow-wrap:anywhere}header span{white-space:nowrap}"
    "article{background:#fff;border:1px solid #dcdce4;border-radius:.8rem;padding:.7rem 1rem;margin:.7rem 0}"
    "header{display:flex;gap:1rem;justify-content:space-between;color:#5c5c66;font-size:.9rem}p{margin:.3rem 0}"
    "h1{font-size:1.3rem}h1 small,em{color:#5c5c66}a{color:#0b5d63;display:inline-block;padding:.55rem 0}"
)
NOTHING = "<p>Belum ada SMS. <em>No SMS yet.</em></p>"
LINK = re.compile(r"https?://[^\s<>\"']+")


def page() -> str:
    owners = {member.phone: f"{member.name} · {member.role}" for member in find.staff().values()}
    phones = sorted(messages().items(), key=lambda each: (each[0] not in owners, owners.get(each[0], each[0])))
    told = "".join(phone(number, owners.get(number, ""), texts) for number, texts in phones)
    return (
        "<!doctype html><html lang=id><meta charset=utf-8><meta http-equiv=refresh content=3>"
        "<meta name=viewport content='width=device-width,initial-scale=1'><title>Telepon · Satukanal</title>"
        f"<style>{STYLE}</style><h1>Telepon <small>Phones</small></h1><p>Setiap SMS yang seharusnya terkirim. "
        f"<em>Every SMS that would have left this machine.</em></p>{told or NOTHING}"
    )


def messages() -> dict[str, list[str]]:
    """By number, oldest first; the local engine keeps what SNS was asked to send, though not when."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/sns/sms-messages"
    with urlopen(address, timeout=5) as answer:  # nosec B310 - our own engine on loopback
        kept = json.load(answer)["sms_messages"]
    return {number: [each["Message"] for each in told] for number, told in kept.items()}


def phone(number: str, owner: str, texts: list[str]) -> str:
    newest = "".join(f"<p>{linked(text)}</p>" for text in reversed(texts))
    return f"<article><header><b>{escape(owner or number)}</b><span>{escape(number)}</span></header>{newest}</article>"


def linked(text: str) -> str:
    """The text escaped, with its addresses as links; what stands around a link cannot become markup."""
    made, start = "", 0
    for link in LINK.finditer(text):
        address = escape(link[0])
        made += f"{escape(text[start : link.start()])}<a href='{address}'>{address}</a>"
        start = link.end()
    return made + escape(text[start:])
