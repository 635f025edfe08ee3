"""What strangers write is shown to staff: two hundred texts through every page, and no element, attribute or script
more than a plain name would make."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from chalicelib.fulfillment.store import link_token, load_case
from chalicelib.notify import words
from storefront.build import build
from tests.client import call
from tests.fulfillment.build import listen
from tests.shop import HERE, an_order
from tests.storefront.build import LEBARAN, a_product, rupiah, settings
from tests.verification.attacks.acts import done, heard
from tests.verification.attacks.ground import Ground
from tests.verification.attacks.payloads import HARMLESS, PAYLOADS, bones
from tests.verification.endpoints.world import BUDI, RATNA, TEA


def an_order_of(ground: Ground, text: str) -> str:
    """Whose every free field says `text`."""
    address = {"street": text, "city": text, "position": HERE.as_json()}
    said = {"customer": {"name": text, "phone": "081299887766"}, "note": text}
    body = an_order((TEA, 1), delivery={"method": "ship", "address": address}, **said)
    order = str(done(ground, "POST", "/orders", body)["id"])
    listen(order)
    return order


def claim_page(ground: Ground, text: str) -> tuple[str, str]:
    """What the link shows before the claim, and to the winner with name, address and note."""
    order = an_order_of(ground, text)
    offer = load_case(order).offers[-1].id
    link = link_token(offer, BUDI)
    before = call("GET", f"/o/{link}").text
    done(ground, "POST", f"/offers/{offer}/claim", by=BUDI)
    return before, call("GET", f"/o/{link}").text


def test_a_claim_page_stays_what_it_is_whatever_a_stranger_wrote(ground: Ground) -> None:
    """PrestaShop CVE-2026-44212: what a visitor wrote into a form ran in the back office. Saleor CVE-2026-22849."""
    plain = [bones(page) for page in claim_page(ground, HARMLESS)]

    for text in PAYLOADS:
        ground.again()
        pages = claim_page(ground, text)

        assert [bones(page) for page in pages] == plain, text
        assert "<script" not in "".join(pages).lower()
    assert HARMLESS in claim_page(ground, HARMLESS)[1]


def test_what_goods_are_called_is_text_on_a_claim_page(ground: Ground) -> None:
    """Of the kind of Saleor CVE-2026-22849: names of goods come from imports and suppliers."""
    pages = []
    for text in [HARMLESS, *PAYLOADS[::10]]:
        ground.again()
        done(ground, "PUT", f"/catalog/products/{TEA}", {"name": text, "category": text}, by=RATNA)
        pages.append([bones(page) for page in claim_page(ground, HARMLESS)])

    assert all(page == pages[0] for page in pages)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("template", words.FACTS)
def test_a_fact_in_a_message_is_never_a_template(template: str, language: str) -> None:
    """Bagisto GHSA-5j4h-4f72-qpm6: the text of an order was run as a template."""
    for text in PAYLOADS:
        facts = dict.fromkeys(words.FACTS[template], text)
        subject, said = words.render_message(template, language, facts)

        assert "49" not in (subject + said).replace(text, "")
        assert text in subject + said


def test_a_message_about_an_order_repeats_nothing_that_a_stranger_wrote(ground: Ground) -> None:
    for text in PAYLOADS[::10]:
        ground.again()
        order = an_order_of(ground, text)

        heard(ground, f"order#{order}", "OrderPlaced")

        assert ground.sent
        assert not [said for _, said in ground.sent if text in said]  # it speaks of numbers and of a link alone


def goods(texts: list[str]) -> list[dict[str, Any]]:
    terms = [LEBARAN | {"name": text, "terms": {"id": text, "en": text}} for text in texts]
    return [
        a_product(
            f"SKU-{number:03}", name=text, description=text, barcode=text[:40], was=rupiah(72_500), promotion=each
        )
        for number, (text, each) in enumerate(zip(texts, terms))
    ]


def shop_called(text: str) -> dict[str, Any]:
    places = {place: said | {"name": text, "address": text} for place, said in settings()["locations"].items()}
    return settings(shop={"name": text}, locations=places)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same shop twice: called by harmless names, and by two hundred others."""
    made = tmp_path_factory.mktemp("sites")
    build(goods([HARMLESS] * len(PAYLOADS)), shop_called(HARMLESS), made / "plain")
    build(goods(PAYLOADS), shop_called(PAYLOADS[1]), made / "hostile")
    return made / "plain", made / "hostile"


def test_every_page_of_the_shop_stays_what_it_is_whatever_goods_are_called(sites: tuple[Path, Path]) -> None:
    """Saleor CVE-2026-22849 again, on the pages that are built."""
    plain, hostile = sites
    pages = sorted(file.relative_to(plain) for file in plain.rglob("*.html"))
    shown = {page.as_posix(): page for page in pages if (hostile / page).exists()}

    assert len(shown) > len(PAYLOADS)
    for page in shown.values():
        assert bones((hostile / page).read_text()) == bones((plain / page).read_text()), page


def test_pictures_and_maps_of_the_shop_are_still_well_made(sites: tuple[Path, Path]) -> None:
    """An SVG is a page too: one with a script in its name would run it."""
    plain, hostile = sites
    for file in [*plain.rglob("*.svg"), *plain.rglob("*.xml")]:
        there = hostile / file.relative_to(plain)
        if there.exists():
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(there.read_text()).iter()}
            assert not tags & {"script", "foreignObject", "image", "use", "a", "animate"}, there


def test_there_are_two_hundred_of_them() -> None:
    assert len(set(PAYLOADS)) == 200
