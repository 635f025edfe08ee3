"""What a claim link opens: one small page without a script, for any phone. Opening it changes nothing.

Only the winner sees whom it is for, and only while he has it to bring.
"""

from __future__ import annotations

from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit import clock
from chalicelib.kit.money import format_money, from_json

WORDS = {
    "id": {
        "title": "Tawaran antar",
        "offer": "Pesanan di dekat Anda",
        "yours": "Pesanan ini milik Anda",
        "away": "dari Anda",
        "bring": "Barang dari mobil Anda",
        "cash": "Tagih tunai",
        "with_last": "saat bagian terakhir tiba",
        "no_cash": "Tidak ada tunai yang ditagih",
        "pays_first": "Pembeli membayar dulu lewat transfer; antar setelah lunas.",
        "until": "Ambil sebelum",
        "take": "Ambil pesanan ini",
        "why": "Yang pertama mengambil, dia yang mengantar. Alamat terlihat setelah Anda mengambilnya.",
        "to": "Antar ke",
        "map": "Buka peta",
        "call": "Telepon",
        "note": "Catatan",
        "next": "Tandai berangkat dan sampai di Meja staf",
        "already_claimed": "Sudah diambil rekan Anda. Terima kasih sudah sigap!",
        "warehouse_accepted": "Gudang sudah mengerjakan pesanan ini. Terima kasih!",
        "offer_expired": "Waktu tawaran ini sudah habis.",
        "out_of_stock": "Barangnya tidak lagi lengkap di mobil Anda.",
        "not_invited": "Tawaran ini bukan lagi untuk Anda.",
        "over": "Selesai. Terima kasih!",
        "unknown": "Tautan ini tidak dikenal.",
        "sorry": "Belum berhasil, coba lagi sebentar.",
        "other": ("en", "English"),
    },
    "en": {
        "title": "Delivery offer",
        "offer": "An order near you",
        "yours": "This order is yours",
        "away": "from you",
        "bring": "Goods from your van",
        "cash": "Collect in cash",
        "with_last": "with the last part",
        "no_cash": "No cash to collect",
        "pays_first": "The buyer pays by transfer first; deliver once it is paid.",
        "until": "Claim before",
        "take": "Claim this order",
        "why": "The first to claim delivers. The address is shown once you have claimed.",
        "to": "Deliver to",
        "map": "Open the map",
        "call": "Call",
        "note": "Note",
        "next": "Say at the staff desk when you leave and arrive",
        "already_claimed": "A colleague was faster. Thank you for looking!",
        "warehouse_accepted": "The warehouse has begun with this order. Thank you!",
        "offer_expired": "This offer has ended.",
        "out_of_stock": "Your van no longer carries all of it.",
        "not_invited": "This offer is no longer yours to take.",
        "over": "Done. Thank you!",
        "unknown": "This link is not known.",
        "sorry": "That did not work yet; try again in a moment.",
        "other": ("id", "Bahasa Indonesia"),
    },
}

STYLE = (
    ":root{color-scheme:light dark;--ink:#14213d;--soft:#5c677d;--line:#e3e7ee;--card:#fff;--page:#f3f5f9;--go:#0b7a4b}"
    "@media(prefers-color-scheme:dark){:root{--ink:#eef2f8;--soft:#9aa7bb;--line:#2b3546;--card:#19212e;--page:#0f151f;"
    "--go:#17a56a}}*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);"
    "font:17px/1.5 system-ui,-apple-system,Roboto,sans-serif}main{max-width:27rem;margin:0 auto;padding:1rem}"
    ".top{display:flex;justify-content:space-between;align-items:baseline;color:var(--soft);font-size:.85rem;"
    "padding:0 .2rem}.top a{padding:.85rem 0}a{color:inherit}"
    ".card{background:var(--card);border-radius:1rem;padding:1.2rem;"
    "box-shadow:0 1px 3px #0002}h1{font-size:1.25rem;line-height:1.25;margin:0 0 .9rem}"
    ".far{font-size:2.6rem;font-weight:700;letter-spacing:-.02em;line-height:1}.far small{font-size:1rem;"
    "font-weight:400;color:var(--soft);letter-spacing:0}h2{font-size:.8rem;font-weight:600;color:var(--soft);"
    "margin:1.1rem 0 .2rem}ul{list-style:none;margin:0;padding:0}li{display:flex;gap:.7rem;padding:.45rem 0;"
    "border-bottom:1px solid var(--line)}li b{min-width:2.4rem}p{margin:.2rem 0}.big{font-size:1.35rem;font-weight:700}"
    "button,.go{display:block;width:100%;margin-top:1.2rem;padding:1rem;border:0;border-radius:.8rem;"
    "background:var(--go);color:#fff;font:inherit;font-weight:700;font-size:1.1rem;text-align:center;"
    "text-decoration:none;cursor:pointer}.go.second{background:none;color:var(--ink);border:1px solid var(--line);"
    "margin-top:.6rem}button:focus-visible,a:focus-visible{outline:3px solid #f6a623;outline-offset:2px}"
    ".soft{color:var(--soft);font-size:.9rem;margin-top:.8rem}"
    ".closed{font-size:1.15rem;text-align:center;padding:1.6rem 0}"
)


