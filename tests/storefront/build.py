"""Sample arguments of `storefront.build.build`: products and settings as plain dicts."""

from __future__ import annotations

from typing import Any


def rupiah(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "IDR"}


def a_product(sku: str = "KOPI-01", **facts: Any) -> dict[str, Any]:
    """Return a product, by default a pouch of coffee; `facts` replace its fields."""
    plain = {"name": "Kopi Gayo 200 g", "category": "Kopi & Teh", "description": "", "barcode": "", "channels": []}
    plain |= {"active": True, "price": rupiah(58_000), "was": None, "promotion": None, "available": 12}
    return {"sku": sku} | plain | {"locations": [{"location": "wh-rungkut", "available": 12}]} | facts


def settings(**facts: Any) -> dict[str, Any]:
    places = {
        "wh-rungkut": {"name": "Gudang Rungkut", "kind": "warehouse", "address": "", "hours": ""},
        "st-darmo": {"name": "Toko Darmo", "kind": "store", "address": "Jl. Raya Darmo 12", "hours": "09.00-21.00"},
        "st-kenjeran": {"name": "Toko Kenjeran", "kind": "store", "address": "Jl. Kenjeran 88", "hours": ""},
    }
    plain = {"shop": {"name": "Toko Kanal", "phone": "+6281252000104"}, "base_url": "https://shop.example"}
    plain |= {"currency": "IDR", "country": "ID"}
    plain |= {"zone": "Asia/Jakarta", "built_at": "2026-11-22T02:00:00.000Z", "built_text": "22 Nov 2026"}
    return plain | {"locations": places, "methods": ["transfer", "cod"]} | facts


LEBARAN = {
    "name": "Diskon Lebaran",
    "ends_at": "2026-12-31T16:59:59.000Z",
    "terms": {"id": "Selama persediaan ada.", "en": "While stock lasts."},
}


def some_products() -> list[dict[str, Any]]:
    """Return twelve products in seven categories, with a promotion and with scarce and sold-out ones."""
    cheaper = {"was": rupiah(72_500), "promotion": LEBARAN}
    two_locations = [{"location": "wh-rungkut", "available": 8}, {"location": "st-darmo", "available": 4}]
    about = "Biji arabika dataran tinggi Gayo, sangrai sedang. Aroma cokelat dan rempah, cocok untuk tubruk."
    return [
        a_product("KOPI-01", **cheaper, locations=two_locations, description=about, barcode="8990800000015"),
        a_product("KOPI-02", name="Kopi Toraja Bubuk 250 g", price=rupiah(64_000)),
        a_product("TEH-01", name="Teh Melati Celup 25", price=rupiah(14_500), available=3),
        a_product("TEH-02", name="Teh Hijau Pegunungan", price=rupiah(22_000), available=0, locations=[]),
        a_product("BRS-01", name="Beras Pandan Wangi 5 kg", category="Beras & Tepung", price=rupiah(89_000)),
        a_product("TPG-01", name="Tepung Terigu 1 kg", category="Beras & Tepung", price=rupiah(13_500)),
        a_product(
            "SBL-01", name="Sambal Bawang Ibu Ratih", category="Bumbu & Sambal", price=rupiah(27_500), available=2
        ),
        a_product("KCP-01", name="Kecap Manis Cap Perahu 600 ml", category="Bumbu & Sambal", price=rupiah(24_900)),
        a_product("SBN-01", name="Sabun Mandi Sereh", category="Sabun & Mandi", price=rupiah(9_800)),
        a_product("PEL-01", name="Pembersih Lantai Jeruk", category="Kebersihan", price=rupiah(19_500)),
        a_product("BSK-01", name="Biskuit Kelapa Kaleng", category="Camilan & Kue", price=rupiah(46_000)),
        a_product("KRP-01", name="Keripik Tempe Renyah", category="Camilan & Kue", price=rupiah(17_000)),
    ]
