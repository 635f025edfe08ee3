from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.catalog import find
from chalicelib.catalog.model import Product, can_sell, is_published
from chalicelib.catalog.search import SYNONYMS, build_search_text, fold_words, has_all_words
from chalicelib.kit import db
from chalicelib.kit.errors import NotFound
from tests.catalog.build import a_channel, a_product, save_products


def skus(products: list[Product]) -> list[str]:
    return [product.sku for product in products]


def list_every_page(**query: Any) -> list[list[str]]:
    pages, after = [], None
    while True:
        products, after = find.list_products(**query, after=after)
        pages.append(skus(products))
        if after is None:
            return pages


def test_a_product_published_only_in_pos_is_not_published_on_the_web():
    pos_only = a_product(channels=("pos",))

    assert is_published(pos_only, "pos")
    assert not is_published(pos_only, "web")
    assert is_published(a_product(), "web")


def test_a_withdrawn_product_is_published_nowhere():
    assert not is_published(a_product(active=False, channels=("web",)), "web")


def test_a_channel_may_sell_some_categories_only():
    drinks_only = a_channel("marketplace", categories=("minuman",))

    assert can_sell(drinks_only, a_product(category="minuman"))
    assert not can_sell(drinks_only, a_product(category="sabun"))


@pytest.mark.parametrize(
    "q", ["teh", "TEH", "melati", "kantong teh", "tea", "8991002", "TEH-25", "minuman", "", "  teh  "]
)
def test_search_covers_name_description_category_barcode_and_sku_in_any_case(q: str):
    tea = a_product("TEH-25", name="Teh Melati", description="25 kantong", barcode="8991002101234")

    assert has_all_words(tea, q)


@pytest.mark.parametrize("q", ["kopi", "teh kopi", "coffee", "8991003"])
def test_search_needs_every_word(q: str):
    assert not has_all_words(a_product("TEH-25", name="Teh Melati", barcode="8991002101234"), q)


def test_synonyms_match_the_same_products():
    laptop, notebook = a_product("A", name="Laptop 14 inci"), a_product("B", name="Notebook 14 inci")

    for word in ("laptop", "notebook", "LAPTOP"):
        assert has_all_words(laptop, word)
        assert has_all_words(notebook, word)


def test_a_synonym_matches_whole_words_only():
    assert not has_all_words(a_product("A", name="Kain Saphir"), "ponsel")
    assert all(len(meaning) > 1 for meaning in SYNONYMS)


@pytest.mark.parametrize(("text", "folded"), json.loads((Path(__file__).parent / "folded_texts.json").read_text()))
def test_case_accents_quotes_and_punctuation_do_not_matter(text: str, folded: str):
    """The browser's search passes the same examples."""
    assert fold_words(text) == folded


def test_a_search_text_has_the_synonyms_of_words_and_terms():
    assert build_search_text("Mi goreng", "899") == "mi goreng 899 fried frying mie noodle noodles"
    assert build_search_text("Pasta gigi") == "pasta gigi tooth toothpaste odol"
    assert "toothpaste" not in build_search_text("Pasta tomat")


def test_pages_of_the_catalog_are_sorted_by_name(aws: Any):
    save_products(*(a_product(f"P{number}", name=f"Barang {number:02}") for number in range(7)))

    assert list_every_page(limit=3) == [["P0", "P1", "P2"], ["P3", "P4", "P5"], ["P6"]]


def test_the_next_page_of_a_search_starts_where_the_last_one_ended(aws: Any):
    save_products(
        *(a_product(f"P{number}", name=f"{'Teh' if number % 2 else 'Kopi'} {number:02}") for number in range(8))
    )

    assert [sku for page in list_every_page(q="teh", limit=3) for sku in page] == ["P1", "P3", "P5", "P7"]
    assert [len(page) for page in list_every_page(q="kopi", limit=3)] == [3, 1]


def test_a_page_contains_only_products_of_its_channel(aws: Any):
    save_products(a_product("A"), a_product("B", channels=("pos",)), a_product("C", category="sabun"))

    assert skus(find.list_products(channel=a_channel("web"))[0]) == ["A", "C"]
    assert skus(find.list_products(channel=a_channel("pos"))[0]) == ["A", "B", "C"]
    assert skus(find.list_products(channel=a_channel("web", categories=("sabun",)))[0]) == ["C"]


def test_a_category_is_listed_in_pages(aws: Any):
    save_products(*(a_product(f"P{number}", category="sabun" if number < 3 else "teh") for number in range(6)))

    assert list_every_page(category="sabun", limit=2) == [["P0", "P1"], ["P2"]]
    assert list_every_page(category="kopi") == [[]]


def test_a_page_reads_its_limit_however_long_the_list_is(aws: Any, monkeypatch: pytest.MonkeyPatch):
    save_products(*(a_product(f"P{number:02}") for number in range(30)))
    limits: list[int] = []
    query = db.query
    monkeypatch.setattr(db, "query", lambda *args, **kwargs: limits.append(kwargs["limit"]) or query(*args, **kwargs))

    first, after = find.list_products(limit=5)
    second, _ = find.list_products(limit=5, after=after)

    assert (len(first), len(second), limits) == (5, 5, [5, 5])


def test_a_search_without_matches_reads_to_the_end_so_that_no_empty_page_has_a_next_one(
    aws: Any, monkeypatch: pytest.MonkeyPatch
):
    save_products(*(a_product(f"P{number:02}") for number in range(12)))
    monkeypatch.setattr(find, "SEARCH_PAGE_SIZE", 2)

    assert find.list_products(q="jarum") == ([], None)


def test_a_category_matches_a_search_only_when_no_product_name_does(aws: Any):
    save_products(
        a_product("KOPI", name="Kopi Gayo", category="Kopi dan teh"),
        *(a_product(f"T{number}", name=f"Teh Melati {number}", category="Kopi dan teh") for number in range(3)),
    )

    assert list_every_page(q="kopi", limit=1) == [["KOPI"], []]
    assert list_every_page(q="coffee") == [["KOPI"]]
    assert list_every_page(q="kopi teh", limit=3) == [["KOPI", "T0", "T1"], ["T2"]]


def test_a_product_is_loaded_by_its_barcode(aws: Any):
    save_products(a_product("TEH", barcode="8991002101234"))

    assert find.load_product_by_barcode("8991002101234").sku == "TEH"
    with pytest.raises(NotFound):
        find.load_product_by_barcode("8991002101235")


def test_a_channel_that_was_never_configured_is_active_and_sells_everything(aws: Any):
    assert find.load_channel("social") == a_channel("social")
    assert [channel.code for channel in find.list_channels()] == [
        "web", "pos", "sfa", "phone", "social", "whatsapp", "marketplace",
    ]  # fmt: skip
