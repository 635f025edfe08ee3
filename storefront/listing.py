"""The one place where a product's price and availability become words: the page, its JSON-LD and every card ask here.

Numbers of units are never built into a page. They would be wrong an hour later, so the browser asks for them.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit.money import format_money, from_json, to_decimal

Facts = dict[str, Any]
MONTHS = {
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
SCHEMA = {"in_stock": "https://schema.org/InStock", "out_of_stock": "https://schema.org/OutOfStock"}


def is_shown(product: Facts) -> bool:
    """Published to the web and priced; what is for the counter only must leave no trace on a page."""
    channels = product.get("channels") or []
    return bool(product.get("active", True) and product.get("price") and (not channels or "web" in channels))


def listing(product: Facts, settings: Facts, words: Facts) -> Facts:
    """What a card and a product page show."""
    price, was = product["price"], product.get("was")
    cheaper = bool(was and was["amount"] > price["amount"])
    state = availability(product)
    shown = {
        "sku": product["sku"],
        "name": product["name"],
        "category": product.get("category") or words["catalog"]["other"],
        "category_path": category_path(product),
        "description": product.get("description") or "",
        "path": product_path(product),
        "art": art_path(product),
        "price": price,
        "price_text": format_money(from_json(price)),
        "was_text": format_money(from_json(was)) if cheaper else "",
        "saving": saving(price, was) if cheaper else 0,
        "availability": state,
        "availability_text": words["stock"][state],
        "promotion": promotion(product.get("promotion"), settings, words) if cheaper else None,
        "places": places(product, settings),
    }
    return shown | {"json_ld": json_ld(product, shown, settings, words)}


def category_path(product: Facts) -> str:
    """The same in every language, also for what has no category."""
    return f"/k/{slug(product.get('category') or '')}/"


def product_path(product: Facts) -> str:
    return f"/p/{path_part(product['sku'])}/"


def page_file(product: Facts) -> str:
    """A file beside the others for each address: to make a folder costs a disk more than to make what lies in it."""
    return f"/p/{path_part(product['sku'])}.html"


def art_path(product: Facts) -> str:
    return f"/art/{path_part(product['sku'])}.svg"


def availability(product: Facts) -> str:
    available = product.get("available")
    if available is None:
        return "unknown"
    return "in_stock" if available > 0 else "out_of_stock"


def saving(price: Facts, was: Facts) -> int:
    """Whole percent, rounded down: a page may understate a discount, never overstate it."""
    return int((was["amount"] - price["amount"]) * 100 // was["amount"])


def promotion(running: Facts | None, settings: Facts, words: Facts) -> Facts | None:
    if not running:
        return None
    language = words["language"]
    terms = running.get("terms") or {}
    ends_at = running.get("ends_at")
    return {
        "name": running.get("name", ""),
        "terms": terms.get(language) or terms.get("id") or "",
        "until": day_text(ends_at, settings["zone"], language) if ends_at else "",
        "ends_at": ends_at or "",
    }


def places(product: Facts, settings: Facts) -> list[Facts]:
    """Every warehouse and store that had it at build time; the browser corrects the list with live units."""
    known = settings["locations"]
    found = [known[each["location"]] | {"id": each["location"]} for each in _with_goods(product, known)]
    return sorted(found, key=lambda place: (place["kind"] != "store", place["name"]))


def _with_goods(product: Facts, known: Facts) -> list[Facts]:
    return [each for each in product.get("locations", []) if each["available"] > 0 and each["location"] in known]


def json_ld(product: Facts, shown: Facts, settings: Facts, words: Facts) -> Facts:
    base = settings["base_url"].rstrip("/")
    offer = {
        "@type": "Offer",
        "url": base + words["prefix"] + shown["path"],
        "price": str(to_decimal(from_json(shown["price"]))),
        "priceCurrency": shown["price"]["currency"],
        "itemCondition": "https://schema.org/NewCondition",
        "seller": {"@type": "Organization", "name": settings["shop"]["name"]},
    }
    if shown["availability"] in SCHEMA:
        offer["availability"] = SCHEMA[shown["availability"]]
    if shown["promotion"] and shown["promotion"]["ends_at"]:
        offer["priceValidUntil"] = shown["promotion"]["ends_at"][:10]
    told = {"@context": "https://schema.org", "@type": "Product", "sku": shown["sku"], "name": shown["name"]}
    told |= {"category": shown["category"], "image": base + shown["art"], "offers": offer}
    if shown["description"]:
        told["description"] = shown["description"]
    if re.fullmatch(r"\d{13}", product.get("barcode") or ""):
        told["gtin13"] = product["barcode"]
    return told


def path_part(text: str) -> str:
    """One safe folder name per text: whatever is not plain is spelt as `=` and its bytes, so no SKU walks away."""
    return re.sub(r"^\.|[^A-Za-z0-9._:~+-]", lambda found: "".join(f"={byte:02x}" for byte in found[0].encode()), text)


def slug(text: str) -> str:
    """Readable, for categories; equal slugs are merged by the caller's folder."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "lain"


def day_text(instant: str, zone: str, language: str) -> str:
    day = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"
