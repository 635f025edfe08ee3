"""Stored XSS: two hundred payloads on every page add no element, attribute or script to it."""

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


def place_order_with_text(shop: MemoryShop, text: str) -> str:
    """Place an order with `text` in every free-text field."""
    address = {"street": text, "city": text, "position": HERE.to_json()}
    fields = {"customer": {"name": text, "phone": "081299887766"}, "note": text}
    body = an_order((TEA, 1), delivery={"method": "ship", "address": address}, **fields)
    order = str(send_ok(shop, "POST", "/orders", body)["id"])
    deliver_events(order)
    return order


def claim_page(shop: MemoryShop, text: str) -> tuple[str, str]:
    """Return the claim page before the claim, and after it with name, address and note."""
    order = place_order_with_text(shop, text)
    offer = load_fulfillment_of_order(order).offers[-1].id
    link = build_link_token(offer, BUDI)
    before = call("GET", f"/o/{link}").text
    send_ok(shop, "POST", f"/offers/{offer}/claim", by=BUDI)
    return before, call("GET", f"/o/{link}").text


def test_customer_texts_do_not_change_the_structure_of_a_claim_page(shop: MemoryShop) -> None:
    """PrestaShop CVE-2026-44212, Saleor CVE-2026-22849: a visitor's form input was executed in the back office."""
    plain = [parse_structure(page) for page in claim_page(shop, HARMLESS)]

    for text in PAYLOADS:
        shop.reset()
        pages = claim_page(shop, text)

        assert [parse_structure(page) for page in pages] == plain, text
        assert "<script" not in "".join(pages).lower()
    assert HARMLESS in claim_page(shop, HARMLESS)[1]


def test_product_names_do_not_change_the_structure_of_a_claim_page(shop: MemoryShop) -> None:
    """Like Saleor CVE-2026-22849: product names come from imports and suppliers."""
    pages = []
    for text in [HARMLESS, *PAYLOADS[::10]]:
        shop.reset()
        send_ok(shop, "PUT", f"/catalog/products/{TEA}", {"name": text, "category": text}, by=RATNA)
        pages.append([parse_structure(page) for page in claim_page(shop, HARMLESS)])

    assert all(page == pages[0] for page in pages)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("template", message_templates.TEMPLATE_FACTS)
def test_a_fact_in_a_message_is_never_a_template(template: str, language: str) -> None:
    """Bagisto GHSA-5j4h-4f72-qpm6: the text of an order was rendered as a template."""
    for text in PAYLOADS:
        facts = dict.fromkeys(message_templates.TEMPLATE_FACTS[template], text)
        subject, body = message_templates.render_message(template, language, facts)

        assert "49" not in (subject + body).replace(text, "")
        assert text in subject + body


def test_a_message_about_an_order_contains_no_customer_text(shop: MemoryShop) -> None:
    for text in PAYLOADS[::10]:
        shop.reset()
        order = place_order_with_text(shop, text)

        deliver_notices(shop, f"order#{order}", "OrderPlaced")

        assert shop.messages
        assert not [message for _, message in shop.messages if text in message]  # only numbers and a link


def products_named(texts: list[str]) -> list[dict[str, Any]]:
    promotions = [LEBARAN | {"name": text, "terms": {"id": text, "en": text}} for text in texts]
    return [
        a_product(
            f"SKU-{number:03}", name=text, description=text, barcode=text[:40], was=rupiah(72_500), promotion=promotion
        )
        for number, (text, promotion) in enumerate(zip(texts, promotions))
    ]


def shop_settings_named(text: str) -> dict[str, Any]:
    locations = {id: location | {"name": text, "address": text} for id, location in settings()["locations"].items()}
    return settings(shop={"name": text}, locations=locations)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two builds of one shop: with harmless names, and with payloads as names."""
    folder = tmp_path_factory.mktemp("sites")
    build(products_named([HARMLESS] * len(PAYLOADS)), shop_settings_named(HARMLESS), folder / "plain")
    build(products_named(PAYLOADS), shop_settings_named(PAYLOADS[1]), folder / "hostile")
    return folder / "plain", folder / "hostile"


def test_product_names_do_not_change_the_structure_of_shop_pages(sites: tuple[Path, Path]) -> None:
    """Saleor CVE-2026-22849, for the static pages."""
    plain, hostile = sites
    pages = sorted(file.relative_to(plain) for file in plain.rglob("*.html"))
    shown = {page.as_posix(): page for page in pages if (hostile / page).exists()}

    assert len(shown) > len(PAYLOADS)
    for page in shown.values():
        assert parse_structure((hostile / page).read_text()) == parse_structure((plain / page).read_text()), page


def test_images_and_sitemap_stay_well_formed(sites: tuple[Path, Path]) -> None:
    """An SVG may contain scripts like a page."""
    plain, hostile = sites
    for file in [*plain.rglob("*.svg"), *plain.rglob("*.xml")]:
        counterpart = hostile / file.relative_to(plain)
        if counterpart.exists():
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(counterpart.read_text()).iter()}
            assert not tags & {"script", "foreignObject", "image", "use", "a", "animate"}, counterpart


def test_there_are_two_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) == 200
