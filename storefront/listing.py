"""The one place where a product's price and availability become words: the page, its JSON-LD and every card ask here.

Numbers of units are never built into a page. They would be wrong an hour later, so the browser asks for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit.money import format_money, from_json, to_decimal
from storefront.words import Words

Facts = dict[str, Any]
SCHEMA_ORG_AVAILABILITY = {"in_stock": "https://schema.org/InStock", "out_of_stock": "https://schema.org/OutOfStock"}


@dataclass(frozen=True, slots=True)
class Promotion:
    name: str
    terms: str
    until: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class StockLocation:
    id: str
    name: str
    label: str  # "Warehouse", unless the name says so itself


@dataclass(frozen=True, slots=True)
class Listing:
    """What a card and a product page show, in one language."""

    sku: str
    name: str
    category: str
    category_path: str
    description: str
    path: str
    art: str
    price_text: str
    was_text: str
    saving: int
    availability: str
    availability_text: str
    promotion: Promotion | None
    places: list[StockLocation]
    json_ld: Facts


def is_published(product: Facts) -> bool:
    """Published to the web and priced; what is for the counter only must leave no trace on a page."""
    channels = product.get("channels") or []
    return bool(product.get("active", True) and product.get("price") and (not channels or "web" in channels))


def build_listing(product: Facts, settings: Facts, words: Words) -> Listing:
    price, was = product["price"], product.get("was") or product["price"]
    is_cheaper = was["amount"] > price["amount"]
    running = build_promotion(product.get("promotion"), settings, words) if is_cheaper else None
    state = availability_of(product)
    return Listing(
        sku=product["sku"],
        name=product["name"],
        category=product.get("category") or words.catalog.other,
        category_path=category_path(product),
        description=product.get("description") or "",
        path=product_path(product["sku"]),
        art=image_path(product["sku"]),
        price_text=format_money(from_json(price)),
        was_text=format_money(from_json(was)) if is_cheaper else "",
        saving=saving_percent(price, was) if is_cheaper else 0,
        availability=state,
        availability_text=getattr(words.stock, state),
        promotion=running,
        places=list_stock_locations(product, settings, words),
        json_ld=build_json_ld(product, state, running, settings, words),
    )


def category_path(product: Facts) -> str:
    """The same in every language, also for what has no category."""
    return f"/k/{slugify(product.get('category') or '')}/"


def product_path(sku: str) -> str:
    return f"/p/{escape_path_segment(sku)}/"


def image_path(sku: str) -> str:
    return f"/art/{escape_path_segment(sku)}.svg"


def availability_of(product: Facts) -> str:
    available = product.get("available")
    if available is None:
        return "unknown"
    return "in_stock" if available > 0 else "out_of_stock"


def saving_percent(price: Facts, was: Facts) -> int:
    """Whole percent, rounded down: a page may understate a discount, never overstate it."""
    return int((was["amount"] - price["amount"]) * 100 // was["amount"])


def build_promotion(running: Facts | None, settings: Facts, words: Words) -> Promotion | None:
    if not running:
        return None
    terms, ends_at = running.get("terms") or {}, running.get("ends_at")
    return Promotion(
        name=running.get("name", ""),
        terms=terms.get(words.language) or terms.get("id") or "",
        until=format_day(ends_at, settings["zone"], words) if ends_at else "",
        ends_at=ends_at or "",
    )


def list_stock_locations(product: Facts, settings: Facts, words: Words) -> list[StockLocation]:
    """Every store and warehouse that had it at build time; the browser corrects the list with live units."""
    known = settings["locations"]
    ids = [each["location"] for each in product.get("locations", []) if each["available"] > 0]
    holding = sorted(
        (id for id in ids if id in known), key=lambda id: (known[id]["kind"] != "store", known[id]["name"])
    )
    return [build_stock_location(id, known[id], words) for id in holding]


def build_stock_location(id: str, location: Facts, words: Words) -> StockLocation:
    kind = getattr(words.kinds, location["kind"])
    return StockLocation(id, location["name"], "" if location["name"].startswith(kind) else kind)


def build_json_ld(product: Facts, state: str, running: Promotion | None, settings: Facts, words: Words) -> Facts:
    base, sku = settings["base_url"].rstrip("/"), product["sku"]
    offer = {
        "@type": "Offer",
        "url": base + words.prefix + product_path(sku),
        "price": str(to_decimal(from_json(product["price"]))),
        "priceCurrency": product["price"]["currency"],
        "itemCondition": "https://schema.org/NewCondition",
        "seller": {"@type": "Organization", "name": settings["shop"]["name"]},
    }
    if state in SCHEMA_ORG_AVAILABILITY:
        offer["availability"] = SCHEMA_ORG_AVAILABILITY[state]
    if running and running.ends_at:
        offer["priceValidUntil"] = running.ends_at[:10]
    told = {"@context": "https://schema.org", "@type": "Product", "sku": sku, "name": product["name"]}
    told |= {
        "category": product.get("category") or words.catalog.other,
        "image": base + image_path(sku),
        "offers": offer,
    }
    if product.get("description"):
        told["description"] = product["description"]
    if re.fullmatch(r"\d{13}", product.get("barcode") or ""):
        told["gtin13"] = product["barcode"]
    return told


def escape_path_segment(text: str) -> str:
    """One safe folder name per text: whatever is not plain is spelt as `=` and its bytes, so no SKU walks away."""
    return re.sub(r"^\.|[^A-Za-z0-9._:~+-]", lambda found: "".join(f"={byte:02x}" for byte in found[0].encode()), text)


def slugify(text: str) -> str:
    """Readable, for categories; equal slugs are merged by the caller's folder."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "lain"


def format_day(instant: str, zone: str, words: Words) -> str:
    day = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{day.day} {words.months[day.month - 1]} {day.year}"
