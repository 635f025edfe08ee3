"""What we say, in Indonesian and English. A template sees only the facts it lists: no name, address or number of a
person can slip into a message by way of a new fact. Plain letters throughout: one accent would halve an SMS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

FACTS: dict[str, set[str]] = {
    "placed": {"number", "total", "until", "later", "link"},
    "pay_link": {"number", "total", "link"},
    "new_link": {"number", "link"},
    "paid": {"number", "total", "link"},
    "proof_rejected": {"number", "until", "link"},
    "cancelled": {"number", "link"},
    "expired": {"number", "link"},
    "dispatched": {"number", "bringer", "link"},
    "delivered": {"number", "link"},
    "code": {"code"},
    "offer": {"number", "goods", "kilometers", "until", "link"},
    "yours_now": {"number", "goods", "link"},
    "proof": {"number", "total", "link"},
    "stranded": {"number", "goods", "link"},
    "call": {"number", "link"},
    "unheard": {"number", "link"},
}

# template → language → (subject of an e-mail, text)
WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "placed": {
        "id": (
            "Pesanan {{ number }} kami terima",
            "Pesanan {{ number }} kami terima, total {{ total }}."
            "{% if until %} Mohon transfer sebelum {{ until }}.{% endif %}"
            "{% if later %} Yang belum ada datang {{ later }}.{% endif %} Lihat: {{ link }}",
        ),
        "en": (
            "We have your order {{ number }}",
            "We have your order {{ number }}, total {{ total }}."
            "{% if until %} Please transfer before {{ until }}.{% endif %}"
            "{% if later %} What is not in stock comes on {{ later }}.{% endif %} See: {{ link }}",
        ),
    },
    "pay_link": {
        "id": (
            "Pesanan {{ number }} siap dibayar",
            "Pesanan {{ number }} siap: {{ total }}. Bayar di sini: {{ link }}",
        ),
        "en": ("Order {{ number }} is ready to pay", "Order {{ number }} is ready: {{ total }}. Pay here: {{ link }}"),
    },
    "new_link": {
        "id": (
            "Tautan baru pesanan {{ number }}",
            "Ini tautan baru pesanan {{ number }}; tautan lama tidak berlaku lagi: {{ link }}",
        ),
        "en": (
            "A new link to order {{ number }}",
            "Here is a new link to order {{ number }}; the old one has ended: {{ link }}",
        ),
    },
    "paid": {
        "id": (
            "Pembayaran {{ number }} diterima",
            "Pembayaran {{ total }} untuk pesanan {{ number }} kami terima. Terima kasih! {{ link }}",
        ),
        "en": (
            "Payment for {{ number }} received",
            "We received {{ total }} for order {{ number }}. Thank you! {{ link }}",
        ),
    },
    "proof_rejected": {
        "id": (
            "Bukti transfer {{ number }} belum cocok",
            "Bukti transfer pesanan {{ number }} belum cocok. Mohon kirim lagi"
            "{% if until %} sebelum {{ until }}{% endif %}: {{ link }}",
        ),
        "en": (
            "Your proof for {{ number }} does not match",
            "The proof of transfer for order {{ number }} does not match. Please send it again"
            "{% if until %} before {{ until }}{% endif %}: {{ link }}",
        ),
    },
    "cancelled": {
        "id": ("Pesanan {{ number }} dibatalkan", "Pesanan {{ number }} dibatalkan. {{ link }}"),
        "en": ("Order {{ number }} is cancelled", "Order {{ number }} is cancelled. {{ link }}"),
    },
    "expired": {
        "id": (
            "Pesanan {{ number }} berakhir",
            "Pesanan {{ number }} berakhir karena pembayaran belum kami terima. {{ link }}",
        ),
        "en": ("Order {{ number }} has lapsed", "Order {{ number }} has lapsed: no payment arrived. {{ link }}"),
    },
    "dispatched": {
        "id": (
            "Pesanan {{ number }} dalam perjalanan",
            "Pesanan {{ number }} dalam perjalanan{% if bringer %}, diantar {{ bringer }}{% endif %}. {{ link }}",
        ),
        "en": (
            "Order {{ number }} is on its way",
            "Order {{ number }} is on its way{% if bringer %} with {{ bringer }}{% endif %}. {{ link }}",
        ),
    },
    "delivered": {
        "id": ("Pesanan {{ number }} sudah sampai", "Pesanan {{ number }} sudah sampai. Terima kasih! {{ link }}"),
        "en": ("Order {{ number }} has arrived", "Order {{ number }} has arrived. Thank you! {{ link }}"),
    },
    "code": {
        "id": ("Kode Anda {{ code }}", "Kode Anda {{ code }}. Jangan berikan kepada siapa pun."),
        "en": ("Your code is {{ code }}", "Your code is {{ code }}. Give it to nobody."),
    },
    "offer": {
        "id": (
            "Pesanan {{ number }} di dekat Anda",
            "Pesanan {{ number }}{% if kilometers %} {{ kilometers }} km dari Anda{% endif %}: {{ goods }}. "
            "Ambil sebelum {{ until }}: {{ link }}",
        ),
        "en": (
            "Order {{ number }} near you",
            "Order {{ number }}{% if kilometers %} {{ kilometers }} km from you{% endif %}: {{ goods }}. "
            "Claim before {{ until }}: {{ link }}",
        ),
    },
    "yours_now": {
        "id": ("Kirim pesanan {{ number }}", "Pesanan {{ number }} untuk Anda kirim: {{ goods }}. {{ link }}"),
        "en": ("Ship order {{ number }}", "Order {{ number }} is yours to ship: {{ goods }}. {{ link }}"),
    },
    "proof": {
        "id": ("Periksa transfer {{ number }}", "Bukti transfer {{ number }} ({{ total }}) menunggu. {{ link }}"),
        "en": ("Check transfer {{ number }}", "A proof of transfer waits: {{ number }} ({{ total }}). {{ link }}"),
    },
    "stranded": {
        "id": (
            "Pesanan {{ number }} macet",
            "Tak ada yang bisa mengirim {{ number }}: {{ goods }}. {{ link }}",
        ),
        "en": ("Order {{ number }} is stranded", "Nobody can bring order {{ number }}: {{ goods }}. {{ link }}"),
    },
    "call": {
        "id": (
            "Pelanggan {{ number }} minta ditelepon",
            "Pelanggan pesanan {{ number }} minta ditelepon. Nomornya ada di sini: {{ link }}",
        ),
        "en": (
            "The customer of {{ number }} asks for a call",
            "The customer of order {{ number }} asks for a call. The number is here: {{ link }}",
        ),
    },
    "unheard": {
        "id": ("Belum ada jawaban: {{ number }}", "Belum ada yang menjawab soal pesanan {{ number }}. {{ link }}"),
        "en": ("No answer yet: {{ number }}", "Nobody has answered about order {{ number }}. {{ link }}"),
    },
}

MOST_GOODS = 3  # an SMS has 160 letters and the link needs 50 of them


def said(template: str, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text). A fact the template does not list stays behind; one it lists and nobody gave is empty."""
    allowed = {name: facts.get(name, "") for name in FACTS[template]}
    subject, text = _compiled(template, language if language in WORDS[template] else "id")
    return subject.render(allowed), text.render(allowed)


