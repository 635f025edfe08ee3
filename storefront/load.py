"""The shop's facts as plain dicts: the only module here that knows tables. Prices come from the engine that quotes."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog import find as catalog
from chalicelib.catalog.model import Channel, Product, can_sell
from chalicelib.kit import clock, config
from chalicelib.payments.model import PAYMENT_METHODS
from chalicelib.places import find as places
from chalicelib.pricing import find as pricing
from chalicelib.pricing.find import Listing
from chalicelib.stock import find as stock
from storefront.listing import Facts, format_day
from storefront.words import load_words_namespace

CHANNEL = "web"
GUEST_METHODS = ("transfer", "cod")  # what a guest may choose on a page; cash and credit need somebody who knows him
SKUS_PER_READ = 50


def load_products() -> list[Facts]:
    return products_to_facts(catalog.list_all_products())


def load_product(sku: str) -> Facts | None:
    """None for what the web does not sell, or not any more."""
    found = catalog.load_products([sku])
    return next(iter(products_to_facts(list(found.values()))), None)


def products_to_facts(kept: list[Product]) -> list[Facts]:
    channel = catalog.load_channel(CHANNEL)
    listed = pricing.build_listings([product for product in kept if can_sell(channel, product)], channel)
    levels = load_levels([each.product.sku for each in listed], channel)
    return [listing_to_facts(each, levels.get(each.product.sku, {})) for each in listed]


def load_levels(skus: list[str], channel: Channel) -> dict[str, Facts]:
    """As `GET /api/stock` tells everybody: no vans, and what the web keeps back is kept back."""
    parts = [skus[start : start + SKUS_PER_READ] for start in range(0, len(skus), SKUS_PER_READ)]
    return {
        each["sku"]: each for part in parts for each in stock.list_availability(part, safety_units=channel.safety_units)
    }


def listing_to_facts(listed: Listing, level: Facts) -> Facts:
    shown = listed.to_json()
    kept = ("sku", "name", "category", "description", "barcode", "price", "was")
    told = {name: shown[name] for name in kept} | {"channels": [], "active": True}
    told |= {"available": level.get("available", 0), "locations": level.get("locations", [])}
    return told | {"promotion": find_promotion(listed)}


def find_promotion(listed: Listing) -> Facts | None:
    """The first that made it cheaper; its terms are part of the price."""
    codes = [each.code for each in listed.line.adjustments]
    running = {each.id: each for each in pricing.list_running_promotions(clock.now())}
    found = next((running[code] for code in codes if code in running), None)
    if found is None:
        return None
    ends_at = clock.iso(found.ends_at) if found.ends_at else None
    return {"name": found.name, "ends_at": ends_at, "terms": dict(found.terms)}


def load_settings() -> Facts:
    now = clock.iso(clock.now())
    tenders = catalog.load_channel(CHANNEL).tenders
    known: dict[str, Any] = {
        each.id: {"name": each.name, "kind": each.kind, "address": each.address}
        for each in sorted(places.load_locations().values(), key=lambda each: each.name)
        if each.active and each.kind != "van"
    }
    return {
        "shop": {"name": config.setting("SHOP_NAME", "Toko Kanal")},
        "base_url": config.base_url(),
        "currency": config.currency(),
        "country": config.country(),
        "zone": config.zone(),
        "built_at": now,
        "built_text": format_day(now, config.zone(), load_words_namespace("id")),
        "locations": known,
        "methods": [code for code in GUEST_METHODS if code in PAYMENT_METHODS and (not tenders or code in tenders)],
    }
