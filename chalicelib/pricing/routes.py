"""The doors that show and set prices: the catalog as the caller's channel sells it, prices, promotions, codes."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog import find as catalog
from chalicelib.catalog.model import CHANNELS, Channel, Product, UnknownSku, can_sell
from chalicelib.kit import clock, web
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.web import EVERYONE, ApiResponse, Call, Routes
from chalicelib.pricing import find
from chalicelib.pricing.bodies import ListingQuery, PriceBody, ProductQuery, PromotionBody, PromotionsQuery
from chalicelib.pricing.model import Promotion, is_running
from chalicelib.pricing.save import save_price, save_promotion

endpoints = Routes(__name__)

# Where a role sells unless it says otherwise.
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
    """List what is published to the caller's channel, with its price there, by name."""
    asked = call.query
    channel = resolve_channel(call.principal, asked.channel)
    found, after = _find_by_barcode(asked.barcode, channel) if asked.barcode else _search_page(asked, channel)
    items = [_listing_to_json(each, call.principal) for each in find.build_listings(found, channel)]
    return web.with_etag(call, web.page_to_json(items, after, "products"))


def _search_page(asked: ListingQuery, channel: Channel) -> tuple[list[Product], dict[str, Any] | None]:
    after = web.read_cursor(asked.cursor, "products")
    if after and ("owner" in after) != bool(asked.category):
        raise Invalid(("cursor", "belongs to another search; start again without it"))
    return catalog.list_products(asked.q, asked.category, channel, asked.limit, after)


def _find_by_barcode(barcode: str, channel: Channel) -> tuple[list[Product], None]:
    try:
        product = catalog.load_product_by_barcode(barcode)
    except NotFound:
        return [], None
    return [product] if can_sell(channel, product) else [], None


@endpoints.get("/catalog/products/{sku}", roles=EVERYONE, query=ProductQuery)
def show_product(call: Call, sku: str) -> ApiResponse:
    """Show one product with its price; one that is not published to the caller's channel is not found."""
    channel = resolve_channel(call.principal, call.query.channel)
    product = catalog.load_product(sku)
    listed = find.build_listings([product], channel) if can_sell(channel, product) else []
    if not listed:
        raise NotFound()
    return web.with_etag(call, _listing_to_json(listed[0], call.principal))


def resolve_channel(principal: Principal, asked: str) -> Channel:
    """Staff look into any channel; everyone else sees his own."""
    own = CHANNEL_OF_ROLE.get(principal.role, "web")
    if asked and asked not in CHANNELS:
        raise Invalid(("channel", f"is none of {', '.join(CHANNELS)}"))
    if asked and asked != own and not principal.is_staff:
        raise Forbidden()
    return catalog.load_channel(asked or own)


def _listing_to_json(listed: find.Listing, principal: Principal) -> dict[str, Any]:
    """In which channels something is sold is staff's business."""
    said = listed.to_json()
    return said if principal.is_staff else {name: value for name, value in said.items() if name != "channels"}


@endpoints.put("/prices", roles={"owner"}, body=PriceBody, example=PRICE_EXAMPLE)
def put_price(call: Call) -> dict[str, Any]:
    """Set a product's price for all, and its particular prices by list, channel and quantity."""
    said: PriceBody = call.body
    if not catalog.load_products([said.sku]):
        raise UnknownSku([said.sku])
    save_price(said.sku, said.price.to_money(), [each.to_price_entry() for each in said.entries], call.principal.actor)
    return said.model_dump()


@endpoints.put("/promotions", roles={"owner"}, body=PromotionBody, example=PROMOTION_EXAMPLE)
def put_promotion(call: Call) -> dict[str, Any]:
    """Keep a promotion with its terms and, if it has one, the code that opens it."""
    coupon = call.body.to_coupon()
    save_promotion(call.body.to_promotion(), call.principal.actor, coupon)
    return _promotion_to_json(*find.load_promotion_with_code(call.body.id), call.principal)


@endpoints.get("/promotions", roles=EVERYONE, query=PromotionsQuery)
def list_promotions(call: Call) -> dict[str, Any]:
    """List running promotions that anyone may have, with their terms; staff see every one, with its code."""
    if call.principal.is_staff:
        kept, after = find.list_promotions(web.read_cursor(call.query.cursor, "promotions"))
        return web.page_to_json([_promotion_to_json(*each, call.principal) for each in kept], after, "promotions")
    public = [
        each for each in find.list_running_promotions(clock.now()) if not each.coupon_only and not each.price_groups
    ]
    return web.page_to_json([_promotion_to_json(each, "", call.principal) for each in public], None, "promotions")


@endpoints.get("/coupons/{code}", roles=EVERYONE)
def show_coupon(call: Call, code: str) -> dict[str, Any]:
    """Show what a code is for and its terms, and whether it can still be used."""
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
    said: dict[str, Any] = {
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
    return said | ({"coupon": code or None} if principal.is_staff else {})
