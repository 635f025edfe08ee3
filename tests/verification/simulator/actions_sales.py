"""Sales actions: placing orders in every channel, drafts, payments and cancellations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.fulfillment.cancel_lines import cancel_lines
from chalicelib.kit import auth, clock
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import confirm_payment, draft, link
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.model import Delivery
from chalicelib.orders.order_json import order_to_json
from chalicelib.orders.place import place
from chalicelib.orders.record_refund import record_refund
from chalicelib.payments.store import load_payments
from tests.shop import CUP, RARE, TEAPOT, principal_of
from tests.verification.simulator.action_helpers import (
    DEBTORS,
    SALESMEN,
    SARI,
    SHIP_TO_SARI,
    SKUS,
    STORE_LOCATION,
    agent_principal,
    build_idempotency_key,
    choose_recent_order,
    owner_principal,
    rupiah,
    short_id,
)
from tests.verification.simulator.sim import Sim


def choose_lines(
    sim: Sim, skus: Sequence[str] = SKUS, max_quantity: int = 3, **kwargs: Any
) -> tuple[RequestedLine, ...]:
    chosen = sim.rng.sample(skus, sim.rng.choice((1, 1, 1, 2)))
    return tuple(RequestedLine(sku, sim.rng.randint(1, max_quantity), **kwargs) for sku in chosen)


def build_tenders(*methods: str) -> tuple[Tender, ...]:
    return tuple(Tender(method) for method in methods)


def place_order(sim: Sim, command: PlaceOrder) -> str:
    by, body = command.principal, [str(command.lines), str(command.tenders)]

    def send(key: str) -> Any:
        return place(replace(command, idempotency_key=build_idempotency_key(by, key, body)))

    return describe_placed_order(sim, command.channel, send, command.lines, command.tenders)


def describe_placed_order(
    sim: Sim, name: str, send: Callable[[str], Any], lines: Sequence[RequestedLine], payments: Sequence[Tender]
) -> str:
    answer = sim.call_with_retries(name, send)
    if answer["id"] not in sim.orders:
        sim.orders.append(answer["id"])
    goods = ", ".join(f"{line.quantity} {line.sku}" for line in lines)
    return f"{goods} by {' and '.join(tender.method for tender in payments)}: {answer['id'][-6:]}"


def place_web_order(sim: Sim) -> str:
    coupons = sim.rng.choice(((), (), ("HEMAT",), ("HEMAT", "LAGI")))
    tenders = build_tenders(sim.rng.choice(("cod", "cod", "transfer")))
    backorder = sim.rng.random() < 0.8
    command = PlaceOrder(
        "web", choose_lines(sim), SHIP_TO_SARI, tenders, ANYONE, contact=SARI, coupons=coupons, backorder=backorder
    )
    return place_order(sim, command)


def sell_at_counter(sim: Sim) -> str:
    delivery = Delivery("handover", STORE_LOCATION)
    lines = choose_lines(sim, (CUP, RARE), max_quantity=1)
    return place_order(sim, PlaceOrder("pos", lines, delivery, build_tenders("cash"), principal_of("cashier-sinta")))


def sell_from_another_location(sim: Sim) -> str:
    delivery, by = sim.rng.choice((SHIP_TO_SARI, Delivery("pickup", STORE_LOCATION))), principal_of("cashier-sinta")
    return place_order(sim, PlaceOrder("pos", choose_lines(sim), delivery, build_tenders("cash"), by, contact=SARI))


def place_phone_order(sim: Sim) -> str:
    tenders = sim.rng.choice((build_tenders("credit"), (Tender("credit", rupiah(10_000)), Tender("transfer"))))
    coupons, customer = sim.rng.choice(((), (), ("LAGI",))), sim.rng.choice(DEBTORS)
    command = PlaceOrder(
        "phone", choose_lines(sim), SHIP_TO_SARI, tenders, agent_principal(), customer_id=customer, coupons=coupons
    )
    return place_order(sim, replace(command, backorder=True))


def sell_with_price_override(sim: Sim) -> str:
    """The owner overrides a price or a credit limit."""
    lines = choose_lines(sim, override_price=rupiah(1_000), reason="an old friend")
    tenders = sim.rng.choice((build_tenders("cod"), (Tender("credit", reason="pays reliably"),)))
    return place_order(
        sim, PlaceOrder("phone", lines, SHIP_TO_SARI, tenders, owner_principal(), customer_id=DEBTORS[0])
    )


def sell_from_van(sim: Sim) -> str:
    staff = principal_of(sim.rng.choice(SALESMEN))
    tenders = sim.rng.choice(
        (build_tenders("cash"), build_tenders("credit"), (Tender("cash", rupiah(5_000)), Tender("credit")))
    )
    delivery = Delivery("handover", staff.location)
    lines, debtor = choose_lines(sim, (TEAPOT, CUP), max_quantity=1), sim.rng.choice(DEBTORS)
    return place_order(sim, PlaceOrder("sfa", lines, delivery, tenders, staff, customer_id=debtor))


def place_marketplace_order(sim: Sim) -> str:
    """An order agreed on the marketplace yesterday. Its reference identifies it when it is sent again."""
    lines = choose_lines(sim, agreed_price=rupiah(20_000))
    details: dict[str, Any] = {"contact": SARI, "ref": f"TK-{sim.key_count}", "freight": rupiah(9_000)}
    command = PlaceOrder(
        "marketplace",
        lines,
        SHIP_TO_SARI,
        build_tenders("transfer"),
        principal_of("channel-tokoku"),
        placed_at=yesterday(),
        **details,
    )
    return place_order(sim, command)


def yesterday() -> Any:
    return clock.now() - timedelta(days=1)


# -- drafts ------------------------------------------------------------------------------------------------------------


def create_draft(sim: Sim) -> str:
    command = PlaceOrder(
        "phone",
        choose_lines(sim),
        SHIP_TO_SARI,
        build_tenders("transfer"),
        agent_principal(),
        contact=SARI,
        backorder=True,
    )
    body = str(command.lines)
    answer = sim.call_with_retries(
        "draft",
        lambda key: draft.create(replace(command, idempotency_key=build_idempotency_key(agent_principal(), key, body))),
    )
    sim.drafts.append(answer["id"])
    return answer["id"][-6:]


def send_or_submit_draft(sim: Sim) -> str:
    if not sim.drafts:
        return "no draft"
    draft_id = sim.rng.choice(sim.drafts)
    if sim.rng.random() < 0.4:
        draft.send_pay_link(agent_principal(), draft_id)
        return f"{draft_id[-6:]} sent as a link"
    with sim.without_faults():
        stored = draft.load_draft(agent_principal(), draft_id)
    tenders = build_tenders(sim.rng.choice(("cod", "transfer")))
    return describe_placed_order(
        sim,
        "submit",
        lambda key: draft.submit(stored, build_idempotency_key(agent_principal(), key, draft_id), list(tenders)),
        stored.command.lines,
        tenders,
    )


# -- money and ends ----------------------------------------------------------------------------------------------------


def cancel_order(sim: Sim) -> str:
    """Cancel an order; paid orders and backorders are chosen more often."""
    likely: dict[str, dict[str, str]] = {
        "any": {},
        "paid": {"row_prefix": "order", "status": "placed", "payment_status": "paid"},
        "backorder": {"row_prefix": "ful_", "status": "awaiting"},
    }
    order = choose_recent_order(sim, **likely[sim.rng.choice(("any", "any", "paid", "backorder"))]).order
    shopper = Principal(token=auth.order_token(order.id, order.token_version))
    by = sim.rng.choice((agent_principal(), shopper))
    cancelling.cancel(by, order.id, "changed their mind")
    return f"{by.actor} {short_id(order)}"


def cancel_some_units(sim: Sim) -> str:
    """Cancel some units of one or more lines; goods that came back and split orders are chosen more often."""
    likely: dict[str, dict[str, str]] = {
        "any": {},
        "paid": {"row_prefix": "order", "status": "placed", "payment_status": "paid"},
        "split": {"row_prefix": "order", "status": "placed", "fulfillment_status": "partly_shipped"},
        "came back": {"row_prefix": "ful_", "status": "back_at_location"},
    }
    order = choose_recent_order(sim, **likely[sim.rng.choice(tuple(likely))]).order
    lines = sim.rng.sample(order.lines, sim.rng.randint(1, len(order.lines)))
    quantities = {line.sku: sim.rng.randint(1, line.quantity) for line in lines}
    by = sim.rng.choice((agent_principal(), Principal(token=auth.order_token(order.id, order.token_version))))

    def send(key: str) -> Any:
        idempotency_key = build_idempotency_key(by, key, [order.id, quantities])
        changed, payments = cancel_lines(by, order.id, quantities, "too many", idempotency_key)
        return order_to_json(changed, payments)

    sim.call_with_retries("cancel units", send)
    return f"{by.actor} {short_id(order)} {quantities}"


def record_order_refund(sim: Sim) -> str:
    """Record that money owed back was returned, all of it or a part."""
    order = choose_recent_order(sim, row_prefix="refund_owed").order
    by, method = principal_of("finance-maya"), sim.rng.choice(("transfer", "transfer", "cash"))
    amount = sim.rng.choice((None, rupiah(1_000)))

    def send(key: str) -> Any:
        idempotency_key = build_idempotency_key(by, key, [order.id, method, str(amount)])
        return order_to_json(*record_refund(by, order.id, method, amount, idempotency_key))

    sim.call_with_retries("refund", send)
    return f"{short_id(order)} {method}"


def renew_order_link(sim: Sim) -> str:
    order = choose_recent_order(sim).order
    sim.call_with_retries(
        "link",
        lambda key: link.renew(agent_principal(), order.id, build_idempotency_key(agent_principal(), key, order.id)),
    )
    return short_id(order)


def handle_bank_transfer(sim: Sim) -> str:
    order = choose_recent_order(sim, row_prefix="waiting").order
    with sim.without_faults():
        transfers = [payment for payment in load_payments(order.payment_ids) if payment.method == "transfer"]
    if not transfers:
        return "no transfer"
    payment = sim.rng.choice(transfers).id
    actions: dict[str, Callable[[], Any]] = {
        "proof": lambda: confirm_payment.submit_proof(agent_principal(), payment, f"TRF {sim.key_count}"),
        "rejected": lambda: confirm_payment.reject(principal_of("finance-maya"), payment, "unreadable"),
        "cash instead": lambda: confirm_payment.pay_in_cash(principal_of("cashier-sinta"), order.id),
        "confirmed": lambda: confirm_payment.confirm(principal_of("finance-maya"), payment),
    }
    verb = sim.rng.choice(sorted(actions))
    actions[verb]()
    return f"{short_id(order)} {verb}"
