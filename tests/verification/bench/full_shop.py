"""A shop with realistic products: barcodes and long names, so that rows have the size of real ones."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.kit.money import Money
from chalicelib.pricing.save import save_price
from tests.shop import HERE, add_stock, open_shop

GOODS = {
    "8990000000017": "Kopi Robusta Temanggung 500 g Biji Sangrai",
    "8990000000024": "Teh Melati Tubruk Cap Gunung Slamet 250 g",
    "8990000000031": "Gula Aren Organik Kulon Progo Cair 750 ml",
}
THREE_LINES = [(sku, 2) for sku in GOODS]
ADDRESS = {
    "street": "Jl. Raya Darmo Permai Selatan 105, RT 3 RW 5",
    "city": "Surabaya",
    "country": "ID",
    "position": HERE.to_json(),
}


def open_full_shop(units: int = 100_000) -> None:
    open_shop()
    for sku, name in GOODS.items():
        save_product(Product(sku, name, "Minuman", "IDR", barcode=sku, cost_minor=50_000), "test")
        save_price(sku, Money(62_500, "IDR"), (), "test")
        for location in ("wh-surabaya", "store-tunjungan", "van-budi", "van-dewi"):
            add_stock(sku, location, units)


def web_order_details(number: int) -> dict[str, Any]:
    """Return customer, delivery and note of a web order; each number is another customer."""
    customer = {"name": "Sari Wulandari Kusuma", "phone": f"0813{number:08}", "email": f"sari{number}@example.com"}
    return {"customer": customer, "delivery": {"method": "ship", "address": ADDRESS}, "note": "Pagar hijau, bel rusak"}
