"""Place an order: load, price, plan, build, commit. One transaction holds the order and everything it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.catalog.model import check_listed
from chalicelib.customers.model import Address, NoCreditTerms
from chalicelib.customers.recognise import recognise
from chalicelib.customers.store import extend_credit
from chalicelib.kit import clock, config, db, ids, requests
from chalicelib.kit.db import Write
from chalicelib.kit.errors import Moved, Unavailable
from chalicelib.kit.money import Money, total
from chalicelib.orders import show, store
from chalicelib.orders.command import PlaceOrder
from chalicelib.orders.context import OrderContext, load_all_locations, load_context
from chalicelib.orders.model import (
    MOST_LINES,
    Delivery,
    HandoverNeedsMoney,
    MayNotOverridePrices,
    Order,
    OrderFulfillmentStatus,
    OrderPlaced,
    OrderStatus,
    TooManyLines,
    TooManyPlaces,
    link_ends,
    with_days,
)
from chalicelib.orders.price import OrderPrices, coupons_used, price_order
from chalicelib.payments import owe, pay, post
from chalicelib.payments.model import METHODS, MethodUnavailable, OrderPaymentStatus, Payment
from chalicelib.payments.shift_store import cash_into
from chalicelib.payments.store import open_payment, open_receivables
from chalicelib.places import find as places
from chalicelib.stock.coming import plan_with_expected
from chalicelib.stock.model import (
    HoldGone,
    Movement,
    NoSuchLocation,
    OutOfStock,
    Piece,
    allocated,
    holds_for,
    issued_directly,
    reserved,
)
from chalicelib.stock.plan import Plan
from chalicelib.stock.store import change, drop_hold, put_hold

ATTEMPTS = 6
ATTEMPTS_AT_OTHER_SHARDS = 3  # before an order waits its turn at the same one


def place(command: PlaceOrder) -> dict[str, Any]:
    """Return the order as JSON, without the guest's token.

    Raises AlreadyAnswered for a repeated request, and every refusal of the packages it calls; nothing moves then."""
    context = load_context(command)
    requests.answer_again(command.asked, context.answered)
    check_order(command, context)
    prices = price_order(command, context)
    for attempt in range(ATTEMPTS):
        try:
            plan = plan_order(command, context)
            placement = build_placement(command, context, prices, plan)
            return commit(command, context, placement, attempt)
        except db.Blocked:  # by other commits at these very shards; the next plan probably begins at another
            db.pause(attempt)
            continue
        except OutOfStock:
            if context.all_locations:
                raise
        except Moved:
            pass  # others took these units meanwhile; some may be left
        context = load_all_locations(command, context)
    raise Unavailable()


def check_order(command: PlaceOrder, context: OrderContext) -> None:
    skus = [line.sku for line in command.lines]
    if len(skus) > MOST_LINES:
        raise TooManyLines(("lines", f"{len(skus)} different goods"), most=MOST_LINES)
    check_listed(skus, context.products, context.channel)
    if command.delivery.method != "ship" and command.delivery.location not in places.locations():
        raise NoSuchLocation(("delivery.location", "is not one of ours"), location=command.delivery.location)
    allowed = context.channel.tenders
    for tender in command.tenders:
        if allowed and tender.method not in allowed:
            raise MethodUnavailable(method=tender.method, methods=sorted(allowed))
        if tender.reason and tender.method == "credit" and command.principal.role not in ("owner", "finance"):
            raise MayNotOverridePrices()


def plan_order(command: PlaceOrder, context: OrderContext) -> Plan:
    return plan_with_expected(
        {line.sku: line.quantity for line in command.lines},
        replace(context.stock, own=command.principal.location if command.principal.is_staff else None),
        context.on_its_way,
        backorder=command.backorder and command.delivery.method != "handover",
        turn=int.from_bytes(ids.randomness(2), "big"),
    )


@dataclass(frozen=True)
class Placement:
    """An order ready to be committed, and all that is committed with it."""

    order: Order
    payments: Sequence[Payment]
    movements: Sequence[Movement]
    plan: Plan
    writes: Sequence[Write]
    event: OrderPlaced


def build_placement(command: PlaceOrder, context: OrderContext, prices: OrderPrices, plan: Plan) -> Placement:
    customer_id, new_customer = customer_of(command, context)
    order = build_order(command, context, prices, plan, customer_id)
    payments = build_order_payments(command, context, order)
    order = with_payments(order, payments, context.now)
    movements = plan.moved_by(movement_of(order))
    holds = holds_for(order.pieces, order.id, order.reserved_until) if order.reserved_until else ()
    credit = total((one.amount for one in payments if one.method == "credit"), order.currency)
    writes = [
        *new_customer,
        *coupons_used(prices.coupons, customer_id),
        *into_the_till(context, payments),
        *on_account(command, customer_id, credit),
        *open_receivables(payments),
        *map(put_hold, holds),
    ]
    event = placed_event(command, order, payments, movements, credit)
    return Placement(order, payments, movements, plan, writes, event)


def customer_of(command: PlaceOrder, context: OrderContext) -> tuple[str, list[Write]]:
    if context.customer is not None:
        return context.customer.id, []
    if command.contact is None:
        return "", []
    address = home_of(command.delivery.address) if command.delivery.address else None
    return recognise(command.contact, context.identities, command.principal, at=context.now, address=address)


def home_of(where: dict[str, Any]) -> Address:
    street, city, postcode = (where.get(name, "") for name in ("street", "city", "postcode"))
    return Address(street, city, postcode, where.get("country") or config.country())


def build_order(command: PlaceOrder, context: OrderContext, prices: OrderPrices, plan: Plan, customer_id: str) -> Order:
    """Still without its payments."""
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
        lines=with_days(prices.lines, plan.pieces),
        delivery=delivery_of(command, context),
        total=prices.total,
        freight=prices.freight,
        actor=command.made_by or command.principal.actor,
        contact=contact_of(command, context),
        customer_id=customer_id,
        location=command.principal.location or "",
        placement=command.placement,
        pieces=plan.pieces,
        coupons=tuple(coupon.code for coupon in prices.coupons),
        note=command.note,
        ref=command.ref,
        link_until=link_ends(context.now),
        caller=command.caller,
    )


def delivery_of(command: PlaceOrder, context: OrderContext) -> Delivery:
    """Without an address of its own an order goes to where its customer lives."""
    home = context.customer.address if context.customer else None
    if command.delivery.method != "ship" or command.delivery.address or home is None:
        return replace(command.delivery, point=context.point)
    point = {"lat": home.lat, "lon": home.lon} if home.lat is not None and home.lon is not None else None
    return replace(command.delivery, address=home.as_json(), point=context.point or point)


def contact_of(command: PlaceOrder, context: OrderContext) -> dict[str, str]:
    who = command.contact or context.customer
    if who is None:
        return {}
    contact = {"name": who.name, "phone": who.phone, "email": who.email}
    return {name: value for name, value in contact.items() if value}


def build_order_payments(command: PlaceOrder, context: OrderContext, order: Order) -> list[Payment]:
    methods = [tender.method for tender in command.tenders]
    waits = [method for method in methods if method in METHODS and not _is_paid_at_once(method)]
    if order.delivery.method == "handover" and waits:
        raise HandoverNeedsMoney(("payments", f"{waits[0]} is not paid at once"), method=waits[0])
    if "credit" in methods and context.credit is None:
        raise NoCreditTerms()
    today = clock.day_of(context.now, config.zone())
    terms = pay.PaymentTerms(
        order.id,
        actor=command.principal.id,
        channel=order.channel,
        customer_id=order.customer_id,
        shift=context.shift,
        due_on=owe.due_date(today, context.credit.terms_days) if context.credit else None,
        reference=order.number,
        expires_at=context.now + timedelta(minutes=config.transfer_hold_minutes()),
    )
    tenders = [(tender.method, tender.amount) for tender in command.tenders]
    return pay.build_payments(terms, tenders, order.total, [ids.new("pay", context.now) for _ in methods])


def _is_paid_at_once(method: str) -> bool:
    return METHODS[method].at_once and method != "cod"


def with_payments(order: Order, payments: Sequence[Payment], now: datetime) -> Order:
    """A hold ends by the real clock, also for an order whose business date is long past."""
    waits = any(METHODS[payment.method].holds for payment in payments)
    return replace(
        order,
        payment_status=pay.payment_status(order.total, payments),
        payment_ids=tuple(payment.id for payment in payments),
        reserved_until=now + timedelta(minutes=config.transfer_hold_minutes()) if waits else None,
    )


def movement_of(order: Order) -> Callable[[Piece], Movement]:
    """Goods handed over leave at once; paid or collectable ones are allocated; those that wait for money are held."""
    if order.delivery.method == "handover":
        return issued_directly
    return reserved if order.on_hold else allocated


def into_the_till(context: OrderContext, payments: Sequence[Payment]) -> list[Write]:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [cash_into(context.shift, total(cash, cash[0].currency))] if cash and context.shift else []


def on_account(command: PlaceOrder, customer_id: str, credit: Money) -> list[Write]:
    if not credit:
        return []
    lifted = any(tender.reason for tender in command.tenders if tender.method == "credit")
    return [extend_credit(customer_id, credit, override=lifted)]


def reasons(command: PlaceOrder) -> list[str]:
    """Of prices set by hand and of credit over the limit: they belong into the audit."""
    given = [line.reason for line in command.lines] + [tender.reason for tender in command.tenders]
    return [reason for reason in given if reason]


def placed_event(
    command: PlaceOrder, order: Order, payments: Sequence[Payment], movements: Sequence[Movement], credit: Money
) -> OrderPlaced:
    return OrderPlaced(
        order_id=order.id,
        channel=order.channel,
        currency=order.currency,
        total_minor=order.total.minor,
        method=order.delivery.method,
        lines=tuple(line.record() for line in order.lines),
        payments=tuple(payment.record(payment.amount) for payment in payments),
        movements=tuple(movements),
        postings=post.placement(order.id, order.total, payments),
        freight_minor=order.freight.minor,
        customer_id=order.customer_id,
        location=order.location,
        placement=order.placement,
        placed_at=clock.iso(order.placed_at),
        holds_until=clock.iso(order.reserved_until) if order.reserved_until else "",
        credit_minor=credit.minor,
        reason="; ".join(reasons(command)),
        made_by=command.made_by,
    )


def commit(command: PlaceOrder, context: OrderContext, placement: Placement, attempt: int) -> dict[str, Any]:
    answer = show.as_json(placement.order, placement.payments)
    actor = command.principal.actor
    entry, head = store.append_event(placement.order, placement.event, actor=actor, at=context.now)
    order = replace(placement.order, **vars(head))
    writes = [
        requests.remember(command.asked, answer),
        *command.extra,  # before the goods, so that submitting a draft twice is refused as that
        *placement.writes,
        *map(drop_hold, placement.plan.takes),  # before the levels, so that a lost hold is refused as that
        *change(placement.movements, placement.plan.safety),
        *[open_payment(payment) for payment in placement.payments],
        store.put_order(order),
        *store.wait(order),
        entry,
    ]
    if len(writes) > db.MOST_WRITES:  # what promises fit in one commit, their end does as well
        raise TooManyPlaces()
    raise_on_conflict = attempt < ATTEMPTS_AT_OTHER_SHARDS and context.is_sharded and command.asked is not None
    try:
        db.commit(writes, raise_on_conflict)
    except (OutOfStock, HoldGone) as taken_meanwhile:
        raise Moved() from taken_meanwhile
    return answer
