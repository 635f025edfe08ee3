"""Placing an order: load, price, plan, build, commit. One transaction holds the order and everything it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.customers.identify_customer import identify_customer
from chalicelib.customers.model import Address, CustomerChanged, NoCreditTerms
from chalicelib.customers.store import check_customer_unchanged, extend_credit, link_staff
from chalicelib.kit import clock, config, db, idempotency, ids
from chalicelib.kit.db import Write
from chalicelib.kit.errors import StaleVersion, Unavailable
from chalicelib.kit.money import Money, total
from chalicelib.orders import order_json, store
from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import (
    OrderContext,
    has_own_customers,
    home_address,
    load_all_locations,
    load_context,
)
from chalicelib.orders.model import (
    Delivery,
    HandoverNeedsMoney,
    Order,
    OrderFulfillmentStatus,
    OrderPlaced,
    OrderStatus,
    PriceChanged,
    TooManyPlaces,
    link_expires_at,
    with_promised_days,
)
from chalicelib.orders.price import OrderPrices, list_coupon_uses, price_order, redeem_coupons
from chalicelib.orders.quote import quote_cart
from chalicelib.payments import lifecycle, postings, receivables
from chalicelib.payments.model import PAYMENT_METHODS, OrderPaymentStatus, Payment
from chalicelib.payments.shift_store import add_cash
from chalicelib.payments.store import create_payment, create_receivables
from chalicelib.stock.inbound import plan_with_inbound
from chalicelib.stock.model import (
    Allocation,
    HoldGone,
    Movement,
    OutOfStock,
    allocation_movement,
    build_holds,
    direct_issue_movement,
    reservation_movement,
)
from chalicelib.stock.plan import Plan
from chalicelib.stock.store import build_level_writes, delete_hold, put_hold

MAX_ATTEMPTS = 6
ATTEMPTS_AT_OTHER_SHARDS = 3  # after these, a conflict is retried at the same shard


def place(command: PlaceOrder) -> dict[str, Any]:
    """Return the order as JSON, without the guest's token.

    Raises Replay for a repeated request, and every refusal of the packages it calls; nothing is written then."""
    context = load_context(command)
    idempotency.raise_if_repeated(command.idempotency_key, context.recorded_answer)
    check_order(command, context)
    prices = price_as_expected(command, context)
    for attempt in range(MAX_ATTEMPTS):
        try:
            plan = plan_order(command, context)
            prepared = prepare_order(command, context, prices, plan)
            return commit(command, context, prepared, attempt)
        except db.TransactionCancelled:
            # Shard conflict: plan again from the same reads; the plan begins at a random shard.
            db.pause(attempt)
        except OutOfStock:  # short: read all locations, unless that was done
            if context.all_locations:
                raise
            context = load_all_locations(command, context)
        except CustomerChanged:  # merged meanwhile: their limits and prices may differ
            context = load_context(command)
            prices = price_as_expected(command, context)
        except StaleVersion:  # units taken meanwhile: read all locations, again if that was done
            context = load_all_locations(command, context)
    raise Unavailable()


def price_as_expected(command: PlaceOrder, context: OrderContext) -> OrderPrices:
    """Return the prices of the order. Raises PriceChanged if the client expects another total."""
    prices = price_order(command, context)
    if command.expected_total is not None and command.expected_total != prices.total:
        raise PriceChanged(command.expected_total, prices.total, quote_cart(command))
    return prices


def plan_order(command: PlaceOrder, context: OrderContext) -> Plan:
    return plan_with_inbound(
        command.demand,
        replace(context.stock, own_location=command.principal.location if command.principal.is_staff else None),
        context.inbound,
        backorder=command.backorder and command.delivery.method != "handover",
        shard_offset=int.from_bytes(ids.randomness(2), "big"),
    )


@dataclass(frozen=True)
class PreparedOrder:
    """An order ready to be committed, and everything that is committed with it."""

    order: Order
    payments: Sequence[Payment]
    movements: Sequence[Movement]
    plan: Plan
    writes: Sequence[Write]
    event: OrderPlaced


def prepare_order(command: PlaceOrder, context: OrderContext, prices: OrderPrices, plan: Plan) -> PreparedOrder:
    customer_id, new_customer = resolve_customer(command, context)
    order = build_order(command, context, prices, plan, customer_id)
    payments = build_order_payments(command, context, order)
    order = with_payments(order, payments, context.now)
    movements = plan.to_movements(choose_movement(order))
    holds = build_holds(order.allocations, order.id, order.reserved_until) if order.reserved_until else ()
    credit = total((payment.amount for payment in payments if payment.method == "credit"), order.currency)
    writes = [
        *new_customer,
        *build_staff_links(command, context, order, is_new=bool(new_customer)),
        *check_merges(context, limits_apply=bool(credit or prices.coupons)),
        *redeem_coupons(prices.coupons, order.coupon_uses, context),
        *build_till_writes(context, payments),
        *build_credit_writes(command, context, customer_id, credit),
        *create_receivables(payments),
        *map(put_hold, holds),
    ]
    event = build_placed_event(command, order, payments, movements, credit)
    return PreparedOrder(order, payments, movements, plan, writes, event)


def resolve_customer(command: PlaceOrder, context: OrderContext) -> tuple[str, list[Write]]:
    if context.customer is not None:
        return context.customer.id, []
    if command.contact is None:
        return "", []
    address = build_home_address(command.delivery.address) if command.delivery.address else None
    return identify_customer(command.contact, context.rows, command.principal, now=context.now, address=address)


def build_staff_links(command: PlaceOrder, context: OrderContext, order: Order, *, is_new: bool) -> list[Write]:
    """Return the write that makes the customer one of the salesman who brought them or handed goods over to them."""
    was_sold_to = order.status == OrderStatus.COMPLETED and not context.is_own_customer
    if order.customer_id and has_own_customers(command) and (is_new or was_sold_to):
        return [link_staff(order.customer_id, command.principal.id)]
    return []


def build_home_address(address: dict[str, Any]) -> Address:
    street, city, postcode = (address.get(name, "") for name in ("street", "city", "postcode"))
    return Address(street, city, postcode, address.get("country") or config.country())


def build_order(command: PlaceOrder, context: OrderContext, prices: OrderPrices, plan: Plan, customer_id: str) -> Order:
    """Return the order without its payments."""
    order_id = command.order_id or ids.new("ord", context.now)
    handed_over = command.delivery.method == "handover"
    return Order(
        id=order_id,
        number=ids.short_number(order_id),
        channel=command.channel,
        placed_at=command.placed_at or context.now,
        status=OrderStatus.COMPLETED if handed_over else OrderStatus.PLACED,
        payment_status=OrderPaymentStatus.UNPAID,
        fulfillment_status=OrderFulfillmentStatus.DELIVERED if handed_over else OrderFulfillmentStatus.UNASSIGNED,
        lines=with_promised_days(prices.lines, plan.allocations),
        delivery=build_delivery(command, context),
        total=prices.total,
        freight=prices.freight,
        actor=command.made_by or command.principal.actor,
        contact=build_contact(command, context),
        customer_id=customer_id,
        location=command.principal.location or "",
        placement=command.placement,
        allocations=plan.allocations,
        coupons=tuple(coupon.code for coupon in prices.coupons),
        coupon_uses=list_coupon_uses(prices.coupons, command, context, customer_id),
        note=command.note,
        ref=command.ref,
        link_until=link_expires_at(context.now),
        network_id=command.network_id,
    )


def build_delivery(command: PlaceOrder, context: OrderContext) -> Delivery:
    """Return the delivery of the command; to the customer's home address if the order has none of its own."""
    home = home_address(command, context.customer if context.is_own_customer else None)
    address = home.to_json() if home else command.delivery.address
    return replace(command.delivery, address=address, point=context.point)


