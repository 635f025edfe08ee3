import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from storefront.build import build
from storefront.pages import HERE
from storefront.words import load_words
from tests.storefront.build import LEBARAN, a_product, rupiah, settings, some_products
from tests.storefront.html_page import Page

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}</script>&amp;"
EXTERNAL_URL = re.compile(r"""(?:src|href|action|url)\s*[=(]\s*["']?(?:https?:)?//""")


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


def product_page(site: Path, sku: str = "KOPI-01", prefix: str = "") -> Page:
    return Page(site / prefix / "p" / f"{sku}.html")


def test_every_page_of_the_shop_is_there_in_both_languages(site):
    build(some_products(), settings(), site)

    for prefix in ("", "en"):
        for path in ("", "keranjang", "checkout", "pesanan", "tentang", "k/kopi-teh"):
            assert (site / prefix / path / "index.html").is_file(), f"{prefix}/{path}"
        for path in ("p/KOPI-01.html", "p/TEH-02.html"):
            assert (site / prefix / path).is_file(), f"{prefix}/{path}"
    for path in ("desk/index.html", "404.html", "sitemap.xml", "robots.txt", "favicon.svg", "art/KOPI-01.svg"):
        assert (site / path).is_file(), path
    assert Page(site / "index.html").elements[0][1]["lang"] == "id"
    assert Page(site / "en" / "index.html").elements[0][1]["lang"] == "en"


def test_page_and_json_ld_show_the_same_price_and_availability(site):
    build(some_products(), settings(), site)

    for product in some_products():
        page = product_page(site, product["sku"])
        offer = page.json_ld["offers"]
        digits = re.sub(r"\D", "", shown_price(page))
        assert offer["price"] == digits
        assert offer["priceCurrency"] == "IDR"
        sold_out = offer["availability"] == "https://schema.org/OutOfStock"
        assert ("Habis" in live_text(page)) == sold_out == (product["available"] == 0)


def shown_price(page: Page) -> str:
    return next(text for attributes, text in page.find_all("span") if "data-price" in attributes)


def live_text(page: Page) -> str:
    return next(text for attributes, text in page.find_all("span") if "data-live" in attributes)


def test_a_promotion_shows_the_usual_price_its_end_and_its_terms(site):
    build([a_product(was=rupiah(72_500), promotion=LEBARAN)], settings(), site)

    page = product_page(site)
    assert "Rp72.500" in page.text_of("s")
    assert "31 Des 2026" in page.text_of("p", class_="promotion")
    assert "Selama persediaan ada." in page.text_of("p", class_="promotion")
    assert page.json_ld["offers"]["priceValidUntil"] == "2026-12-31"
    assert "While stock lasts." in product_page(site, prefix="en").text_of("p", class_="promotion")


def test_no_number_of_units_is_built_into_a_page(site):
    build([a_product(available=4711, locations=[{"location": "st-darmo", "available": 4711}])], settings(), site)

    assert [file for file in site.rglob("*") if file.is_file() and "4711" in file.read_text()] == []
    assert "Toko Darmo" in product_page(site).text_of("ul", class_="places")


def test_a_product_sold_only_at_the_counter_appears_in_no_file(site):
    build([a_product(), a_product("RAHASIA-9", name="Barang Kasir", channels=["pos"])], settings(), site)

    assert [file for file in site.rglob("*") if "RAHASIA" in file.name] == []
    traces = [
        file for file in site.rglob("*") if file.is_file() and re.search("RAHASIA|Barang Kasir", file.read_text())
    ]
    assert traces == []


def test_products_without_category_share_one_path_in_both_languages(site):
    build([a_product(category="")], settings(), site)

    for prefix in ("", "en"):
        assert (site / prefix / "k" / "lain" / "index.html").is_file()
    assert "<loc>https://shop.example/en/k/lain/</loc>" in (site / "sitemap.xml").read_text()


def test_each_product_page_shows_the_next_four_of_its_category_wrapping_around(site):
    build([a_product(f"KOPI-{number}") for number in range(6)] + [a_product("TEH-1", category="Teh")], settings(), site)

    related = {number: related_skus(product_page(site, f"KOPI-{number}")) for number in range(6)}
    assert related[0] == ["KOPI-1", "KOPI-2", "KOPI-3", "KOPI-4"]
    assert related[4] == ["KOPI-5", "KOPI-0", "KOPI-1", "KOPI-2"]
    assert related_skus(product_page(site, "TEH-1")) == []

    build([a_product(f"KOPI-{number}") for number in range(3)], settings(), site)

    assert related_skus(product_page(site, "KOPI-1")) == ["KOPI-2", "KOPI-0"]


def related_skus(page: Page) -> list[str]:
    return [attributes["data-sku"] for attributes, _ in page.find_all("article", class_="card")]


def test_a_product_taken_off_the_web_loses_its_page_at_the_next_build(site):
    build([a_product(), a_product("TEH-01")], settings(), site)

    build([a_product()], settings(), site)

    assert not (site / "p" / "TEH-01.html").exists()
    assert (site / "p" / "KOPI-01.html").is_file()


def test_the_same_facts_give_the_same_bytes(tmp_path):
    build(some_products(), settings(), tmp_path / "a")
    build(reversed(some_products()), settings(), tmp_path / "b")

    assert read_files(tmp_path / "a") == read_files(tmp_path / "b")


