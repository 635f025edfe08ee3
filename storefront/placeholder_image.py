"""Draw a placeholder image for each product: an SVG of a pack, its shape by name or category, its colors by SKU.

The demo products do not exist, so there are no photographs of them.
"""

from __future__ import annotations

import textwrap
import zlib
from html import escape

# Colors of background, sun, pack, shaded side and label text.
PALETTES = [
    ("#e3f1ef", "#c6e2de", "#0d6b66", "#09504c", "#0b4f4b"),
    ("#fff3d6", "#ffe3a3", "#e8a317", "#c07f05", "#6b4600"),
    ("#fde8e1", "#f9cdbf", "#d1543a", "#a83c25", "#7c2412"),
    ("#e7edfa", "#cbd8f4", "#3c61b4", "#2b478a", "#233a72"),
    ("#edf4e0", "#d6e7b8", "#6b9434", "#4d6f22", "#37541a"),
    ("#f5e8f3", "#e6c9e1", "#96457f", "#712f5f", "#5c234c"),
]
# The shape of the pack by an Indonesian or English word in the product's name or category.
SHAPE_BY_KEYWORD = {
    "bihun": "pouch", "soun": "pouch", "sagu": "pouch", "garam": "pouch", "saringan": "box", "wedang": "box",
    "susu kental": "tin", "kecap": "bottle", "santan": "carton", "terasi": "box", "bumbu rawon": "pouch",
    "sabun cuci": "bottle", "deterjen": "pouch", "sampo": "bottle", "pasta gigi": "tube", "tisu": "box", "lampu": "box",
    "baterai": "box", "kompor": "box", "gula aren": "box", "sirop": "bottle", "jus": "carton", "dodol": "box",
    "kopi": "pouch", "coffee": "pouch", "teh": "box", "tea": "box", "minum": "bottle", "drink": "bottle",
    "susu": "carton", "milk": "carton", "beras": "sack", "rice": "sack", "tepung": "sack", "gula": "sack",
    "minyak": "bottle", "bumbu": "jar", "sambal": "jar", "saus": "bottle", "camil": "pouch", "snack": "pouch",
    "kue": "tin", "biskuit": "tin", "mi ": "pouch", "mie": "pouch", "noodle": "pouch", "sabun": "bar", "mandi": "bar",
    "bersih": "spray", "clean": "spray", "rawat": "tube", "care": "tube", "cantik": "tube", "bayi": "jar",
    "elektron": "box", "alat": "box", "tulis": "box", "rumah": "tin", "dapur": "tin", "madu": "jar", "jamu": "bottle",
    "kaleng": "tin", "roti": "pouch", "sehat": "box",
}  # fmt: skip
FALLBACK_SHAPES = ("pouch", "box", "jar", "tin", "bottle", "carton")


def draw_placeholder_image(sku: str, name: str, category: str) -> str:
    ground, sun, pack, shade, ink = PALETTES[zlib.crc32(sku.encode()) % len(PALETTES)]
    shape = SVG_BY_SHAPE[choose_shape(name, category)].format(pack=pack, shade=shade, ground=ground)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240">'
        f'<rect width="240" height="240" fill="{ground}"/><circle cx="152" cy="100" r="78" fill="{sun}"/>'
        f'<path d="M0 196q40-14 80 0t80 0 80 0v44H0z" fill="{sun}"/>'
        f'<ellipse cx="120" cy="207" rx="62" ry="7" fill="{shade}" opacity=".25"/>'
        f"{shape}{draw_label(name, ink)}</svg>"
    )


def choose_shape(name: str, category: str) -> str:
    """Return the shape by the longest word in the name, else in the category: tea of `Kopi & Teh` comes in a box."""
    for text in (f" {name.lower()} ", f" {category.lower()} "):
        if words := [keyword for keyword in SHAPE_BY_KEYWORD if f" {keyword}" in text]:
            return SHAPE_BY_KEYWORD[max(words, key=len)]  # "sabun cuci" says more than "sabun"
    return FALLBACK_SHAPES[zlib.crc32(category.encode()) % len(FALLBACK_SHAPES)]