def build_contact(command: PlaceOrder, context: OrderContext) -> dict[str, str]:
    person = command.contact or context.customer
    if person is None:
        return {}
    contact = {"name": person.name, "phone": person.phone, "email": person.email, "language": command.language}
    return {name: value for name, value in contact.items() if value}


def build_order_payments(command: PlaceOrder, context: OrderContext, order: Order) -> list[Payment]:
    methods = [tender.method for tender in command.tenders]
    deferred = [method for method in methods if method in PAYMENT_METHODS and not _is_paid_at_once(method)]
    if order.delivery.method == "handover" and deferred:
        raise HandoverNeedsMoney(("payments", f"{deferred[0]} is not paid immediately"), method=deferred[0])
    if "credit" in methods and context.credit is None:
        raise NoCreditTerms()
    today = clock.day_of(context.now, config.zone())
    terms = lifecycle.PaymentContext(
        order.id,
        actor=command.principal.id,
        channel=order.channel,
        customer_id=order.customer_id,
        shift=context.shift,
        due_on=receivables.due_date(today, context.credit.terms_days) if context.credit else None,
        reference=order.number,
        expires_at=context.now + timedelta(minutes=config.transfer_hold_minutes()),
    )
    tenders = [(tender.method, tender.amount) for tender in command.tenders]
    return lifecycle.build_payments(terms, tenders, order.total, [ids.new("pay", context.now) for _ in methods])


def _is_paid_at_once(method: str) -> bool:
    return PAYMENT_METHODS[method].immediate and method != "cod"