@cache
def _compiled(template: str, language: str) -> tuple[Any, Any]:
    import jinja2  # here, because most of what runs in this process never says a word

    # Escaping is for pages; these are plain text and an ampersand in a name of goods should stay one.
    made = jinja2.Environment(
        autoescape=jinja2.select_autoescape(default_for_string=False), undefined=jinja2.StrictUndefined
    )
    subject, text = WORDS[template][language]
    return made.from_string(subject), made.from_string(text)


def goods(lines: Iterable[tuple[str, int]]) -> str:
    """`2x Teh Botol, 1x Sabun, +4`: the first few, and how many more."""
    listed = [f"{quantity}x {name}" for name, quantity in lines]
    more = [f"+{len(listed) - MOST_GOODS}"] if len(listed) > MOST_GOODS else []
    return ", ".join(listed[:MOST_GOODS] + more)


def hour(instant: datetime, zone: str, now: datetime) -> str:
    """`16.15` today, `23/11 16.15` on another day, on the clock of the place."""
    there, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    return f"{there:%H.%M}" if there.date() == today else f"{there:%d/%m %H.%M}"


def days(promised: Iterable[str]) -> str:
    """`27/11`, or the first and the last: `27/11-30/11`."""
    ordered = sorted(set(promised))
    ends = dict.fromkeys([ordered[0], ordered[-1]]) if ordered else []
    return "-".join(f"{on[8:]}/{on[5:7]}" for on in ends)


def kilometers(meters: int | None, language: str = "id") -> str:
    """`0,4` in Indonesian, `0.4` in English."""
    text = f"{meters / 1000:.1f}" if meters is not None else ""
    return text if language == "en" else text.replace(".", ",")
