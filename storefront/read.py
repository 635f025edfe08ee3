"""The shop's facts as plain dicts: the only module here that knows tables. Prices come from the engine that quotes."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog import find as catalog
from chalicelib.catalog.model import Channel, Product, sells
from chalicelib.kit import clock, config
from chalicelib.payments.model import METHODS
from chalicelib.places import find as places
from chalicelib.pricing import find as pricing
from chalicelib.pricing.find import Listing
from chalicelib.stock import find as stock
from storefront.listing import Facts, day_text
from storefront.words import words_of

SHOP = "web"
OFFERED = ("transfer", "cod")  # what a guest may choose on a page; cash and credit need somebody who knows him
AT_ONCE = 50


def products() -> list[Facts]:
    return facts_of_all(catalog.all_products())


def product(sku: str) -> Facts | None:
    """None for what the web does not sell, or not any more."""
    found = catalog.products_of([sku])
    return next(iter(facts_of_all(list(found.values()))), None)


def facts_of_all(kept: list[Product]) -> list[Facts]:
    channel = catalog.channel(SHOP)
    listed = pricing.listing([product for product in kept if sells(channel, product)], channel)
    levels = units([each.product.sku for each in listed], channel)
    return [facts_of(each, levels.get(each.product.sku, {})) for each in listed]


def units(skus: list[str], channel: Channel) -> dict[str, Facts]:
    """As `GET /api/stock` tells everybody: no vans, and what the web keeps back is kept back."""
    parts = [skus[start : start + AT_ONCE] for start in range(0, len(skus), AT_ONCE)]
    return {each["sku"]: each for part in parts for each in stock.at(part, safety_units=channel.safety_units)}


def facts_of(listed: Listing, level: Facts) -> Facts:
    shown = listed.as_json()
    kept = ("sku", "name", "category", "description", "barcode", "price", "was")
    told = {name: shown[name] for name in kept} | {"channels": [], "active": True}
    told |= {"available": level.get("available", 0), "locations": level.get("locations", [])}
    return told | {"promotion": promotion_of(listed)}


def promotion_of(listed: Listing) -> Facts | None:
    """The first that made it cheaper; its terms are part of the price."""
    codes = [each.code for each in listed.line.adjustments]
    running = {each.id: each for each in pricing.promotions(clock.now())}
    found = next((running[code] for code in codes if code in running), None)
    if found is None:
        return None
    ends_at = clock.iso(found.ends_at) if found.ends_at else None
    return {"name": found.name, "ends_at": ends_at, "terms": dict(found.terms)}


def settings() -> Facts:
    now = clock.iso(clock.now())
    tenders = catalog.channel(SHOP).tenders
    known: dict[str, Any] = {
        each.id: {"name": each.name, "kind": each.kind, "address": each.address}
        for each in sorted(places.locations().values(), key=lambda each: each.name)
        if each.active and each.kind != "van"
    }
    return {
        "shop": {"name": config.setting("SHOP_NAME", "Toko Kanal")},
        "base_url": config.base_url(),
        "currency": config.currency(),
        "country": config.country(),
        "zone": config.zone(),
        "built_at": now,
        "built_text": day_text(now, config.zone(), words_of("id")),
        "locations": known,
        "methods": [code for code in OFFERED if code in METHODS and (not tenders or code in tenders)],
    }