def draw_label(name: str, ink: str) -> str:
    lines = textwrap.wrap(name, 12, max_lines=3, placeholder="") or [""]
    size = min(13.0, 112 / max(map(len, lines)))
    step = size * 1.35
    top = 148 - step * len(lines) / 2
    text = "".join(
        f'<tspan x="120" y="{top + step * (i + 0.78):.1f}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    paper = f'<rect x="76" y="{top - 9:.1f}" width="88" height="{step * len(lines) + 18:.1f}" rx="7" fill="#fff"/>'
    font = f'font-family="system-ui,sans-serif" font-size="{size:.1f}" font-weight="700" text-anchor="middle"'
    return f'{paper}<text {font} fill="{ink}">{text}</text>'


SVG_BY_SHAPE = {
    "pouch": '<path d="M70 46h100l-5 16q10 70 6 142H69q-4-72 6-142z" fill="{pack}"/>'
    '<path d="M70 46h100l-5 16H75z" fill="{shade}"/><circle cx="120" cy="78" r="6" fill="{ground}"/>',
    "box": '<path d="M66 62l14-16h94v142l-14 16z" fill="{shade}"/>'
    '<rect x="66" y="62" width="94" height="142" fill="{pack}"/>'
    '<path d="M66 62h94l14-16H80z" fill="{ground}"/><path d="M66 184h94v8H66z" fill="{ground}" opacity=".5"/>',
    "jar": '<rect x="78" y="40" width="84" height="24" rx="6" fill="{shade}"/>'
    '<path d="M82 64h76q20 12 20 34v88q0 18-18 18H80q-18 0-18-18V98q0-22 20-34z" fill="{pack}"/>',
    "tin": '<rect x="64" y="52" width="112" height="152" rx="10" fill="{pack}"/>'
    '<ellipse cx="120" cy="56" rx="56" ry="13" fill="{shade}"/>'
    '<ellipse cx="120" cy="54" rx="46" ry="8" fill="{ground}" opacity=".6"/>'
    '<path d="M64 186h112v6H64z" fill="{shade}"/>',
    "bottle": '<rect x="102" y="28" width="36" height="20" rx="4" fill="{shade}"/>'
    '<path d="M106 48h28v16q36 14 36 50v76q0 14-14 14H84q-14 0-14-14v-76q0-36 36-50z" fill="{pack}"/>',
    "carton": '<path d="M70 78l22-36h56l22 36v126H70z" fill="{pack}"/><path d="M70 78l22-36h56l22 36z" fill="{shade}"/>'
    '<rect x="92" y="32" width="56" height="12" fill="{pack}"/>',
    "sack": '<path d="M72 52q48 14 96 0 18 76 8 152H64Q54 128 72 52z" fill="{pack}"/>'
    '<path d="M76 46q44 16 88 0l4 12q-48 14-96 0z" fill="{shade}"/>',
    "bar": '<rect x="58" y="84" width="124" height="120" rx="18" fill="{pack}"/>'
    '<path d="M58 104q0-20 18-20h88q18 0 18 20z" fill="{shade}"/><circle cx="176" cy="62" r="9" fill="{ground}"/>'
    '<circle cx="158" cy="46" r="6" fill="{ground}"/>',
    "spray": '<path d="M96 34h52l14 12v10h-28v18h-28V56H96z" fill="{shade}"/>'
    '<path d="M100 72h40q30 16 30 48v70q0 14-14 14H84q-14 0-14-14v-70q0-32 30-48z" fill="{pack}"/>',
    "tube": '<path d="M72 42h96l-10 140H82z" fill="{pack}"/>'
    '<rect x="70" y="36" width="100" height="14" rx="3" fill="{shade}"/>'
    '<rect x="92" y="182" width="56" height="22" rx="5" fill="{shade}"/>',
}  # fmt: skip
