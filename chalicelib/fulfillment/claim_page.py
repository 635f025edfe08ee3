"""The page behind a claim link: small, without scripts, and without effect until its button is pressed.

It shows the customer's name and address only to the salesman who claimed the order, and only until it is delivered.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit import clock
from chalicelib.kit.money import format_money, from_json
from chalicelib.kit.templates import render
from chalicelib.kit.texts import texts

ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def render_offer_page(token: str, offer: dict[str, Any], lang: str, zone: str, refusal: str = "") -> str:
    """Return the page of an offer as HTML; `offer` is `find.offer_to_json`, `refusal` the code of a failed claim."""
    page_texts, status = texts(lang, "claim"), refusal or offer["status"]
    work = offer["fulfillment"] if status == "claimed_by_you" else offer
    if status == "claimed_by_you" and "address" not in work:
        return render_closed_page(lang, page_texts["over"], offer["number"])
    if status not in ("open", "claimed_by_you"):
        return render_closed_page(lang, page_texts["ended"].get(status, page_texts["sorry"]), offer["number"])
    due = from_json(work["cash_to_collect"])
    facts = {"token": token, "work": work, "cash": format_money(due) if due else ""}
    facts |= {
        "distance": _format_distance(offer["distance_meters"], lang),
        "until": _format_time(offer["expires_at"], zone),
    }
    if status == "claimed_by_you":
        facts |= {"address": _address_lines(work), "phone": _dialable_number(work)}
    return render("claim.html", texts=page_texts, lang=lang, number=offer["number"], status=status, **facts)


def render_unknown_page(lang: str) -> str:
    return render_closed_page(lang, texts(lang, "claim")["unknown"])


def render_closed_page(lang: str, text: str, number: str = "") -> str:
    return render("claim.html", texts=texts(lang, "claim"), lang=lang, number=number, status="closed", closed=text)


def _address_lines(work: dict[str, Any]) -> list[str]:
    customer, address = work["customer"] or {}, work["address"] or {}
    lines = [customer.get("name"), *(address.get(name) for name in ("street", "city", "postcode"))]
    return [line for line in lines if line]


def _dialable_number(work: dict[str, Any]) -> str:
    phone = (work["customer"] or {}).get("phone", "")
    return "".join(character for character in phone if character.isdigit() or character == "+")


def _format_distance(meters: int, lang: str) -> str:
    if meters < 950:
        return f"{max(50, round(meters / 50) * 50)} m"
    text = f"{meters / 1000:.1f} km"
    return text.replace(".", ",") if lang == "id" else text


def _format_time(instant: str, zone: str) -> str:
    local = clock.parse(instant).astimezone(ZoneInfo(zone))
    return f"{local:%H.%M} {ZONE_NAMES.get(zone, '')}".strip()
