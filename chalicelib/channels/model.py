"""Placements: one concrete post, QR code or brochure spot each, to attribute orders to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.kit.errors import Invalid
from chalicelib.kit.events import Event

CODE = re.compile(r"[A-Za-z0-9-]{2,40}")


@dataclass(frozen=True)
class Placement:
    """A placement link. It opens the product `sku`, or the front page if empty. `medium` is free text: post, ad, tv."""

    code: str
    channel: str
    medium: str
    sku: str = ""
    active: bool = True


def check_placement(placement: Placement, channels: tuple[str, ...]) -> None:
    """Raise Invalid for a malformed code or an unknown channel."""
    errors = []
    if not CODE.fullmatch(placement.code):
        errors.append(("code", "needs 2 to 40 letters, digits or -"))
    if placement.channel not in channels:
        errors.append(("channel", f"must be one of {', '.join(channels)}"))
    if errors:
        raise Invalid(*errors)


@dataclass(frozen=True)
class PlacementSaved(Event):
    """A placement link was created or changed."""

    code: str  # the placement
    channel: str
    medium: str  # post, ad, e-mail, brochure, tv, …
    active: bool
    sku: str = ""  # the product that it leads to; absent for the front page
