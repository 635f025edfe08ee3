"""The endpoints of catalog and pricing, called through the local gateway."""

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
SendRequest = Callable[..., tuple[int, Any]]


@pytest.fixture
def send(aws: Any, trusted_tokens: None) -> SendRequest:
    clock.source = lambda: NOW
    gateway = Gateway(app)

    def send_request(role: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if role != "anyone":
            sent["authorization"] = f"Bearer {auth.staff_token(f'{role}-x', role)}"
        path, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        response = gateway.call(HttpRequest(method, f"/api{path}", query, sent, raw))
        return response.status, json.loads(response.body) if response.body else None

    return send_request


def save_priced_product(sku: str, base: int, *entries: PriceEntry, **fields: Any) -> None:
    save_products(a_product(sku, **fields))
    save_price(sku, rupiah(base), entries, actor="owner-x")


def skus(response: tuple[int, Any]) -> list[str]:
    return [item["sku"] for item in response[1]["items"]]


def test_a_product_is_shown_with_its_price_and_its_price_before_the_promotion(send: SendRequest):
    save_priced_product("TEH", 12500, name="Teh Melati", barcode="8991002101234", cost_minor=8000)
    save_promotion(a_promotion(skus=("TEH",)), actor="owner-x")

    status, body = send("anyone", "GET", "/catalog/products/TEH")

    assert status == 200
    assert body == {
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


def test_a_listing_leaves_out_promotions_that_need_a_code_or_a_larger_cart(send: SendRequest):
    save_priced_product("TEH", 12500)
    save_promotion(a_promotion("code"), actor="owner-x", coupon=a_coupon())
    save_promotion(a_promotion("cart", kind="amount", rate="0", amount_minor=5000), actor="owner-x")
    save_promotion(a_promotion("much", min_total_minor=1, skus=("TEH",)), actor="owner-x")

    body = send("anyone", "GET", "/catalog/products/TEH")[1]

    assert (body["price"]["amount"], body["was"]) == (12500, None)


def test_staff_see_products_that_are_not_published_on_the_web(send: SendRequest):
    save_priced_product("TEH", 12500)
    save_priced_product("RAHASIA", 5000, channels=("pos",))

    assert skus(send("anyone", "GET", "/catalog/products")) == ["TEH"]
    assert skus(send("cashier", "GET", "/catalog/products")) == ["RAHASIA", "TEH"]
    assert skus(send("owner", "GET", "/catalog/products?channel=pos")) == ["RAHASIA", "TEH"]
    assert send("anyone", "GET", "/catalog/products/RAHASIA")[0] == 404
    assert send("cashier", "GET", "/catalog/products/RAHASIA")[1]["channels"] == ["pos"]


def test_each_channel_sees_its_own_price(send: SendRequest):
    save_priced_product("TEH", 12500, PriceEntry(13900, channel="marketplace"))

    assert send("anyone", "GET", "/catalog/products/TEH")[1]["price"]["amount"] == 12500
    assert send("channel", "GET", "/catalog/products/TEH")[1]["price"]["amount"] == 13900


def test_only_staff_read_other_channels(send: SendRequest):
    save_priced_product("TEH", 12500)

    assert send("anyone", "GET", "/catalog/products?channel=web")[0] == 200
    assert send("anyone", "GET", "/catalog/products?channel=pos")[0] == 403
    assert send("channel", "GET", "/catalog/products?channel=pos")[0] == 403
    assert send("owner", "GET", "/catalog/products?channel=radio")[0] == 422


def test_a_cursor_is_valid_for_its_own_list_only(send: SendRequest):
    for number in range(5):
        save_priced_product(f"P{number}", 1000)

    status, first = send("anyone", "GET", "/catalog/products?limit=3")
    rest = send("anyone", "GET", f"/catalog/products?limit=3&cursor={first['next']}")

    assert (status, [item["sku"] for item in first["items"]]) == (200, ["P0", "P1", "P2"])
    assert (skus(rest), rest[1]["next"]) == (["P3", "P4"], None)
    assert send("anyone", "GET", "/catalog/products?cursor=forged")[0] == 422
    assert send("anyone", "GET", f"/catalog/products?category=minuman&cursor={first['next']}")[0] == 422


def test_search_category_and_barcode_narrow_the_list(send: SendRequest):
    save_priced_product("A", 1, name="Laptop 14", category="komputer", barcode="8991002101234")
    save_priced_product("B", 1, name="Notebook 13", category="komputer")
    save_priced_product("C", 1, name="Teh", category="minuman")

    assert skus(send("anyone", "GET", "/catalog/products?q=notebook")) == ["A", "B"]
    assert skus(send("anyone", "GET", "/catalog/products?q=laptop")) == ["A", "B"]
    assert skus(send("anyone", "GET", "/catalog/products?category=minuman")) == ["C"]
    assert skus(send("anyone", "GET", "/catalog/products?barcode=8991002101234")) == ["A"]
    assert skus(send("anyone", "GET", "/catalog/products?barcode=1")) == []
    assert skus(send("anyone", "GET", "/catalog/products?q=%00%F0%9F%98%80")) == []


def test_a_product_without_a_price_is_not_shown(send: SendRequest):
    save_products(a_product("TEH"))

    assert skus(send("anyone", "GET", "/catalog/products")) == []
    assert send("anyone", "GET", "/catalog/products/TEH")[0] == 404


def test_no_page_of_products_is_empty_and_has_a_next_one(send: SendRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalog, "SEARCH_PAGE_SIZE", 2)
    save_products(*(a_product(f"A{number}", name=f"Arloji {number}") for number in range(5)))
    save_priced_product("TEH", 12500, name="Teh Melati")

    assert skus(page := send("anyone", "GET", "/catalog/products?limit=1")) == ["TEH"]
    assert page[1]["next"] is None
    assert skus(send("anyone", "GET", "/catalog/products?q=melati&limit=1")) == ["TEH"]
    assert send("anyone", "GET", "/catalog/products?q=kopi")[1] == {"items": [], "next": None}


def test_a_search_finds_categories_only_when_no_product_name_matches(send: SendRequest):
    save_priced_product("KOPI", 25000, name="Kopi Gayo", category="Kopi dan teh")
    for number in range(3):
        save_priced_product(f"TEH{number}", 12500, name=f"Teh Melati {number}", category="Kopi dan teh")

    first = send("anyone", "GET", "/catalog/products?q=dan&limit=2")
    second = send("anyone", "GET", f"/catalog/products?q=dan&limit=2&cursor={first[1]['next']}")

    assert skus(send("anyone", "GET", "/catalog/products?q=kopi")) == ["KOPI"]
    assert skus(send("anyone", "GET", "/catalog/products?q=tea")) == ["TEH0", "TEH1", "TEH2"]
    assert (skus(first), skus(second)) == (["KOPI", "TEH0"], ["TEH1", "TEH2"])


def test_a_request_with_the_current_etag_gets_304(send: SendRequest):
    save_priced_product("TEH", 12500)
    tag = web.with_etag(web.Call(auth.ANYONE, headers={}), send("anyone", "GET", "/catalog/products/TEH")[1]).headers[
        "ETag"
    ]

    assert send("anyone", "GET", "/catalog/products/TEH", if_none_match=tag) == (304, None)


def test_a_changed_name_is_shown_in_every_channel(send: SendRequest):
    save_priced_product("TEH", 12500, name="Teh")

    status, body = send("owner", "PUT", "/catalog/products/TEH", {"name": "Teh Melati", "category": "minuman"})

    assert (status, body["name"]) == (200, "Teh Melati")
    for role in ("anyone", "cashier", "salesman", "agent", "channel"):
        assert send(role, "GET", "/catalog/products/TEH")[1]["name"] == "Teh Melati"
        assert send(role, "GET", "/catalog/products")[1]["items"][0]["name"] == "Teh Melati"


def test_the_owner_sets_a_price(send: SendRequest):
    save_products(a_product("8990800000015"))

    status, _ = send("owner", "PUT", "/prices", routes.PRICE_EXAMPLE)

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
def test_an_invalid_price_is_refused_and_nothing_changes(send: SendRequest, body: Any):
    save_priced_product("TEH", 12500)

    status, problem = send("owner", "PUT", "/prices", body)

    assert status in (400, 422)
    assert problem["detail"]
    assert find.load_price("TEH").base == rupiah(12500)
    assert len(journal.history("price#TEH")) == 1


def test_the_owner_saves_a_promotion_with_a_code_whose_terms_everyone_can_read(send: SendRequest):
    status, promotion = send("owner", "PUT", "/promotions", PROMOTION)

    assert (status, promotion["coupon"], promotion["min_total"]) == (
        200,
        "LEBARAN",
        {"amount": 100000, "currency": "IDR"},
    )
    assert send("owner", "GET", "/promotions")[1]["items"] == [promotion]
    assert send("anyone", "GET", "/promotions")[1]["items"] == []  # a promotion with a code is not public
    status, coupon = send("anyone", "GET", "/coupons/lebaran")
    assert status == 200
    assert coupon == {
        "code": "LEBARAN",
        "name": "Diskon Lebaran",
        "terms": PROMOTION["terms"],
        "starts_at": "2026-11-01T00:00:00.000Z",
        "ends_at": "2026-12-01T00:00:00.000Z",
        "usable": True,
    }


def test_a_promotion_without_a_code_is_listed_for_everyone_with_its_terms(send: SendRequest):
    body = {name: value for name, value in PROMOTION.items() if name != "coupon"}

    send("owner", "PUT", "/promotions", body)

    (promotion,) = send("anyone", "GET", "/promotions")[1]["items"]
    assert (promotion["id"], promotion["terms"]) == ("lebaran", PROMOTION["terms"])
    assert "coupon" not in promotion


def test_a_lone_surrogate_in_a_name_is_refused(send: SendRequest):
    status, _ = send("owner", "PUT", "/catalog/products/TEH", b'{"name": "\\ud800"}')

    assert status in (400, 422)
    assert catalog.list_all_products() == []


def test_an_unknown_code_is_not_found(send: SendRequest):
    assert send("anyone", "GET", "/coupons/NOTHING")[0] == 404


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
def test_an_invalid_promotion_is_refused_and_nothing_changes(send: SendRequest, wrong: dict[str, Any]):
    status, problem = send("owner", "PUT", "/promotions", PROMOTION | wrong)

    assert (status, bool(problem["detail"])) == (422, True)
    assert find.list_promotions(None) == ([], None)
    assert send("anyone", "GET", "/coupons/LEBARAN")[0] == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/prices", {"sku": "TEH", "price": {"amount": 1, "currency": "USD"}}),
        ("/catalog/products/NEW", {"name": "Coffee", "currency": "USD"}),
        ("/promotions", PROMOTION | {"min_total": {"amount": 1, "currency": "USD"}}),
    ],
)
def test_another_currency_than_the_shop_s_is_refused_by_name(send: SendRequest, path: str, body: dict[str, Any]):
    save_priced_product("TEH", 12500)
    before = catalog.list_all_products()

    status, problem = send("owner", "PUT", path, body)

    assert (status, problem["code"], problem["ours"], problem["theirs"]) == (422, "wrong_currency", "IDR", "USD")
    assert problem["errors"][0]["field"] == "currency"
    assert (catalog.list_all_products(), find.list_promotions(None)) == (before, ([], None))


