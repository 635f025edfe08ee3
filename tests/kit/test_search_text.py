from __future__ import annotations

import pytest

from chalicelib.kit.search_text import choose_prefix, fold, has_prefixes, list_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Café", "cafe"), ("D’Cost", "dcost"), ("D'Cost", "dcost"), ("D`COST", "dcost"), ("Straße", "strasse")],
)
def test_accents_case_and_kinds_of_quotation_marks_are_equal(text, folded):
    assert fold(text) == folded


def test_words_are_folded_and_distinct():
    assert list_words("Toko «Café» Ibu's toko TK-2024/001") == ["toko", "cafe", "ibus", "tk", "2024", "001"]


def test_a_search_finds_beginnings_of_words_in_any_order():
    assert has_prefixes(["toko", "makmur"], ["mak", "toko"])
    assert not has_prefixes(["toko", "makmur"], ["oko"])


def test_the_longest_word_chooses_the_part_of_the_index_that_is_read():
    assert choose_prefix(["bu", "makmur"]) == "mak"