def read_files(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def test_no_page_loads_from_another_host_or_runs_inline_code(site):
    build(some_products(), settings(), site)

    for file in site.rglob("*"):
        if file.suffix in (".html", ".css", ".js", ".svg"):
            text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
            own = text.replace("https://shop.example", "").replace("//www.w3.org/2000/svg", "")
            assert EXTERNAL_URL.findall(own) == [], file
        if file.suffix == ".html":
            assert_content_security_policy(Page(file))


def assert_content_security_policy(page: Page) -> None:
    policy = next(attributes["content"] for attributes, _ in page.find_all("meta") if attributes.get("http-equiv"))
    assert "script-src 'self';" in policy and "default-src 'none'" in policy
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        if tag == "script":
            assert "src" in attributes or attributes["type"] in ("application/ld+json", "application/json")


def test_hostile_names_are_escaped(site):
    plain = build_and_list_elements(site, "Kopi")

    hostile = build_and_list_elements(site, HOSTILE)

    assert hostile == plain
    page = product_page(site)
    assert page.text_of("h1") == HOSTILE
    assert page.json_ld["name"] == HOSTILE


def build_and_list_elements(site: Path, text: str) -> dict[str, list[tuple[str, list[str]]]]:
    """Build a site with `text` in every free-text field and return its elements and attribute names by page."""
    facts = {"name": text, "description": text, "category": "Kopi", "was": rupiah(72_500)}
    promotion = {"name": text, "ends_at": None, "terms": {"id": text, "en": text}}
    shop = settings(shop={"name": text}, locations={"st-darmo": {"name": text, "kind": "store", "address": text}})
    levels = [{"location": "st-darmo", "available": 1}]
    build([a_product(**facts, promotion=promotion, locations=levels)], shop, site)
    pages = [file for file in site.rglob("*") if file.suffix in (".html", ".svg")]
    return {
        file.relative_to(site).as_posix(): [
            (tag, sorted(attributes)) for tag, attributes in Page(file).elements if tag != "tspan"
        ]
        for file in pages
    }


@pytest.mark.parametrize("sku", ["../../etc/passwd", "..", ".hidden", "a/b", "A B", "é", "x" * 64, "KOPI.01:~+-_"])
def test_no_sku_escapes_the_site_folder(site, sku):
    build([a_product(sku)], settings(), site)

    pages = list((site / "p").iterdir())
    assert len(pages) == 1 and pages[0].parent == site / "p"
    assert sorted(file.name for file in site.parent.iterdir()) == ["site", "site.facts"]


def test_two_skus_never_share_a_page(site):
    skus = ["a/b", "a=2fb", "A B", "A=20B", ".x", "=2ex"]

    build([a_product(sku) for sku in skus], settings(), site)

    assert len(list((site / "p").iterdir())) == len(skus)


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(SystemExit):
        build([], settings(), tmp_path)

    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_product_page_weighs_at_most_thirty_kibibytes_over_the_wire(site):
    summary = build(some_products(), settings(), site)

    page = Page(site / "p" / "KOPI-01.html")
    scripts, links = page.find_all("script"), page.find_all("link")
    assets = {attributes["src"] for attributes, _ in scripts if "src" in attributes}
    assets |= {
        attributes["href"]
        for attributes, _ in links
        if attributes.get("rel") in ("stylesheet", "modulepreload", "icon")
    }
    assets |= {f"{summary['assets']}/common/api.js", "/art/KOPI-01.svg"}
    files = [site / "p" / "KOPI-01.html", *(site / path.lstrip("/") for path in assets)]
    weight = sum(len(gzip.compress(file.read_bytes(), 6)) for file in files)
    assert weight <= 30 * 1024, f"{weight} bytes"


def test_every_module_a_page_imports_is_there(site):
    summary = build(some_products(), settings(), site)

    root = site / summary["assets"].lstrip("/")
    for file in root.rglob("*.js"):
        for module in re.findall(r'from "(\.[^"]+)"', file.read_text()):
            assert (file.parent / module).is_file(), f"{file.name} imports {module}"


def test_browsers_receive_currency_country_and_zone(site):
    summary = build([], settings(currency="USD", country="SG", zone="Asia/Singapore"), site)

    text = (site / summary["assets"].lstrip("/") / "settings.js").read_text()
    exported = json.loads(text.removeprefix("export default ").removesuffix(";\n"))
    assert exported == {"currency": "USD", "country": "SG", "zone": "Asia/Singapore"}


def test_vendored_files_are_those_that_were_published():
    folder = HERE / "assets" / "vendor"
    listed = [line.split() for line in (folder / "VERSIONS").read_text().splitlines() if not line.startswith("#")]

    assert {words[0] for words in listed} == {file.name for file in folder.iterdir()} - {"VERSIONS"}
    for words in listed:
        assert hashlib.sha256((folder / words[0]).read_bytes()).hexdigest() == words[-1], words[0]


@pytest.mark.parametrize("folder, table", [("shop", "script"), ("desk", "desk")])
def test_every_word_a_script_uses_is_translated(folder, table):
    words = load_words("id")[table] | {"language": "id", "prefix": ""}

    for file in (HERE / "assets" / folder).glob("*.js"):
        for path in re.findall(r"(?<!/)\bwords\.([a-z_]+(?:\.[a-z_]+)?)", file.read_text()):
            first, _, rest = path.partition(".")
            assert first in words, f"{file.name}: {path}"
            if rest and isinstance(words[first], dict):
                assert rest in words[first], f"{file.name}: {path}"


def test_every_page_of_the_demo_shop_carries_a_demo_notice(site):
    build(some_products(), settings(), site)

    for file in site.rglob("*.html"):
        if file.parent.name != "desk":
            assert Page(file).find_all("p", class_="demo"), file


def test_the_build_writes_its_summary(site):
    summary = build(some_products(), settings(), site)

    assert json.loads((site / "site.json").read_text()) == summary
    assert summary["products"] == len(some_products())
