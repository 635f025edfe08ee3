"""WhatsApp: an agent types the order in, or the customer sends it himself with the cart that our button signed.

A signed cart holds goods and quantities, never a price; the order must ask for exactly those.
"""

from __future__ import annotations

from chalicelib.channels.bodies import LineBody, PlaceOrderBody
from chalicelib.channels.speech import admit, must_be_reachable, spoken, wanted
from chalicelib.kit import auth
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder

PURPOSE = "whatsapp-cart"


def speak(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    if said.cart:
        _same_goods(said)
    else:
        admit(call.principal, ["agent"])
    return must_be_reachable(spoken(said, call))


def signed(lines: list[LineBody]) -> str:
    return auth.sign(PURPOSE, _goods(lines))


def opened(cart: str) -> list[list[object]]:
    """[[sku, quantity], …]; Invalid for a cart that is not ours."""
    goods = auth.unsign(PURPOSE, cart)
    if not isinstance(goods, list):
        raise Invalid(("cart", "was not made by our WhatsApp button, or was changed; fill it again"))
    return goods


def _goods(lines: list[LineBody]) -> list[list[object]]:
    return sorted([one.sku, one.quantity] for one in wanted(lines))


def _same_goods(said: PlaceOrderBody) -> None:
    if opened(said.cart) != _goods(said.lines):
        raise Invalid(("lines", "are not the goods of this cart; fill the cart again"))