def offer_page(token: str, offer: dict[str, Any], lang: str, zone: str, refusal: str = "") -> str:
    say = WORDS[lang]
    status = refusal or offer["status"]
    if status == "claimed_by_you":
        inner = _his(offer["fulfillment"], say)
    elif status == "open":
        inner = _open(token, offer, say, lang, zone)
    else:
        inner = f"<p class=closed>{_e(say.get(status, say['sorry']))}</p>"
    return _page(inner, lang, offer["number"])


def unknown_page(lang: str) -> str:
    return _page(f"<p class=closed>{_e(WORDS[lang]['unknown'])}</p>", lang, "")


def _open(token: str, offer: dict[str, Any], say: dict[str, Any], lang: str, zone: str) -> str:
    action = f"{_e(token)}/claim" + ("?lang=en" if lang == "en" else "")
    return (
        f"<h1>{say['offer']}</h1><p class=far>{_kilometers(offer['distance_meters'], lang)} "
        f"<small>{say['away']}</small></p>{_goods(offer, say)}{_cash(offer, say)}"
        f"<h2>{say['until']}</h2><p class=big>{_hour(offer['expires_at'], zone)}</p>"
        f"<form method=post action='{action}'><button>{say['take']}</button></form><p class=soft>{say['why']}</p>"
    )


def _his(work: dict[str, Any], say: dict[str, Any]) -> str:
    if "address" not in work:
        return f"<p class=closed>{say['over']}</p>"
    customer, address = work["customer"] or {}, work["address"] or {}
    lines = [customer.get("name"), *(address.get(name) for name in ("street", "city", "postcode"))]
    where = "<br>".join(_e(line) for line in lines if line)
    note = f"<h2>{say['note']}</h2><p>{_e(work['note'])}</p>" if work["note"] else ""
    return (
        f"<h1>{say['yours']}</h1><h2>{say['to']}</h2><p class=big>{where}</p>{note}{_goods(work, say)}"
        f"{_cash(work, say)}{_map(work, say)}{_call(customer, say)}"
        f"<a class='go second' href=/desk/#/work>{say['next']}</a>"
    )


def _goods(of: dict[str, Any], say: dict[str, Any]) -> str:
    items = "".join(f"<li><b>{line['quantity']} ×</b><span>{_e(line['name'])}</span></li>" for line in of["lines"])
    return f"<h2>{say['bring']}</h2><ul>{items}</ul>"


def _cash(of: dict[str, Any], say: dict[str, Any]) -> str:
    due = from_json(of["cash_to_collect"])
    if due:
        with_last = f"<p class=soft>{say['with_last']}</p>" if of.get("cash_with_last") else ""
        return f"<h2>{say['cash']}</h2><p class=big>{format_money(due)}</p>{with_last}"
    return f"<p class=soft>{say['pays_first'] if of.get('pays_first') else say['no_cash']}</p>"


def _map(work: dict[str, Any], say: dict[str, Any]) -> str:
    point = work.get("position")
    if not point:
        return ""
    return (
        f"<a class=go href='https://maps.google.com/?q={point['lat']},{point['lon']}' rel=noreferrer>{say['map']}</a>"
    )


def _call(customer: dict[str, Any], say: dict[str, Any]) -> str:
    phone = "".join(sign for sign in customer.get("phone", "") if sign.isdigit() or sign == "+")
    return f"<a class='go second' href='tel:{_e(phone)}'>{say['call']}</a>" if phone else ""


def _page(inner: str, lang: str, number: str) -> str:
    say = WORDS[lang]
    code, name = say["other"]
    return (
        f"<!doctype html><html lang={lang}><head><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width,initial-scale=1'><meta name=robots content=noindex>"
        f"<title>{say['title']} {_e(number)}</title><style>{STYLE}</style></head><body><main><div class=top>"
        f"<span>Satukanal {_e(number)}</span><a href='?lang={code}' lang={code}>{name}</a></div>"
        f"<div class=card>{inner}</div></main></body></html>"
    )


def _kilometers(meters: int, lang: str) -> str:
    if meters < 950:
        return f"{max(50, round(meters / 50) * 50)} m"
    text = f"{meters / 1000:.1f} km"
    return text.replace(".", ",") if lang == "id" else text


ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}


def _hour(instant: str, zone: str) -> str:
    local = clock.parse(instant).astimezone(ZoneInfo(zone))
    return f"{local:%H.%M} {ZONES.get(zone, '')}".strip()


def _e(text: Any) -> str:
    return escape(str(text), quote=True)
