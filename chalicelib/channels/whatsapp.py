"""WhatsApp: an agent types the order in, or the customer sends it himself with the cart that our button signed.

A signed cart holds goods and quantities, never a price; the order must ask for exactly those.
"""

from __future__ import annotations

from chalicelib.channels.bodies import LineBody, PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, check_role, merge_lines, require_reachable_customer
from chalicelib.kit import auth
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder

PURPOSE = "whatsapp-cart"


def build_command(said: PlaceOrderBody, call: Call) -> PlaceOrder:
    if said.cart:
        _check_same_goods(said)
    else:
        check_role(call.principal, ["agent"])
    return require_reachable_customer(body_to_command(said, call))


def sign_cart(lines: list[LineBody]) -> str:
    return auth.sign(PURPOSE, _sku_quantities(lines))


def read_cart(cart: str) -> list[list[object]]:
    """[[sku, quantity], …]; Invalid for a cart that is not ours."""
    goods = auth.unsign(PURPOSE, cart)
    if not isinstance(goods, list):
        raise Invalid(("cart", "was not made by our WhatsApp button, or was changed; fill it again"))
    return goods


def _sku_quantities(lines: list[LineBody]) -> list[list[object]]:
    return sorted([one.sku, one.quantity] for one in merge_lines(lines))


def _check_same_goods(said: PlaceOrderBody) -> None:
    if read_cart(said.cart) != _sku_quantities(said.lines):
        raise Invalid(("lines", "are not the goods of this cart; fill the cart again"))
