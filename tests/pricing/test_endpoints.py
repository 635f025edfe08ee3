"""The doors of catalog and pricing, in a house of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app import app
from chalicelib.catalog import find as catalog
from chalicelib.catalog import routes as catalog_routes
from chalicelib.kit import auth, clock, journal, web
from chalicelib.pricing import find, routes
from chalicelib.pricing.model import PriceEntry
from chalicelib.pricing.save import save_price, save_promotion
from infra.local.server import Gateway, HttpRequest
from tests.catalog.build import a_product, save_products
from tests.pricing.build import NOW, a_coupon, a_promotion, rupiah

PROMOTION = routes.PROMOTION_EXAMPLE
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(aws: Any, trusted_tokens: None) -> Ask:
    clock.source = lambda: NOW
    gateway = Gateway(app)

    def request(who: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        said = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if who != "anyone":
            said["authorization"] = f"Bearer {auth.staff_token(f'{who}-x', who)}"
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        answer = gateway.call(HttpRequest(method, f"/api{path}", query, said, raw))
        return answer.status, json.loads(answer.body) if answer.body else None

    return request


def save_priced_product(sku: str, base: int, *entries: PriceEntry, **told: Any) -> None:
    save_products(a_product(sku, **told))
    save_price(sku, rupiah(base), entries, actor="owner-x")


def skus(answer: tuple[int, Any]) -> list[str]:
    return [item["sku"] for item in answer[1]["items"]]


def test_a_product_is_shown_with_its_price_and_what_it_was(ask: Ask):
    save_priced_product("TEH", 12500, name="Teh Melati", barcode="8991002101234", cost_minor=8000)
    save_promotion(a_promotion(skus=("TEH",)), actor="owner-x")

    status, told = ask("anyone", "GET", "/catalog/products/TEH")

    assert status == 200
    assert told == {
        "sku": "TEH",
        "name": "Teh Melati",
        "category": "minuman",
        "description": "",
        "barcode": "8991002101234",
        "price": {"amount": 11250, "currency": "IDR"},
        "was": {"amount": 12500, "currency": "IDR"},
        "adjustments": [
            {"code": "promo", "says": "Promo", "kind": "promotion", "amount": {"amount": -1250, "currency": "IDR"}}
        ],
        "tax_rate": "0.11",
        "weight_grams": 0,
    }


def test_what_needs_a_code_or_a_larger_cart_is_not_on_the_label(ask: Ask):
    save_priced_product("TEH", 12500)
    save_promotion(a_promotion("code"), actor="owner-x", coupon=a_coupon())
    save_promotion(a_promotion("cart", kind="amount", rate="0", amount_minor=5000), actor="owner-x")
    save_promotion(a_promotion("much", min_total_minor=1, skus=("TEH",)), actor="owner-x")

    told = ask("anyone", "GET", "/catalog/products/TEH")[1]

    assert (told["price"]["amount"], told["was"]) == (12500, None)


def test_the_counter_sees_what_the_web_does_not(ask: Ask):
    save_priced_product("TEH", 12500)
    save_priced_product("RAHASIA", 5000, channels=("pos",))

    assert skus(ask("anyone", "GET", "/catalog/products")) == ["TEH"]
    assert skus(ask("cashier", "GET", "/catalog/products")) == ["RAHASIA", "TEH"]
    assert skus(ask("owner", "GET", "/catalog/products?channel=pos")) == ["RAHASIA", "TEH"]
    assert ask("anyone", "GET", "/catalog/products/RAHASIA")[0] == 404
    assert ask("cashier", "GET", "/catalog/products/RAHASIA")[1]["channels"] == ["pos"]


def test_each_channel_sees_its_own_price(ask: Ask):
    save_priced_product("TEH", 12500, PriceEntry(13900, channel="marketplace"))

    assert ask("anyone", "GET", "/catalog/products/TEH")[1]["price"]["amount"] == 12500
    assert ask("channel", "GET", "/catalog/products/TEH")[1]["price"]["amount"] == 13900


def test_only_staff_look_into_other_channels(ask: Ask):
    save_priced_product("TEH", 12500)

    assert ask("anyone", "GET", "/catalog/products?channel=web")[0] == 200
    assert ask("anyone", "GET", "/catalog/products?channel=pos")[0] == 403
    assert ask("channel", "GET", "/catalog/products?channel=pos")[0] == 403
    assert ask("owner", "GET", "/catalog/products?channel=radio")[0] == 422


def test_a_list_is_paged_by_a_cursor_that_opens_nothing_else(ask: Ask):
    for number in range(5):
        save_priced_product(f"P{number}", 1000)

    status, first = ask("anyone", "GET", "/catalog/products?limit=3")
    rest = ask("anyone", "GET", f"/catalog/products?limit=3&cursor={first['next']}")

    assert (status, [item["sku"] for item in first["items"]]) == (200, ["P0", "P1", "P2"])
    assert (skus(rest), rest[1]["next"]) == (["P3", "P4"], None)
    assert ask("anyone", "GET", "/catalog/products?cursor=forged")[0] == 422
    assert ask("anyone", "GET", f"/catalog/products?category=minuman&cursor={first['next']}")[0] == 422


def test_search_category_and_barcode_narrow_the_list(ask: Ask):
    save_priced_product("A", 1, name="Laptop 14", category="komputer", barcode="8991002101234")
    save_priced_product("B", 1, name="Notebook 13", category="komputer")
    save_priced_product("C", 1, name="Teh", category="minuman")

    assert skus(ask("anyone", "GET", "/catalog/products?q=notebook")) == ["A", "B"]
    assert skus(ask("anyone", "GET", "/catalog/products?q=laptop")) == ["A", "B"]
    assert skus(ask("anyone", "GET", "/catalog/products?category=minuman")) == ["C"]
    assert skus(ask("anyone", "GET", "/catalog/products?barcode=8991002101234")) == ["A"]
    assert skus(ask("anyone", "GET", "/catalog/products?barcode=1")) == []
    assert skus(ask("anyone", "GET", "/catalog/products?q=%00%F0%9F%98%80")) == []


def test_a_product_without_a_price_is_on_no_shelf(ask: Ask):
    save_products(a_product("TEH"))

    assert skus(ask("anyone", "GET", "/catalog/products")) == []
    assert ask("anyone", "GET", "/catalog/products/TEH")[0] == 404


def test_who_has_the_page_already_gets_no_second_copy(ask: Ask):
    save_priced_product("TEH", 12500)
    tag = web.with_etag(web.Call(auth.ANYONE, headers={}), ask("anyone", "GET", "/catalog/products/TEH")[1]).headers[
        "ETag"
    ]

    assert ask("anyone", "GET", "/catalog/products/TEH", if_none_match=tag) == (304, None)


def test_a_name_edited_once_is_changed_on_every_surface(ask: Ask):
    save_priced_product("TEH", 12500, name="Teh")

    status, told = ask("owner", "PUT", "/catalog/products/TEH", {"name": "Teh Melati", "category": "minuman"})

    assert (status, told["name"]) == (200, "Teh Melati")
    for who in ("anyone", "cashier", "salesman", "agent", "channel"):
        assert ask(who, "GET", "/catalog/products/TEH")[1]["name"] == "Teh Melati"
        assert ask(who, "GET", "/catalog/products")[1]["items"][0]["name"] == "Teh Melati"


def test_the_owner_sets_a_price(ask: Ask):
    save_products(a_product("8990800000015"))

    status, _ = ask("owner", "PUT", "/prices", routes.PRICE_EXAMPLE)

    assert status == 200
    assert find.load_price("8990800000015").entries == (
        PriceEntry(11900, min_quantity=12),
        PriceEntry(11500, price_list="grosir"),
    )


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", {}, {"sku": "TEH"},
        {"sku": "TEH", "price": {"amount": -1, "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": 1.5, "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": True, "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": "1", "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": 10**13, "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": 1, "currency": "XXX"}},
        {"sku": "NOTHING", "price": {"amount": 1, "currency": "IDR"}},
        {"sku": "TEH", "price": {"amount": 1, "currency": "IDR"}, "entries": [{"amount": 1, "channel": "radio"}]},
        b'{"sku": "TEH", "price": {"amount": 1e400, "currency": "IDR"}}',
        b'{"sku": "TEH", "price": {"amount": NaN, "currency": "IDR"}}',
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_is_refused_and_nothing_moves(ask: Ask, body: Any):
    save_priced_product("TEH", 12500)

    status, told = ask("owner", "PUT", "/prices", body)

    assert status in (400, 422)
    assert told["detail"]
    assert find.load_price("TEH").base == rupiah(12500)
    assert len(journal.history("price#TEH")) == 1


def test_the_owner_keeps_a_promotion_with_its_code_and_everybody_reads_its_terms(ask: Ask):
    status, told = ask("owner", "PUT", "/promotions", PROMOTION)

    assert (status, told["coupon"], told["min_total"]) == (200, "LEBARAN", {"amount": 100000, "currency": "IDR"})
    assert ask("owner", "GET", "/promotions")[1]["items"] == [told]
    assert ask("anyone", "GET", "/promotions")[1]["items"] == []  # only bearers of the code know of it
    status, shown = ask("anyone", "GET", "/coupons/lebaran")
    assert status == 200
    assert shown == {
        "code": "LEBARAN",
        "name": "Diskon Lebaran",
        "terms": PROMOTION["terms"],
        "starts_at": "2026-11-01T00:00:00.000Z",
        "ends_at": "2026-12-01T00:00:00.000Z",
        "usable": True,
    }


def test_a_promotion_for_all_is_shown_to_all_with_its_terms(ask: Ask):
    body = {name: told for name, told in PROMOTION.items() if name != "coupon"}

    ask("owner", "PUT", "/promotions", body)

    (shown,) = ask("anyone", "GET", "/promotions")[1]["items"]
    assert (shown["id"], shown["terms"]) == ("lebaran", PROMOTION["terms"])
    assert "coupon" not in shown


def test_half_a_character_is_no_name(ask: Ask):
    status, _ = ask("owner", "PUT", "/catalog/products/TEH", b'{"name": "\\ud800"}')

    assert status in (400, 422)
    assert catalog.list_all_products() == []


def test_an_unknown_code_is_not_found(ask: Ask):
    assert ask("anyone", "GET", "/coupons/NOTHING")[0] == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Not a slug"}, {"kind": "gift"}, {"rate": "1.5"}, {"rate": 0.1}, {"rate": "0"},
        {"terms": {"id": "x"}}, {"starts_at": "2026-11-01"}, {"starts_at": "0001-01-01T00:00:00+14:00"},
        {"ends_at": "2026-10-01T00:00:00Z"}, {"min_total": {"amount": 1, "currency": "XXX"}},
        {"amount": {"amount": 1, "currency": "USD"}}, {"coupon": {"code": "a b"}},
        {"coupon": {"code": "ABC", "cap": 0}}, {"price": 1}, {"channels": ["radio"]},
    ],
)  # fmt: skip
def test_a_promotion_that_cannot_be_is_refused_and_nothing_moves(ask: Ask, wrong: dict[str, Any]):
    status, told = ask("owner", "PUT", "/promotions", PROMOTION | wrong)

    assert (status, bool(told["detail"])) == (422, True)
    assert find.list_promotions(None) == ([], None)
    assert ask("anyone", "GET", "/coupons/LEBARAN")[0] == 404


def test_the_owner_switches_a_channel_off_and_staff_see_it(ask: Ask):
    status, told = ask("owner", "PUT", "/channels/web", {"active": False})

    assert (status, told["active"]) == (200, False)
    assert not catalog.load_channel("web").active
    items = ask("agent", "GET", "/channels")[1]["items"]
    assert {item["code"]: item["active"] for item in items} == {
        "web": False, "pos": True, "sfa": True, "phone": True, "social": True, "whatsapp": True, "marketplace": True,
    }  # fmt: skip
    assert ask("owner", "PUT", "/channels/radio", {})[0] == 404


ENDPOINTS = [
    ("PUT", "/catalog/products/TEH", catalog_routes.PRODUCT_EXAMPLE),
    ("PUT", "/channels/web", catalog_routes.CHANNEL_EXAMPLE),
    ("PUT", "/prices", routes.PRICE_EXAMPLE),
    ("PUT", "/promotions", routes.PROMOTION_EXAMPLE),
]


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
def test_only_the_owner_changes_goods_prices_and_channels(ask: Ask, method: str, path: str, body: Any):
    assert ask("anyone", method, path, body)[0] == 401
    for role in sorted(set(auth.ROLES) - {"owner"}):
        assert ask(role, method, path, body)[0] == 403

    assert catalog.list_all_products() == []
    assert find.list_running_promotions(NOW) == []
    assert catalog.load_channel("web").tenders == ()