def with_payments(order: Order, payments: Sequence[Payment], now: datetime) -> Order:
    """Return the order with its payments. The hold ends relative to `now`, also if `placed_at` is long past."""
    holds_stock = any(PAYMENT_METHODS[payment.method].holds_stock for payment in payments)
    return replace(
        order,
        payment_status=lifecycle.derive_payment_status(order.total, payments),
        payment_ids=tuple(payment.id for payment in payments),
        reserved_until=now + timedelta(minutes=config.transfer_hold_minutes()) if holds_stock else None,
    )


def choose_movement(order: Order) -> Callable[[Allocation], Movement]:
    """Goods handed over are issued; goods of an order that awaits money are reserved; all others are allocated."""
    if order.delivery.method == "handover":
        return direct_issue_movement
    return reservation_movement if order.on_hold else allocation_movement


def build_till_writes(context: OrderContext, payments: Sequence[Payment]) -> list[Write]:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [add_cash(context.shift, total(cash, cash[0].currency))] if cash and context.shift else []


def check_merges(context: OrderContext, *, limits_apply: bool) -> list[Write]:
    """Return a check that the customer's merges are as read, where limits count what merged customers used."""
    return [check_customer_unchanged(context.customer)] if context.customer and limits_apply else []


def build_credit_writes(command: PlaceOrder, context: OrderContext, customer_id: str, credit: Money) -> list[Write]:
    if not credit:
        return []
    override = any(tender.reason for tender in command.tenders if tender.method == "credit")
    return [extend_credit(customer_id, credit, override=override, merged_exposure=context.merged.exposure)]


def list_override_reasons(command: PlaceOrder) -> list[str]:
    """Return the reasons for prices set by hand and for credit over the limit, which the journal records for audit."""
    reasons = [line.reason for line in command.lines] + [tender.reason for tender in command.tenders]
    return [reason for reason in reasons if reason]


def build_placed_event(
    command: PlaceOrder, order: Order, payments: Sequence[Payment], movements: Sequence[Movement], credit: Money
) -> OrderPlaced:
    return OrderPlaced(
        order_id=order.id,
        channel=order.channel,
        currency=order.currency,
        total_minor=order.total.minor,
        method=order.delivery.method,
        lines=tuple(line.to_event_line() for line in order.lines),
        payments=tuple(payment.to_record(payment.amount) for payment in payments),
        movements=tuple(movements),
        postings=postings.build_placement(order.id, order.total, payments),
        freight_minor=order.freight.minor,
        customer_id=order.customer_id,
        location=order.location,
        placement=order.placement,
        placed_at=clock.iso(order.placed_at),
        holds_until=clock.iso(order.reserved_until) if order.reserved_until else "",
        credit_minor=credit.minor,
        reason="; ".join(list_override_reasons(command)),
        made_by=command.made_by,
    )


def commit(command: PlaceOrder, context: OrderContext, prepared: PreparedOrder, attempt: int) -> dict[str, Any]:
    """Commit the order and return it as JSON. Raises StaleVersion if its units were taken since they were read, and
    TransactionCancelled on a conflict at a shard, if another shard can be tried."""
    answer = order_json.order_to_json(prepared.order, prepared.payments)
    actor = command.principal.actor
    entry, head = store.append_event(prepared.order, prepared.event, actor=actor, at=context.now)
    order = replace(prepared.order, **vars(head))
    writes = [
        idempotency.record_answer(command.idempotency_key, answer),
        *command.extra_writes,  # before the levels, so that submitting a draft twice raises DraftGone
        *prepared.writes,
        *map(delete_hold, prepared.plan.taken_holds),  # before the levels, so that a lost hold raises HoldGone
        *build_level_writes(prepared.movements, prepared.plan.safety),
        *[create_payment(payment) for payment in prepared.payments],
        store.put_order(order),
        *store.add_to_unpaid_list(order),
        entry,
    ]
    if len(writes) > db.MAX_TRANSACTION_WRITES:  # an order that fits in one transaction can be cancelled in one
        raise TooManyPlaces()
    # Planning again after a conflict is safe only with an idempotency key. botocore resends a transaction whose reply
    # was lost, and the resend may be cancelled by a conflict although the first send was committed. The same writes
    # sent again find their own journal entry; the writes of another plan would place a second order.
    can_plan_again = attempt < ATTEMPTS_AT_OTHER_SHARDS and context.is_sharded and command.idempotency_key is not None
    try:
        db.commit(writes, raise_on_conflict=can_plan_again)
    except (OutOfStock, HoldGone) as taken_meanwhile:
        raise StaleVersion() from taken_meanwhile
    return answer
