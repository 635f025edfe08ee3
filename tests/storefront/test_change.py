"""One product's change makes of a site that stands what a whole build would have made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storefront.build import build
from storefront.change import change
from tests.storefront.build import LEBARAN, a_product, rupiah, settings, some_products

Facts = dict[str, Any]
HOSTILE = "A&\"<b>'=/é"


def bytes_of(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def a_category(count: int) -> list[Facts]:
    return [a_product(f"KOPI-{number}", name=f"Kopi {number}") for number in range(count)]


CHANGES: list[Facts] = [
    {"price": rupiah(59_500)},
    {"was": rupiah(90_000), "promotion": LEBARAN},
    {"available": 0, "locations": []},
    {"description": "Baru disangrai.", "barcode": "8990800000015"},
]


@pytest.mark.parametrize("facts", CHANGES, ids=lambda facts: next(iter(facts)))
@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_a_change_makes_the_same_bytes_as_a_build(tmp_path: Path, count: int, facts: Facts) -> None:
    for place in {0, count // 2, count - 1}:
        before = a_category(count) + some_products()
        after = [product | facts if product["sku"] == f"KOPI-{place}" else product for product in before]
        build(before, settings(), tmp_path / "site")

        assert change(after[place], settings(), tmp_path / "site")

        build(after, settings(), tmp_path / "built")
        assert bytes_of(tmp_path / "site") == bytes_of(tmp_path / "built")


def test_a_change_of_what_has_odd_letters_makes_the_same_bytes_too(tmp_path: Path) -> None:
    odd = [
        a_product(f"{HOSTILE}{number}", name=HOSTILE, category="Kopi & <Teh>", description=HOSTILE) for number in "12"
    ]
    build(odd, settings(), tmp_path / "site")
    changed = [odd[0], odd[1] | {"price": rupiah(1)}]

    assert change(changed[1], settings(), tmp_path / "site")

    build(changed, settings(), tmp_path / "built")
    assert bytes_of(tmp_path / "site") == bytes_of(tmp_path / "built")


def test_nothing_else_is_written(tmp_path: Path) -> None:
    build(a_category(9) + some_products(), settings(), tmp_path / "site")
    before = {file: file.stat().st_ino for file in (tmp_path / "site").rglob("*")}

    assert change(a_category(9)[5] | {"price": rupiah(1)}, settings(), tmp_path / "site")

    moved = {
        file.relative_to(tmp_path / "site").as_posix() for file, inode in before.items() if file.stat().st_ino != inode
    }
    shown = [f"p/KOPI-{number}.html" for number in (1, 2, 3, 4, 5)] + ["index.html", "k/kopi-teh/index.html"]
    assert moved == {prefix + path for prefix in ("", "en/") for path in shown}


@pytest.mark.parametrize(
    "facts",
    [
        {"sku": "BARU-1"},
        {"name": "Aneka Kopi"},
        {"category": "Teh"},
        {"category": ""},
        {"active": False},
        {"price": None},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_what_moves_in_the_lists_is_left_to_a_build(tmp_path: Path, facts: Facts) -> None:
    build(some_products(), settings(), tmp_path / "site")
    before = bytes_of(tmp_path / "site")

    assert not change(some_products()[0] | facts, settings(), tmp_path / "site")

    assert bytes_of(tmp_path / "site") == before


def test_a_change_that_broke_off_is_made_whole_by_the_next(tmp_path: Path) -> None:
    cheaper = [a_category(6)[0] | {"price": rupiah(1)}, *a_category(6)[1:]]
    build(cheaper, settings(), tmp_path / "built")
    build(a_category(6), settings(), tmp_path / "site")
    for reached in ("p/KOPI-0.html", "index.html", "en/k/kopi-teh/index.html"):
        (tmp_path / "site" / reached).write_bytes((tmp_path / "built" / reached).read_bytes())

    assert change(cheaper[0], settings(), tmp_path / "site")

    assert bytes_of(tmp_path / "site") == bytes_of(tmp_path / "built")