def test_the_owner_switches_a_channel_off_and_staff_see_it(send: SendRequest):
    status, body = send("owner", "PUT", "/channels/web", {"active": False})

    assert (status, body["active"]) == (200, False)
    assert not catalog.load_channel("web").active
    items = send("agent", "GET", "/channels")[1]["items"]
    assert {item["code"]: item["active"] for item in items} == {
        "web": False, "pos": True, "sfa": True, "phone": True, "social": True, "whatsapp": True, "marketplace": True,
    }  # fmt: skip
    assert send("owner", "PUT", "/channels/radio", {})[0] == 404


ENDPOINTS = [
    ("PUT", "/catalog/products/TEH", catalog_routes.PRODUCT_EXAMPLE),
    ("PUT", "/channels/web", catalog_routes.CHANNEL_EXAMPLE),
    ("PUT", "/prices", routes.PRICE_EXAMPLE),
    ("PUT", "/promotions", routes.PROMOTION_EXAMPLE),
]


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
def test_only_the_owner_changes_products_prices_promotions_and_channels(
    send: SendRequest, method: str, path: str, body: Any
):
    assert send("anyone", method, path, body)[0] == 401
    for role in sorted(set(auth.ROLES) - {"owner"}):
        assert send(role, method, path, body)[0] == 403

    assert catalog.list_all_products() == []
    assert find.list_running_promotions(NOW) == []
    assert catalog.load_channel("web").tenders == ()
