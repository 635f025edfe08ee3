"""Load the products and settings of the shop from its tables, as the plain dicts that `build` takes.

Prices come from the same function as quotes. No other module of the storefront reads tables.
"""

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
GUEST_METHODS = ("transfer", "cod")  # only staff can take cash or sell on credit
SKUS_PER_READ = 50


def load_products() -> list[Facts]:
    return products_to_facts(catalog.list_all_products())


def load_product(sku: str) -> Facts | None:
    """Return the product, or None if the web does not sell it."""
    products = catalog.load_products([sku])
    return next(iter(products_to_facts(list(products.values()))), None)


def products_to_facts(products: list[Product]) -> list[Facts]:
    channel = catalog.load_channel(CHANNEL)
    listings = pricing.build_listings([product for product in products if can_sell(channel, product)], channel)
    levels = load_levels([listing.product.sku for listing in listings], channel)
    return [listing_to_facts(listing, levels.get(listing.product.sku, {})) for listing in listings]


def load_levels(skus: list[str], channel: Channel) -> dict[str, Facts]:
    """Return the availability by SKU as `GET /api/stock` does, which leaves out vans and the channel's safety stock."""
    batches = [skus[start : start + SKUS_PER_READ] for start in range(0, len(skus), SKUS_PER_READ)]
    return {
        level["sku"]: level
        for batch in batches
        for level in stock.list_availability(batch, safety_units=channel.safety_units)
    }


def listing_to_facts(listing: Listing, level: Facts) -> Facts:
    row = listing.to_json()
    names = ("sku", "name", "category", "description", "barcode", "price", "was")
    facts = {name: row[name] for name in names} | {"channels": [], "active": True}
    facts |= {"available": level.get("available", 0), "locations": level.get("locations", [])}
    return facts | {"promotion": find_promotion(listing)}


def find_promotion(listing: Listing) -> Facts | None:
    """Return the first promotion that lowers the listing's price, with its terms, or None."""
    codes = [adjustment.code for adjustment in listing.line.adjustments]
    promotions = {promotion.id: promotion for promotion in pricing.list_running_promotions(clock.now())}
    promotion = next((promotions[code] for code in codes if code in promotions), None)
    if promotion is None:
        return None
    ends_at = clock.iso(promotion.ends_at) if promotion.ends_at else None
    return {"name": promotion.name, "ends_at": ends_at, "terms": dict(promotion.terms)}


def load_settings() -> Facts:
    """Return the facts that all pages share: the shop, its stores and warehouses, and how a guest can pay."""
    now = clock.iso(clock.now())
    tenders = catalog.load_channel(CHANNEL).tenders
    locations: dict[str, Any] = {
        location.id: {name: getattr(location, name) for name in ("name", "kind", "address", "hours")}
        for location in sorted(places.load_locations().values(), key=lambda location: location.name)
        if location.active and location.kind != "van"
    }
    return {
        "shop": {"name": config.setting("SHOP_NAME", "Toko Kanal"), "phone": config.setting("SHOP_PHONE", "")},
        "base_url": config.base_url(),
        "currency": config.currency(),
        "country": config.country(),
        "zone": config.zone(),
        "built_at": now,
        "built_text": format_day(now, config.zone(), load_words_namespace("id")),
        "locations": locations,
        "methods": [code for code in GUEST_METHODS if code in PAYMENT_METHODS and (not tenders or code in tenders)],
    }
