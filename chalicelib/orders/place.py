"""Placing an order: look, price, plan, promise. One transaction holds the order and everything it takes."""

from __future__ import annotations

from collections.abc import Sequence
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
from chalicelib.orders.look import Seen, look, look_wider
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
from chalicelib.orders.price import Priced, coupons_used, priced
from chalicelib.payments import owe, pay, post
from chalicelib.payments.model import METHODS, MethodUnavailable, Payment
from chalicelib.payments.shift_store import cash_into
from chalicelib.payments.store import open_payment, open_receivables
from chalicelib.places import find as places
from chalicelib.stock.coming import plan_with_expected
from chalicelib.stock.model import (
    HoldGone,
    Movement,
    NoSuchLocation,
    OutOfStock,
    allocated,
    holds_for,
    issued_directly,
    reserved,
)
from chalicelib.stock.plan import Plan
from chalicelib.stock.store import change, drop_hold, put_hold

AT_MOST_TIMES = 6
OTHER_SHELVES = 3  # tried before one waits for his turn at the same


@dataclass(frozen=True)
class Promise:
    """An order ready to be committed, and the writes beside it."""

    order: Order
    payments: Sequence[Payment]
    movements: Sequence[Movement]
    writes: Sequence[Write]
    event: OrderPlaced


def place(command: PlaceOrder) -> dict[str, Any]:
    """The answer as JSON, without the guest's token. Raises AlreadyAnswered for a repeat, and every refusal of the
    rooms it asks; nothing moves then."""
    seen = look(command)
    requests.answer_again(command.asked, seen.answered)
    check(command, seen)
    prices = priced(command, seen)
    for attempt in range(AT_MOST_TIMES):
        elsewhere = attempt < OTHER_SHELVES and seen.shelved and command.asked is not None
        try:
            plan = planned(command, seen)
        except OutOfStock:
            if seen.wide:
                raise
        else:
            try:
                return promise(command, seen, prices, plan, elsewhere)
            except db.Blocked:  # somebody else is at this shelf now; the next turn is another's, most likely
                db.pause(attempt)
                continue
            except (OutOfStock, HoldGone, Moved):
                pass  # somebody was quicker with these very units; others may be left
        seen = look_wider(command, seen)
    raise Unavailable()


def check(command: PlaceOrder, seen: Seen) -> None:
    skus = [line.sku for line in command.lines]
    if len(skus) > MOST_LINES:
        raise TooManyLines(("lines", f"{len(skus)} different goods"), most=MOST_LINES)
    check_listed(skus, seen.products, seen.channel)
    if command.delivery.method != "ship" and command.delivery.location not in places.locations():
        raise NoSuchLocation(("delivery.location", "is not one of ours"), location=command.delivery.location)
    allowed = seen.channel.tenders
    for tender in command.tenders:
        if allowed and tender.method not in allowed:
            raise MethodUnavailable(method=tender.method, methods=sorted(allowed))
        if tender.reason and tender.method == "credit" and command.principal.role not in ("owner", "finance"):
            raise MayNotOverridePrices()


def planned(command: PlaceOrder, seen: Seen) -> Plan:
    demand = {line.sku: line.quantity for line in command.lines}
    own = command.principal.location if command.principal.is_staff else None
    return plan_with_expected(
        demand,
        seen.levels,
        seen.on_its_way,
        backorder=command.backorder and command.delivery.method != "handover",
        safety_units=seen.channel.safety_units,
        own=own,
        turn=int.from_bytes(ids.randomness(2), "big"),
    )


def promise(command: PlaceOrder, seen: Seen, prices: Priced, plan: Plan, elsewhere: bool = False) -> dict[str, Any]:
    made = promised(command, seen, prices, plan)
    answer = show.as_json(made.order, made.payments)
    entry, head = store.append_event(made.order, made.event, actor=command.principal.actor, at=seen.now)
    order = replace(made.order, **vars(head))
    writes = [
        requests.remember(command.asked, answer),
        *command.extra,  # before the goods: who submits a draft that another just submitted should hear of that
        *made.writes,
        *[drop_hold(hold) for hold in plan.takes],  # before the levels: who lost a hold should hear of that
        *change(made.movements, plan.safety),
        *[open_payment(payment) for payment in made.payments],
        store.put_order(order),
        *store.wait(order),
        entry,
    ]
    if len(writes) > db.MOST_WRITES:  # what promises fit in one commit, their end does as well
        raise TooManyPlaces()
    db.commit(writes, elsewhere)
    return answer


def promised(command: PlaceOrder, seen: Seen, prices: Priced, plan: Plan) -> Promise:
    order_id = command.order_id or ids.new("ord", seen.now)
    freight = command.freight or Money(0, config.currency())
    whole = total((line.total for line in prices.lines), freight.currency) + freight
    customer_id, newcomer = customer_of(command, seen)
    payments = tendered(command, seen, order_id, customer_id, whole)
    until = reserved_until(payments, seen.now)
    movements = taken(command, plan, until)
    order = new_order(command, seen, order_id, prices, plan, payments, whole, freight, customer_id, until)
    credit = total((one.amount for one in payments if one.method == "credit"), whole.currency)
    writes = [
        *newcomer,
        *coupons_used(prices.coupons, customer_id),
        *into_the_till(seen, payments),
        *on_account(command, customer_id, credit),
        *open_receivables(payments),
        *[put_hold(hold) for hold in (holds_for(plan.pieces, order_id, until) if until else ())],
    ]
    return Promise(order, payments, movements, writes, placed_event(command, order, payments, movements, credit))


