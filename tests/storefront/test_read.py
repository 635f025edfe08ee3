from datetime import timedelta

import pytest

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product
from chalicelib.kit import clock
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.places.keep import keep_location
from chalicelib.places.model import Location
from chalicelib.pricing.keep import keep_price, keep_promotion
from chalicelib.pricing.model import Promotion
from chalicelib.stock.move import receive
from storefront import change, read
from storefront.build import build
from tests.storefront.build import rupiah
from tests.storefront.pages import Page

TERMS = {"id": "Hari ini.", "en": "Today."}
OWNER = Principal(role="owner", id="owner-1")


@pytest.fixture
def shop(aws):
    keep_location(Location("wh-rungkut", "warehouse", "Gudang Rungkut", zone="Asia/Jakarta"), OWNER.id)
    keep_location(Location("van-budi", "van", "Mobil Budi", zone="Asia/Jakarta"), OWNER.id)
    for sku, channels in (("KOPI-01", ()), ("KASIR-01", ("pos",)), ("GRATIS-01", ())):
        keep_product(Product(sku, f"Barang {sku}", "Kopi & Teh", "IDR", channels=channels), OWNER.id)
    for sku in ("KOPI-01", "KASIR-01"):
        keep_price(sku, Money(80_000, "IDR"), (), OWNER.id)
    receive(OWNER, "wh-rungkut", {"KOPI-01": 7}, "opening", None)
    receive(OWNER, "van-budi", {"KOPI-01": 3}, "opening", None)
    starts_at = clock.now() - timedelta(days=1)
    keep_promotion(Promotion("hemat", "Hemat", "percent", starts_at, rate="0.25", terms=TERMS), OWNER.id)


def test_the_pages_show_what_the_engine_quotes_and_what_anybody_may_know_of_stock(shop, tmp_path):
    facts = read.products()

    assert [each["sku"] for each in facts] == ["KOPI-01"]
    assert (facts[0]["price"], facts[0]["was"]) == (rupiah(60_000), rupiah(80_000))
    assert facts[0]["available"] == 7
    assert facts[0]["promotion"] == {"name": "Hemat", "ends_at": None, "terms": TERMS}
    assert list(read.settings()["locations"]) == ["wh-rungkut"]

    build(facts, read.settings(), tmp_path / "site")
    page = Page(tmp_path / "site" / "p" / "KOPI-01.html")
    assert page.json_ld["offers"]["price"] == "60000"
    assert "Mobil Budi" not in (tmp_path / "site" / "p" / "KOPI-01.html").read_text()


def test_one_product_is_read_as_among_all_of_them(shop):
    assert read.product("KOPI-01") == read.products()[0]
    assert [read.product(sku) for sku in ("KASIR-01", "GRATIS-01", "NOBODYS")] == [None] * 3


def test_the_command_shows_one_product_as_it_is_now_and_builds_all_without_a_manifest(
    shop, tmp_path, monkeypatch, capsys
):
    site = tmp_path / "site"
    build(read.products(), read.settings(), site)
    keep_price("KOPI-01", Money(40_000, "IDR"), (), OWNER.id)
    keep_price("GRATIS-01", Money(4_000, "IDR"), (), OWNER.id)

    assert shown_now("KOPI-01", site, monkeypatch, capsys) == f"KOPI-01 in {site}"
    assert Page(site / "p" / "KOPI-01.html").json_ld["offers"]["price"] == "30000"
    assert not (site / "p" / "GRATIS-01.html").exists()
    assert shown_now("GRATIS-01", site, monkeypatch, capsys) == f"GRATIS-01 in {site}"
    assert (site / "p" / "GRATIS-01.html").exists()

    (tmp_path / "site.facts").unlink()
    assert shown_now("GRATIS-01", site, monkeypatch, capsys) == f"2 products in {site}"


def shown_now(sku, site, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["change", sku, "--out", str(site)])
    change.main()
    return capsys.readouterr().out.strip()
