"""What strangers write is shown to staff: two hundred texts through every page, and no element, attribute or script
more than a plain name would make."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from chalicelib.fulfillment.store import build_link_token, load_fulfillment_of_order
from chalicelib.notify import message_templates
from storefront.build import build
from tests.client import call
from tests.fulfillment.build import deliver_events
from tests.shop import HERE, an_order
from tests.storefront.build import LEBARAN, a_product, rupiah, settings
from tests.verification.attacks.actions import deliver_notices, send_ok
from tests.verification.attacks.memory_shop import MemoryShop
from tests.verification.attacks.payloads import HARMLESS, PAYLOADS, parse_structure
from tests.verification.endpoints.sample_shop import BUDI, RATNA, TEA


def place_order_with_text(ground: MemoryShop, text: str) -> str:
    """Whose every free field says `text`."""
    address = {"street": text, "city": text, "position": HERE.to_json()}
    said = {"customer": {"name": text, "phone": "081299887766"}, "note": text}
    body = an_order((TEA, 1), delivery={"method": "ship", "address": address}, **said)
    order = str(send_ok(ground, "POST", "/orders", body)["id"])
    deliver_events(order)
    return order


def claim_page(ground: MemoryShop, text: str) -> tuple[str, str]:
    """What the link shows before the claim, and to the winner with name, address and note."""
    order = place_order_with_text(ground, text)
    offer = load_fulfillment_of_order(order).offers[-1].id
    link = build_link_token(offer, BUDI)
    before = call("GET", f"/o/{link}").text
    send_ok(ground, "POST", f"/offers/{offer}/claim", by=BUDI)
    return before, call("GET", f"/o/{link}").text


def test_customer_texts_do_not_change_the_structure_of_a_claim_page(shop: MemoryShop) -> None:
    """PrestaShop CVE-2026-44212: what a visitor wrote into a form ran in the back office. Saleor CVE-2026-22849."""
    plain = [parse_structure(page) for page in claim_page(shop, HARMLESS)]

    for text in PAYLOADS:
        shop.reset()
        pages = claim_page(shop, text)

        assert [parse_structure(page) for page in pages] == plain, text
        assert "<script" not in "".join(pages).lower()
    assert HARMLESS in claim_page(shop, HARMLESS)[1]


def test_product_names_do_not_change_the_structure_of_a_claim_page(shop: MemoryShop) -> None:
    """Of the kind of Saleor CVE-2026-22849: names of goods come from imports and suppliers."""
    pages = []
    for text in [HARMLESS, *PAYLOADS[::10]]:
        shop.reset()
        send_ok(shop, "PUT", f"/catalog/products/{TEA}", {"name": text, "category": text}, by=RATNA)
        pages.append([parse_structure(page) for page in claim_page(shop, HARMLESS)])

    assert all(page == pages[0] for page in pages)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("template", message_templates.TEMPLATE_FACTS)
def test_a_fact_in_a_message_is_never_a_template(template: str, language: str) -> None:
    """Bagisto GHSA-5j4h-4f72-qpm6: the text of an order was run as a template."""
    for text in PAYLOADS:
        facts = dict.fromkeys(message_templates.TEMPLATE_FACTS[template], text)
        subject, said = message_templates.render_message(template, language, facts)

        assert "49" not in (subject + said).replace(text, "")
        assert text in subject + said


def test_a_message_about_an_order_contains_no_customer_text(shop: MemoryShop) -> None:
    for text in PAYLOADS[::10]:
        shop.reset()
        order = place_order_with_text(shop, text)

        deliver_notices(shop, f"order#{order}", "OrderPlaced")

        assert shop.messages
        assert not [said for _, said in shop.messages if text in said]  # it speaks of numbers and of a link alone


def products_named(texts: list[str]) -> list[dict[str, Any]]:
    terms = [LEBARAN | {"name": text, "terms": {"id": text, "en": text}} for text in texts]
    return [
        a_product(
            f"SKU-{number:03}", name=text, description=text, barcode=text[:40], was=rupiah(72_500), promotion=each
        )
        for number, (text, each) in enumerate(zip(texts, terms))
    ]


def shop_settings_named(text: str) -> dict[str, Any]:
    places = {place: said | {"name": text, "address": text} for place, said in settings()["locations"].items()}
    return settings(shop={"name": text}, locations=places)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same shop twice: called by harmless names, and by two hundred others."""
    made = tmp_path_factory.mktemp("sites")
    build(products_named([HARMLESS] * len(PAYLOADS)), shop_settings_named(HARMLESS), made / "plain")
    build(products_named(PAYLOADS), shop_settings_named(PAYLOADS[1]), made / "hostile")
    return made / "plain", made / "hostile"


def test_product_names_do_not_change_the_structure_of_shop_pages(sites: tuple[Path, Path]) -> None:
    """Saleor CVE-2026-22849 again, on the pages that are built."""
    plain, hostile = sites
    pages = sorted(file.relative_to(plain) for file in plain.rglob("*.html"))
    shown = {page.as_posix(): page for page in pages if (hostile / page).exists()}

    assert len(shown) > len(PAYLOADS)
    for page in shown.values():
        assert parse_structure((hostile / page).read_text()) == parse_structure((plain / page).read_text()), page


def test_images_and_sitemap_stay_well_formed(sites: tuple[Path, Path]) -> None:
    """An SVG is a page too: one with a script in its name would run it."""
    plain, hostile = sites
    for file in [*plain.rglob("*.svg"), *plain.rglob("*.xml")]:
        there = hostile / file.relative_to(plain)
        if there.exists():
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(there.read_text()).iter()}
            assert not tags & {"script", "foreignObject", "image", "use", "a", "animate"}, there


def test_there_are_two_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) == 200
