"""Endpoints of pricing: products with prices as the caller's channel sells them, prices, promotions and coupons."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog import find as catalog
from chalicelib.catalog.model import CHANNELS, Channel, can_sell
from chalicelib.kit import clock, web
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.web import EVERYONE, ApiResponse, Call, Routes
from chalicelib.pricing import find
from chalicelib.pricing.bodies import ListingQuery, PriceBody, ProductQuery, PromotionBody, PromotionsQuery
from chalicelib.pricing.model import Promotion, is_running
from chalicelib.pricing.save import save_price, save_promotion

endpoints = Routes(__name__)

# The channel of a role, if the request names none.
CHANNEL_OF_ROLE = {"cashier": "pos", "salesman": "sfa", "agent": "phone", "channel": "marketplace"}

PRICE_EXAMPLE = {
    "sku": "8990800000015",
    "price": {"amount": 12500, "currency": "IDR"},
    "entries": [{"amount": 11900, "min_quantity": 12}, {"amount": 11500, "price_list": "grosir"}],
}
PROMOTION_EXAMPLE = {
    "id": "lebaran",
    "name": "Diskon Lebaran",
    "kind": "percent",
    "rate": "0.10",
    "min_total": {"amount": 100000, "currency": "IDR"},
    "starts_at": "2026-11-01T00:00:00Z",
    "ends_at": "2026-12-01T00:00:00Z",
    "terms": {"id": "Belanja minimal Rp100.000, satu kali.", "en": "Orders from Rp100,000, once each."},
    "coupon": {"code": "LEBARAN", "cap": 500, "per_customer": 1},
}


@endpoints.get("/catalog/products", roles=EVERYONE, query=ListingQuery)
def list_products(call: Call) -> ApiResponse:
    """List the products of the caller's channel by name, with their prices."""
    query = call.query
    channel = resolve_channel(call.principal, query.channel)
    listings, after = _find_by_barcode(query.barcode, channel) if query.barcode else _search_page(query, channel)
    items = [_listing_to_json(listing, call.principal) for listing in listings]
    return web.with_etag(call, web.page_to_json(items, after, "products"))


def _search_page(query: ListingQuery, channel: Channel) -> tuple[list[find.Listing], dict[str, Any] | None]:
    """Return a page of products that have a price and the cursor of the next; an empty page has no next one."""
    after = web.read_cursor(query.cursor, "products")
    if after and ("owner" in after) != bool(query.category):
        raise Invalid(("cursor", "belongs to another search; repeat the request without it"))
    while True:
        products, after = catalog.list_products(query.q, query.category, channel, query.limit, after)
        listings = find.build_listings(products, channel)
        if listings or after is None:
            return listings, after


def _find_by_barcode(barcode: str, channel: Channel) -> tuple[list[find.Listing], None]:
    try:
        product = catalog.load_product_by_barcode(barcode)
    except NotFound:
        return [], None
    return find.build_listings([product] if can_sell(channel, product) else [], channel), None


@endpoints.get("/catalog/products/{sku}", roles=EVERYONE, query=ProductQuery)
def show_product(call: Call, sku: str) -> ApiResponse:
    """Return one product with its price. A product not published in the caller's channel is not found."""
    channel = resolve_channel(call.principal, call.query.channel)
    product = catalog.load_product(sku)
    listings = find.build_listings([product], channel) if can_sell(channel, product) else []
    if not listings:
        raise NotFound()
    return web.with_etag(call, _listing_to_json(listings[0], call.principal))


def resolve_channel(principal: Principal, code: str) -> Channel:
    """Return the channel with this code, or the principal's own for an empty one.

    Raises Invalid for an unknown code, Forbidden for a channel that is not the principal's own, unless they are staff.
    """
    own = CHANNEL_OF_ROLE.get(principal.role, "web")
    if code and code not in CHANNELS:
        raise Invalid(("channel", f"must be one of {', '.join(CHANNELS)}"))
    if code and code != own and not principal.is_staff:
        raise Forbidden()
    return catalog.load_channel(code or own)


