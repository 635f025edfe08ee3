"""A product's listing: its price, availability and links as the cards, the product page and its JSON-LD show them.

Pages contain no numbers of units: they would soon be wrong, so the browser requests them from the API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.catalog.search import build_search_text
from chalicelib.kit.money import format_money, from_json, to_decimal
from storefront.words import Words

Facts = dict[str, Any]  # a product, the settings or a part of them, as plain values
NO_CATEGORY_SLUG = "lain"  # Indonesian for "other"
SCHEMA_ORG_AVAILABILITY = {"in_stock": "https://schema.org/InStock", "out_of_stock": "https://schema.org/OutOfStock"}


@dataclass(frozen=True, slots=True)
class Promotion:
    """The promotion that lowers a listing's price, with texts in one language."""

    name: str
    terms: str
    until: str  # the last day as text; empty without an end
    ends_at: str


@dataclass(frozen=True, slots=True)
class StockLocation:
    """A store or warehouse that has the product in stock."""

    id: str
    name: str
    label: str  # such as "Warehouse"; empty if the name begins with that word


@dataclass(frozen=True, slots=True)
class Listing:
    """What a card and a product page show of one product, in one language."""

    sku: str
    name: str
    category: str
    category_path: str
    description: str
    path: str
    art: str  # path of the image
    price_text: str
    was_text: str  # the price without the promotion; empty if it is not higher
    saving: int  # percent
    availability: str  # in_stock, out_of_stock or unknown
    availability_text: str
    promotion: Promotion | None
    places: list[StockLocation]
    json_ld: Facts
    search_text: str  # folded words by which a search finds the product, with their synonyms


def is_published(product: Facts) -> bool:
    """Return True if the product is active, has a price and is sold on the web."""
    channels = product.get("channels") or []
    return bool(product.get("active", True) and product.get("price") and (not channels or "web" in channels))


def build_listing(product: Facts, settings: Facts, words: Words) -> Listing:
    price, was = product["price"], product.get("was") or product["price"]
    is_cheaper = was["amount"] > price["amount"]
    promotion = build_promotion(product.get("promotion"), settings, words) if is_cheaper else None
    availability = availability_of(product)
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
        availability=availability,
        availability_text=getattr(words.stock, availability),
        promotion=promotion,
        places=list_stock_locations(product, settings, words),
        json_ld=build_json_ld(product, availability, promotion, settings, words),
        search_text=build_search_text(product["name"], product["sku"], product.get("barcode") or ""),
    )


def category_path(product: Facts) -> str:
    """Return the path of the product's category page, which is the same in every language."""
    return f"/k/{slugify(product.get('category') or '')}/"


def product_path(sku: str) -> str:
    return f"/p/{escape_path_segment(sku)}/"


def image_path(sku: str) -> str:
    return f"/art/{escape_path_segment(sku)}.svg"


def availability_of(product: Facts) -> str:
    """Return in_stock, out_of_stock, or unknown without a number of units."""
    available = product.get("available")
    if available is None:
        return "unknown"
    return "in_stock" if available > 0 else "out_of_stock"


def saving_percent(price: Facts, was: Facts) -> int:
    """Return the discount in whole percent, rounded down so that it is never overstated."""
    return int((was["amount"] - price["amount"]) * 100 // was["amount"])


def build_promotion(facts: Facts | None, settings: Facts, words: Words) -> Promotion | None:
    if not facts:
        return None
    terms, ends_at = facts.get("terms") or {}, facts.get("ends_at")
    return Promotion(
        name=facts.get("name", ""),
        terms=terms.get(words.language) or terms.get("id") or "",
        until=format_day(ends_at, settings["zone"], words) if ends_at else "",
        ends_at=ends_at or "",
    )


def list_stock_locations(product: Facts, settings: Facts, words: Words) -> list[StockLocation]:
    """Return the stores and warehouses with stock at build time, stores first; the browser updates the list."""
    locations = settings["locations"]
    ids = [level["location"] for level in product.get("locations", []) if level["available"] > 0]
    ids = sorted(
        (id for id in ids if id in locations),
        key=lambda id: (locations[id]["kind"] != "store", locations[id]["name"]),
    )
    return [build_stock_location(id, locations[id], words) for id in ids]


def build_stock_location(id: str, location: Facts, words: Words) -> StockLocation:
    kind = getattr(words.kinds, location["kind"])
    return StockLocation(id, location["name"], "" if location["name"].startswith(kind) else kind)


def build_json_ld(
    product: Facts, availability: str, promotion: Promotion | None, settings: Facts, words: Words
) -> Facts:
    """Return the product in the vocabulary of schema.org, for search engines."""
    base, sku = settings["base_url"].rstrip("/"), product["sku"]
    offer = {
        "@type": "Offer",
        "url": base + words.prefix + product_path(sku),
        "price": str(to_decimal(from_json(product["price"]))),
        "priceCurrency": product["price"]["currency"],
        "itemCondition": "https://schema.org/NewCondition",
        "seller": {"@type": "Organization", "name": settings["shop"]["name"]},
    }
    if availability in SCHEMA_ORG_AVAILABILITY:
        offer["availability"] = SCHEMA_ORG_AVAILABILITY[availability]
    if promotion and promotion.ends_at:
        offer["priceValidUntil"] = promotion.ends_at[:10]
    json_ld = {"@context": "https://schema.org", "@type": "Product", "sku": sku, "name": product["name"]}
    json_ld |= {
        "category": product.get("category") or words.catalog.other,
        "image": base + image_path(sku),
        "offers": offer,
    }
    if product.get("description"):
        json_ld["description"] = product["description"]
    if re.fullmatch(r"\d{13}", product.get("barcode") or ""):
        json_ld["gtin13"] = product["barcode"]
    return json_ld


def escape_path_segment(text: str) -> str:
    """Return a safe file name that is unique for the text: "a/b" becomes "a=2fb", so no SKU leads out of its folder.

    Characters that are not safe become `=` and the hexadecimal digits of their UTF-8 bytes.
    """
    return re.sub(r"^\.|[^A-Za-z0-9._:~+-]", lambda match: "".join(f"={byte:02x}" for byte in match[0].encode()), text)


def slugify(text: str) -> str:
    """Return the text in lower case with hyphens. Categories with equal slugs share one page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or NO_CATEGORY_SLUG


def format_day(instant: str, zone: str, words: Words) -> str:
    day = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return f"{day.day} {words.months[day.month - 1]} {day.year}"
