"""WhatsApp orders: entered by an agent, or sent by the customer with the cart that the shop's WhatsApp button signed.

A signed cart holds SKUs and quantities without prices; the order must have exactly those.
"""

from __future__ import annotations

from chalicelib.channels.bodies import LineBody, PlaceOrderBody
from chalicelib.channels.order_form import body_to_command, check_allowed, merge_lines, require_reachable_customer
from chalicelib.kit import auth
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import Call
from chalicelib.orders.command import PlaceOrder

PURPOSE = "whatsapp-cart"


def build_command(body: PlaceOrderBody, call: Call) -> PlaceOrder:
    check_allowed(call.principal, "order with a WhatsApp cart" if body.cart else "order in whatsapp")
    if body.cart:
        _check_same_goods(body)
    return require_reachable_customer(body_to_command(body, call))


def sign_cart(lines: list[LineBody]) -> str:
    return auth.sign(PURPOSE, _sku_quantities(lines))


def read_cart(cart: str) -> list[list[object]]:
    """Return [[sku, quantity], …]. Raises Invalid for a cart without a valid signature."""
    sku_quantities = auth.unsign(PURPOSE, cart)
    if not isinstance(sku_quantities, list):
        raise Invalid(("cart", "was not made by the WhatsApp button or was changed; fill it again"))
    return sku_quantities


def _sku_quantities(lines: list[LineBody]) -> list[list[object]]:
    return sorted([line.sku, line.quantity] for line in merge_lines(lines))


def _check_same_goods(body: PlaceOrderBody) -> None:
    if read_cart(body.cart) != _sku_quantities(body.lines):
        raise Invalid(("lines", "differ from the signed cart; fill the cart again"))
