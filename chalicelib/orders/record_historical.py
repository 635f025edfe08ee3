"""Recording an order of an earlier system: complete and paid, so that nothing is left to do, promise or send.

It is counted in the recap and listed with its customer's orders. Its event has a kind of its own, which no handler of
work, messages or the ledger subscribes to: stock, debts and money of the earlier system enter as opening balances.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.catalog.model import Channel
from chalicelib.kit import clock, db, idempotency, ids
from chalicelib.kit.money import zero
from chalicelib.orders import order_json, store
from chalicelib.orders.check_order import check_place_and_time
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import OrderContext, load_context
from chalicelib.orders.model import HistoricalOrderRecorded, Order, OrderFulfillmentStatus, OrderStatus, TooManyLines
from chalicelib.orders.place import build_order
from chalicelib.orders.price import price_order
from chalicelib.payments import lifecycle
from chalicelib.payments.model import Payment, PaymentStatus
from chalicelib.payments.store import create_payment
from chalicelib.stock.plan import Plan

MAX_HISTORICAL_LINES = 500  # its event must fit in one message of a topic, 256 KB


def record_historical(command: PlaceOrder) -> dict[str, Any]:
    """Return the order as JSON. Its coupons are recorded, not redeemed: the agreed prices include them.

    Raises Replay for a repeated request, and the refusals of `build_historical_order`.
    """
    context = load_context(command)
    idempotency.raise_if_repeated(command.idempotency_key, context.recorded_answer)
    order = build_historical_order(command, context)
    payments = build_captured_payments(command, order)
    order = replace(
        order,
        payment_status=lifecycle.derive_payment_status(order.total, payments),
        payment_ids=tuple(payment.id for payment in payments),
    )
    return commit(command, context, order, payments)


def build_historical_order(command: PlaceOrder, context: OrderContext) -> Order:
    """Return the order without its payment.

    Raises PlacedAtOutOfRange, UnknownStaff, NoSuchLocation, TooManyLines and UnknownSku. Products and channels that no
    longer sell are accepted.
    """
    check_place_and_time(command, context)
    if len(command.lines) > MAX_HISTORICAL_LINES:
        raise TooManyLines(("lines", f"{len(command.lines)} different products"), most=MAX_HISTORICAL_LINES)
    prices = price_order(replace(command, coupons=()), _with_all_products_on_sale(command, context))
    customer_id = context.customer.id if context.customer else ""
    return replace(
        build_order(command, context, prices, Plan(()), customer_id),
        status=OrderStatus.COMPLETED,
        fulfillment_status=OrderFulfillmentStatus.DELIVERED,
        coupons=command.coupons,
        link_until=None,
        historical=True,
    )


def _with_all_products_on_sale(command: PlaceOrder, context: OrderContext) -> OrderContext:
    """Return the context with every product on sale in the channel, and without today's promotions."""
    products = {sku: replace(product, channels=(), active=True) for sku, product in context.products.items()}
    return replace(context, channel=Channel(command.channel), products=products, promotions=(), coupons=())


def build_captured_payments(command: PlaceOrder, order: Order) -> list[Payment]:
    """Return the payment by the order's method. It is in no till and opens no debt, also if it was bought on credit."""
    if not order.total:
        return []
    payment_id = ids.new("pay", clock.now())
    return [
        Payment(
            payment_id,
            order.id,
            command.tenders[0].method,
            order.total,
            PaymentStatus.CAPTURED,
            captured=order.total,
            refunded=zero(order.currency),
            customer_id=order.customer_id,
            channel=order.channel,
            actor=command.principal.id,
        )
    ]


def build_recorded_event(command: PlaceOrder, order: Order, payments: list[Payment]) -> HistoricalOrderRecorded:
    return HistoricalOrderRecorded(
        order_id=order.id,
        channel=order.channel,
        currency=order.currency,
        total_minor=order.total.minor,
        lines=tuple(line.to_event_line() for line in order.lines),
        payments=tuple(payment.to_record(payment.amount) for payment in payments),
        placed_at=clock.iso(order.placed_at),
        freight_minor=order.freight.minor,
        customer_id=order.customer_id,
        location=order.location,
        made_by=command.made_by,
    )


def commit(command: PlaceOrder, context: OrderContext, order: Order, payments: list[Payment]) -> dict[str, Any]:
    answer = order_json.order_to_json(order, payments)
    event = build_recorded_event(command, order, payments)
    entry, head = store.append_event(order, event, actor=command.principal.actor, at=context.now)
    db.commit(
        [
            idempotency.record_answer(command.idempotency_key, answer),
            *map(create_payment, payments),
            store.put_order(replace(order, **vars(head))),
            entry,
        ]
    )
    return answer
