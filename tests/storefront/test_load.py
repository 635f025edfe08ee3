from datetime import timedelta

import pytest

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.kit import clock
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.places.model import Location
from chalicelib.places.save import save_location
from chalicelib.pricing.model import Promotion
from chalicelib.pricing.save import save_price, save_promotion
from chalicelib.stock.movements import receive
from storefront import load, update_product
from storefront.build import build
from tests.storefront.build import rupiah
from tests.storefront.html_page import Page

TERMS = {"id": "Hari ini.", "en": "Today."}
OWNER = Principal(role="owner", id="owner-1")


@pytest.fixture
def shop(aws):
    save_location(Location("wh-rungkut", "warehouse", "Gudang Rungkut", zone="Asia/Jakarta"), OWNER.id)
    save_location(Location("van-budi", "van", "Mobil Budi", zone="Asia/Jakarta"), OWNER.id)
    for sku, channels in (("KOPI-01", ()), ("KASIR-01", ("pos",)), ("GRATIS-01", ())):
        save_product(Product(sku, f"Barang {sku}", "Kopi & Teh", "IDR", channels=channels), OWNER.id)
    for sku in ("KOPI-01", "KASIR-01"):
        save_price(sku, Money(80_000, "IDR"), (), OWNER.id)
    receive(OWNER, "wh-rungkut", {"KOPI-01": 7}, "opening", None)
    receive(OWNER, "van-budi", {"KOPI-01": 3}, "opening", None)
    starts_at = clock.now() - timedelta(days=1)
    save_promotion(Promotion("hemat", "Hemat", "percent", starts_at, rate="0.25", terms=TERMS), OWNER.id)


def test_the_pages_show_quoted_prices_and_public_stock(shop, tmp_path):
    facts = load.load_products()

    assert [product["sku"] for product in facts] == ["KOPI-01"]
    assert (facts[0]["price"], facts[0]["was"]) == (rupiah(60_000), rupiah(80_000))
    assert facts[0]["available"] == 7
    assert facts[0]["promotion"] == {"name": "Hemat", "ends_at": None, "terms": TERMS}
    assert list(load.load_settings()["locations"]) == ["wh-rungkut"]

    build(facts, load.load_settings(), tmp_path / "site")
    page = Page(tmp_path / "site" / "p" / "KOPI-01.html")
    assert page.json_ld["offers"]["price"] == "60000"
    assert "Mobil Budi" not in (tmp_path / "site" / "p" / "KOPI-01.html").read_text()


def test_one_product_is_loaded_as_among_all_products(shop):
    assert load.load_product("KOPI-01") == load.load_products()[0]
    assert [load.load_product(sku) for sku in ("KASIR-01", "GRATIS-01", "UNKNOWN")] == [None] * 3


def test_the_command_updates_one_product_and_builds_all_without_a_manifest(shop, tmp_path, monkeypatch, capsys):
    site = tmp_path / "site"
    build(load.load_products(), load.load_settings(), site)
    save_price("KOPI-01", Money(40_000, "IDR"), (), OWNER.id)
    save_price("GRATIS-01", Money(4_000, "IDR"), (), OWNER.id)

    assert run_update("KOPI-01", site, monkeypatch, capsys) == f"KOPI-01 in {site}"
    assert Page(site / "p" / "KOPI-01.html").json_ld["offers"]["price"] == "30000"
    assert not (site / "p" / "GRATIS-01.html").exists()
    assert run_update("GRATIS-01", site, monkeypatch, capsys) == f"GRATIS-01 in {site}"
    assert (site / "p" / "GRATIS-01.html").exists()

    (tmp_path / "site.facts").unlink()
    assert run_update("GRATIS-01", site, monkeypatch, capsys) == f"2 products in {site}"


def run_update(sku, site, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["update_product", sku, "--out", str(site)])
    update_product.main()
    return capsys.readouterr().out.strip()
