"""Placement links: one concrete post, QR code or brochure spot, so that an order can say where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.kit.errors import Invalid
from chalicelib.kit.events import Event

CODE = re.compile(r"[A-Za-z0-9-]{2,40}")


@dataclass(frozen=True)
class Placement:
    """`sku` empty leads to the front page. `medium` is post, ad, e-mail, brochure, tv or whatever the owner says."""

    code: str
    channel: str
    medium: str
    sku: str = ""
    active: bool = True


def check_placement(placement: Placement, channels: tuple[str, ...]) -> None:
    wrong = []
    if not CODE.fullmatch(placement.code):
        wrong.append(("code", "needs 2 to 40 letters, digits or -"))
    if placement.channel not in channels:
        wrong.append(("channel", f"is none of {', '.join(channels)}"))
    if wrong:
        raise Invalid(*wrong)


@dataclass(frozen=True)
class PlacementSaved(Event):
    """A link, QR code or brochure spot was made or changed."""

    code: str  # the placement
    channel: str
    medium: str  # post, ad, e-mail, brochure, tv, …
    active: bool
    sku: str = ""  # the product that it leads to; absent for the front page
