"""An update of one product gives the same site as a full build."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from storefront.build import build
from storefront.update_product import update_product
from tests.storefront.build import LEBARAN, a_product, rupiah, settings, some_products
from tests.verification.sampling import mark_cases

Facts = dict[str, Any]
HOSTILE = "A&\"<b>'=/é"


def read_files(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def a_category(count: int) -> list[Facts]:
    return [
        a_product(f"TUBRUK-{number}", name=f"Tubruk {number}", category="Tubruk", price=rupiah(9_000 + number))
        for number in range(count)
    ]


CHANGES: dict[str, Facts] = {
    "price": {"price": rupiah(59_500)},
    "promotion": {"was": rupiah(90_000), "promotion": LEBARAN},
    "sold out": {"available": 0, "locations": []},
    "description": {"description": "Baru disangrai.", "barcode": "8990800000015"},
    "first by name": {"name": "Aneka Kopi"},
    "last by name": {"name": "Zamrud"},
    "another category": {"category": "Beras & Tepung"},
    "a new category": {"category": "Teh"},
    "another spelling of its category": {"category": "Kopi  Teh"},
    "no category": {"category": ""},
    "taken off": {"active": False},
    "no price": {"price": None},
    "for the counter only": {"channels": ["pos"]},
}


@pytest.mark.parametrize("facts", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("count", mark_cases([1, 2, 3, 5, 9], lambda count: count in (1, 5, 9)))
def test_a_change_makes_the_same_bytes_as_a_build(tmp_path: Path, count: int, facts: Facts) -> None:
    for place in {0, count // 2, count - 1}:
        before = a_category(count) + some_products()
        after = [product | facts if product["sku"] == f"TUBRUK-{place}" else product for product in before]
        build(before, settings(), tmp_path / "site")

        assert update_product(after[place], settings(), tmp_path / "site")

        build(after, settings(), tmp_path / "built")
        assert read_files(tmp_path / "site") == read_files(tmp_path / "built")


def test_a_change_of_a_product_with_special_characters_makes_the_same_bytes_too(tmp_path: Path) -> None:
    odd = [
        a_product(f"{HOSTILE}{number}", name=HOSTILE, category="Kopi & <Teh>", description=HOSTILE) for number in "12"
    ]
    build(odd, settings(), tmp_path / "site")
    changed = [odd[0], odd[1] | {"price": rupiah(1)}]

    assert update_product(changed[1], settings(), tmp_path / "site")

    build(changed, settings(), tmp_path / "built")
    assert read_files(tmp_path / "site") == read_files(tmp_path / "built")


def test_only_affected_files_are_written(tmp_path: Path) -> None:
    build(a_category(9) + some_products(), settings(), tmp_path / "site")
    before = {file: file.stat().st_ino for file in (tmp_path / "site").rglob("*")}

    assert update_product(a_category(9)[5] | {"price": rupiah(1)}, settings(), tmp_path / "site")

    replaced = {
        file.relative_to(tmp_path / "site").as_posix() for file, inode in before.items() if file.stat().st_ino != inode
    }
    shown = [f"p/TUBRUK-{number}.html" for number in (1, 2, 3, 4, 5)] + ["index.html", "k/tubruk/index.html"]
    assert replaced == {prefix + path for prefix in ("", "en/") for path in shown}


@pytest.mark.parametrize("facts", CHANGES.values(), ids=CHANGES)
def test_a_change_and_its_opposite_leave_the_site_as_it_was(tmp_path: Path, facts: Facts) -> None:
    build(a_category(6) + some_products(), settings(), tmp_path / "site")
    before = read_files(tmp_path / "site")

    assert update_product(a_category(6)[2] | facts, settings(), tmp_path / "site")
    changed = read_files(tmp_path / "site")
    assert update_product(a_category(6)[2], settings(), tmp_path / "site")

    assert changed != before
    assert read_files(tmp_path / "site") == before


def test_many_changes_after_each_other_make_the_same_bytes_as_a_build(tmp_path: Path) -> None:
    goods = {product["sku"]: product for product in a_category(6) + some_products()}
    build(goods.values(), settings(), tmp_path / "site")

    for sku, facts in zip(list(goods) * 3, list(CHANGES.values()) * 4):
        goods[sku] = goods[sku] | facts
        assert update_product(goods[sku], settings(), tmp_path / "site")
    goods["NEW-1"] = a_product("NEW-1", name="Kopi Baru", category="Paling Baru")
    assert update_product(goods["NEW-1"], settings(), tmp_path / "site")

    build(goods.values(), settings(), tmp_path / "built")
    assert read_files(tmp_path / "site") == read_files(tmp_path / "built")


def test_a_change_that_no_page_shows_writes_nothing(tmp_path: Path) -> None:
    build(some_products(), settings(), tmp_path / "site")
    before = {file: file.stat().st_ino for file in (tmp_path / "site").rglob("*")}

    assert update_product(some_products()[0] | {"available": 11}, settings(), tmp_path / "site")
    assert update_product(a_product("NOT-HERE", active=False), settings(), tmp_path / "site")

    assert {file: file.stat().st_ino for file in (tmp_path / "site").rglob("*")} == before


def test_only_its_own_pages_depend_on_a_description(tmp_path: Path) -> None:
    build(some_products(), settings(), tmp_path / "site")
    before = read_files(tmp_path / "site")

    assert update_product(some_products()[0] | {"description": "Baru disangrai."}, settings(), tmp_path / "site")

    after = read_files(tmp_path / "site")
    assert {path for path in after if after[path] != before[path]} == {"p/KOPI-01.html", "en/p/KOPI-01.html"}


@pytest.mark.parametrize("facts", [{"methods": ["cod"]}, {"base_url": "https://other.example"}], ids=str)
def test_changed_settings_need_a_full_build(tmp_path: Path, facts: Facts) -> None:
    build(some_products(), settings(), tmp_path / "site")
    before = read_files(tmp_path / "site")

    assert not update_product(some_products()[0] | {"price": rupiah(1)}, settings(**facts), tmp_path / "site")

    assert read_files(tmp_path / "site") == before


def test_a_manifest_of_another_build_needs_a_full_build(tmp_path: Path) -> None:
    build(some_products(), settings(), tmp_path / "site")
    manifest = (tmp_path / "site.facts").read_bytes()
    build(some_products()[1:], settings(), tmp_path / "site")
    (tmp_path / "site.facts").write_bytes(manifest)

    assert not update_product(some_products()[1] | {"price": rupiah(1)}, settings(), tmp_path / "site")

    (tmp_path / "site.facts").unlink()
    assert not update_product(some_products()[1] | {"price": rupiah(1)}, settings(), tmp_path / "site")


def test_an_interrupted_change_is_completed_by_the_next(tmp_path: Path) -> None:
    cheaper = [a_category(6)[0] | {"price": rupiah(1)}, *a_category(6)[1:]]
    build(cheaper, settings(), tmp_path / "built")
    build(a_category(6), settings(), tmp_path / "site")
    for reached in ("p/TUBRUK-0.html", "index.html", "en/k/tubruk/index.html"):
        (tmp_path / "site" / reached).write_bytes((tmp_path / "built" / reached).read_bytes())

    assert update_product(cheaper[0], settings(), tmp_path / "site")

    assert read_files(tmp_path / "site") == read_files(tmp_path / "built")


@pytest.mark.parametrize("written", range(1, 7))
def test_an_interrupted_change_is_followed_by_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    before = a_category(3)
    site = tmp_path / "site"
    build(before, settings(), site)
    replace_file, left = os.replace, iter(range(written))

    def fail_at_last(source: str, target: str) -> None:
        if next(left) == written - 1:
            raise OSError("interrupted")
        replace_file(source, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="interrupted"):
        patch.setattr(os, "replace", fail_at_last)
        update_product(before[0] | {"price": rupiah(1)}, settings(), site)

    assert update_product(before[0], settings(), site) is False


@pytest.mark.parametrize("damage", [b"", b"no database at all, but longer than a header"])
def test_a_damaged_manifest_needs_a_full_build(tmp_path: Path, damage: bytes) -> None:
    build(a_category(1), settings(), tmp_path / "site")
    (tmp_path / "site.facts").write_bytes(damage)

    assert update_product(a_category(1)[0], settings(), tmp_path / "site") is False