def taken(command: PlaceOrder, plan: Plan, until: datetime | None) -> list[Movement]:
    """Handed over goods leave at once; paid or collectable ones are allocated; those that wait for money are held."""
    if command.delivery.method == "handover":
        return plan.moved_by(issued_directly)
    return plan.moved_by(reserved if until else allocated)


def tendered(command: PlaceOrder, seen: Seen, order_id: str, customer_id: str, whole: Money) -> list[Payment]:
    methods = [tender.method for tender in command.tenders]
    waits = [method for method in methods if method in METHODS and not _hands_over(method)]
    if command.delivery.method == "handover" and waits:
        raise HandoverNeedsMoney(("payments", f"{waits[0]} is not paid at once"), method=waits[0])
    if "credit" in methods and seen.credit is None:
        raise NoCreditTerms()
    today = clock.day_of(seen.now, config.zone())
    terms = pay.PaymentTerms(
        order_id,
        actor=command.principal.id,
        channel=command.channel,
        shift=seen.shift,
        customer_id=customer_id,
        due_on=owe.due_date(today, seen.credit.terms_days) if seen.credit else None,
        reference=ids.short_number(order_id),
        expires_at=seen.now + timedelta(minutes=config.transfer_hold_minutes()),
    )
    tenders = [(tender.method, tender.amount) for tender in command.tenders]
    return pay.build_payments(terms, tenders, whole, [ids.new("pay", seen.now) for _ in methods])


def _hands_over(method: str) -> bool:
    return METHODS[method].at_once and method != "cod"


def reserved_until(payments: Sequence[Payment], now: datetime) -> datetime | None:
    """The real clock's, also for an order whose business date is long past."""
    waits = any(METHODS[payment.method].holds for payment in payments)
    return now + timedelta(minutes=config.transfer_hold_minutes()) if waits else None


def customer_of(command: PlaceOrder, seen: Seen) -> tuple[str, list[Write]]:
    if seen.customer is not None:
        return seen.customer.id, []
    if command.contact is None:
        return "", []
    where = command.delivery.address or {}
    address = Address(**{name: where[name] for name in ("street", "city", "postcode", "country") if name in where})
    return recognise(
        command.contact, seen.identities, command.principal, at=seen.now, address=address if where else None
    )


def into_the_till(seen: Seen, payments: Sequence[Payment]) -> list[Write]:
    cash = [payment.amount for payment in payments if payment.method == "cash"]
    return [cash_into(seen.shift, total(cash, cash[0].currency))] if cash and seen.shift else []


def on_account(command: PlaceOrder, customer_id: str, credit: Money) -> list[Write]:
    if not credit:
        return []
    lifted = any(tender.reason for tender in command.tenders if tender.method == "credit")
    return [extend_credit(customer_id, credit, override=lifted)]


def new_order(
    command: PlaceOrder,
    seen: Seen,
    order_id: str,
    prices: Priced,
    plan: Plan,
    payments: Sequence[Payment],
    whole: Money,
    freight: Money,
    customer_id: str,
    until: datetime | None,
) -> Order:
    gone = command.delivery.method == "handover"
    return Order(
        id=order_id,
        number=ids.short_number(order_id),
        channel=command.channel,
        placed_at=command.placed_at or seen.now,
        status=OrderStatus.COMPLETED if gone else OrderStatus.PLACED,
        payment_status=pay.payment_status(whole, payments),
        fulfillment_status=OrderFulfillmentStatus.DELIVERED if gone else OrderFulfillmentStatus.UNASSIGNED,
        lines=with_days(prices.lines, plan.pieces),
        delivery=delivery_of(command, seen),
        total=whole,
        freight=freight,
        actor=command.made_by or command.principal.actor,
        contact=contact_of(command, seen),
        customer_id=customer_id,
        location=command.principal.location or "",
        placement=command.placement,
        pieces=plan.pieces,
        payment_ids=tuple(payment.id for payment in payments),
        reserved_until=until,
        coupons=tuple(coupon.code for coupon in prices.coupons),
        note=command.note,
        ref=command.ref,
        link_until=link_ends(seen.now),
        caller=command.caller,
    )


def delivery_of(command: PlaceOrder, seen: Seen) -> Delivery:
    """Without an address of its own an order goes to where its customer lives."""
    home = seen.customer.address if seen.customer else None
    if command.delivery.method != "ship" or command.delivery.address or home is None:
        return replace(command.delivery, point=seen.point)
    point = {"lat": home.lat, "lon": home.lon} if home.lat is not None and home.lon is not None else None
    return replace(command.delivery, address=home.as_json(), point=seen.point or point)


def contact_of(command: PlaceOrder, seen: Seen) -> dict[str, str]:
    who = command.contact or seen.customer
    if who is None:
        return {}
    said = {"name": who.name, "phone": who.phone, "email": who.email}
    return {name: value for name, value in said.items() if value}


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