def _listing_to_json(listing: find.Listing, principal: Principal) -> dict[str, Any]:
    """Return the listing; only staff see `channels`."""
    body = listing.to_json()
    return body if principal.is_staff else {name: value for name, value in body.items() if name != "channels"}


@endpoints.put("/prices", roles={"owner"}, body=PriceBody, example=PRICE_EXAMPLE)
def put_price(call: Call) -> dict[str, Any]:
    """Set the base price of a product and its prices by price list, channel and quantity."""
    body: PriceBody = call.body
    catalog.check_skus_exist([body.sku])
    entries = [entry.to_price_entry() for entry in body.entries]
    save_price(body.sku, body.price.to_money(), entries, call.principal.actor)
    return body.model_dump()


@endpoints.put("/promotions", roles={"owner"}, body=PromotionBody, example=PROMOTION_EXAMPLE)
def put_promotion(call: Call) -> dict[str, Any]:
    """Save a promotion with its terms and, if it has one, its coupon."""
    catalog.check_skus_exist(call.body.skus, "skus")
    catalog.check_categories_exist(call.body.categories)
    coupon = call.body.to_coupon()
    save_promotion(call.body.to_promotion(), call.principal.actor, coupon)
    return _promotion_to_json(*find.load_promotion_with_code(call.body.id), call.principal)


@endpoints.get("/promotions", roles=EVERYONE, query=PromotionsQuery)
def list_promotions(call: Call) -> dict[str, Any]:
    """List running promotions open to everyone, with their terms; staff see all promotions, with their codes."""
    if call.principal.is_staff:
        rows, after = find.list_promotions(web.read_cursor(call.query.cursor, "promotions"))
        items = [_promotion_to_json(promotion, code, call.principal) for promotion, code in rows]
        return web.page_to_json(items, after, "promotions")
    items = [
        _promotion_to_json(promotion, "", call.principal)
        for promotion in find.list_running_promotions(clock.now())
        if not promotion.coupon_only and not promotion.price_groups
    ]
    return web.page_to_json(items, None, "promotions")


@endpoints.get("/coupons/{code}", roles=EVERYONE)
def show_coupon(call: Call, code: str) -> dict[str, Any]:
    """Return the promotion and terms of a code, and whether it can still be used."""
    coupon = find.load_coupon(code)
    promotion = find.load_promotion(coupon.promotion_id)
    return {
        "code": coupon.code,
        "name": promotion.name,
        "terms": promotion.terms,
        "starts_at": clock.iso(coupon.starts_at),
        "ends_at": coupon.ends_at and clock.iso(coupon.ends_at),
        "usable": is_running(coupon, clock.now()) and is_running(promotion, clock.now()) and not coupon.is_used_up,
    }


def _promotion_to_json(promotion: Promotion, code: str, principal: Principal) -> dict[str, Any]:
    money = {"currency": promotion.currency}
    body: dict[str, Any] = {
        "id": promotion.id,
        "name": promotion.name,
        "kind": promotion.kind,
        "rate": promotion.rate,
        "amount": money | {"amount": promotion.amount_minor} if promotion.amount_minor else None,
        "min_total": money | {"amount": promotion.min_total_minor} if promotion.min_total_minor else None,
        "min_quantity": promotion.min_quantity,
        "skus": list(promotion.skus),
        "categories": list(promotion.categories),
        "channels": list(promotion.channels),
        "price_groups": list(promotion.price_groups),
        "combinable": promotion.combinable,
        "starts_at": clock.iso(promotion.starts_at),
        "ends_at": promotion.ends_at and clock.iso(promotion.ends_at),
        "terms": promotion.terms,
    }
    return body | ({"coupon": code or None} if principal.is_staff else {})
