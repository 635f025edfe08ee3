"""Rules of the daily ledger: the lines of a journal entry, their sums, and mismatches with payments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.kit import clock
from chalicelib.kit.events import read_records
from chalicelib.kit.money import Money
from chalicelib.payments.model import Payment, PaymentRecord, PaymentStatus, SettledReceivable

MONEY_IN_KINDS = ("captured", "collected")
LINE_KIND_BY_STATUS = {PaymentStatus.CAPTURED: "captured", PaymentStatus.ON_CREDIT: "credit"}
AWAITED_STATUSES = {
    PaymentStatus.DUE,
    PaymentStatus.AWAITING_PROOF,
    PaymentStatus.PROOF_SUBMITTED,
    PaymentStatus.REJECTED,
}
# Credit is reversed when its order or a part of it is cancelled, or when a late transfer covers it.
CREDIT_REVERSING_EVENTS = ("OrderCancelled", "OrderReduced", "PaymentCaptured")


@dataclass(frozen=True)
class LedgerLine:
    """One line of the daily ledger; `minor` is in minor units of `currency`.

    `kind` is `promised` (no money at the entry), `captured`, `credit` (a debt instead of money), `collected`,
    `handed_over` (between tills: two lines that sum to zero), `owed_back` or `refunded`.
    """

    day: str
    event_id: str
    number: int
    kind: str
    method: str
    channel: str
    minor: int
    currency: str
    at: str
    actor: str = ""
    order_id: str = ""
    payment_id: str = ""
    customer_id: str = ""
    till: str = ""
    shift: str = ""


def build_lines(message: Mapping[str, Any], payments: Mapping[str, Payment], zone: str) -> list[LedgerLine]:
    """Return the ledger lines of one journal entry; most entries have none. Amounts of zero have no line.

    `payments` holds the current payments that the entry names, by id; `zone` decides the day.
    """
    body = message["body"]
    lines = [
        replace(line, **fields_from_payment(payments.get(line.payment_id), line))
        for line in build_lines_from_entry(message, zone)
    ]
    if body.get("owed_minor"):
        owed = build_line(message, zone, "owed_back", "", body["owed_minor"])
        lines.append(replace(owed, order_id=body.get("order_id", "")))
    if message["kind"] == "RefundRecorded":
        refunded = build_line(message, zone, "refunded", body["method"], -body["amount_minor"])
        till_fields = {"till": body.get("till", ""), "shift": body.get("shift", "")}
        lines.append(replace(refunded, order_id=body["order_id"], **till_fields))
    if message["kind"] in CREDIT_REVERSING_EVENTS and body.get("credit_minor"):
        reversal = build_line(message, zone, "credit", "credit", -body["credit_minor"])
        lines.append(replace(reversal, order_id=body["order_id"]))
    moved = [line for line in lines if line.minor]
    return [replace(line, number=number) for number, line in enumerate(moved)]


def list_payment_ids_to_load(message: Mapping[str, Any]) -> list[str]:
    """Return the ids of the payments that `build_lines` needs, without duplicates, in the order of the entry.

    Only captured lines and lines without a channel need their payment.
    """
    lines = [line for line in build_lines_from_entry(message, "UTC") if line.payment_id]
    return list(dict.fromkeys(line.payment_id for line in lines if line.kind == "captured" or not line.channel))


def build_lines_from_entry(message: Mapping[str, Any], zone: str) -> list[LedgerLine]:
    """Return the lines that the entry alone determines, without the fields of its payments."""
    body = message["body"]
    if message["kind"] == "CollectionReceived":
        return build_collection_lines(message, zone)
    if message["kind"] == "CashHandedOver":
        return build_handover_lines(message, zone)
    payments = read_records(PaymentRecord, body.get("payments", ()))
    if not payments and message["kind"] == "PaymentCaptured":
        payments = (PaymentRecord(body["payment_id"], body["method"], body["amount_minor"], PaymentStatus.CAPTURED),)
    return [
        replace(
            build_line(
                message, zone, LINE_KIND_BY_STATUS.get(payment.status, "promised"), payment.method, payment.amount_minor
            ),
            order_id=body.get("order_id", ""),
            payment_id=payment.payment_id,
        )
        for payment in payments
    ]


def build_collection_lines(message: Mapping[str, Any], zone: str) -> list[LedgerLine]:
    body = message["body"]
    common = {"till": body.get("till", ""), "shift": body.get("shift", ""), "customer_id": body["customer_id"]}
    return [
        replace(
            build_line(message, zone, "collected", body["method"], settled.amount_minor),
            **common | {"order_id": settled.order_id, "payment_id": settled.payment_id},
        )
        for settled in read_records(SettledReceivable, body["settled"])
    ]


def build_handover_lines(message: Mapping[str, Any], zone: str) -> list[LedgerLine]:
    body = message["body"]
    sides = [(body["to_till"] or "safe", body["to_shift"], body["amount_minor"])]
    sides.append((body["from_till"], body["from_shift"], -body["amount_minor"]))
    return [
        replace(build_line(message, zone, "handed_over", "cash", minor), till=till, shift=shift)
        for till, shift, minor in sides
    ]


def build_line(message: Mapping[str, Any], zone: str, kind: str, method: str, minor: int) -> LedgerLine:
    day = clock.day_of(clock.parse(message["occurred_at"]), zone).isoformat()
    return LedgerLine(
        day=day,
        event_id=message["event_id"],
        number=0,
        kind=kind,
        method=method,
        channel=message.get("channel") or message["body"].get("channel", ""),
        minor=minor,
        currency=message["body"]["currency"],
        at=message["occurred_at"],
        actor=message["actor"],
    )


def fields_from_payment(payment: Payment | None, line: LedgerLine) -> dict[str, Any]:
    """Return the fields of a line that come from its payment: the channel, and the till of captured money."""
    if payment is None:
        return {}
    is_captured = line.kind == "captured"
    return {
        "channel": line.channel or payment.channel,
        "till": payment.till if is_captured else line.till,
        "shift": payment.shift if is_captured else line.shift,
    }


def sum_lines(lines: Iterable[LedgerLine]) -> list[dict[str, Any]]:
    """Return one JSON object with `amount` and `count` per method, channel, kind and currency, sorted."""
    sums: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    for line in lines:
        key = (line.method, line.channel, line.kind, line.currency)
        minor, count = sums.get(key, (0, 0))
        sums[key] = (minor + line.minor, count + 1)
    return [
        {"method": method, "channel": channel, "kind": kind, "amount": Money(minor, currency).to_json(), "count": count}
        for (method, channel, kind, currency), (minor, count) in sorted(sums.items())
    ]


def sum_money_in(lines: Sequence[LedgerLine]) -> dict[str, Any]:
    """Return the money received per currency in minor units: `{"cash": …, "non_cash": …, "all": …}`."""
    sums: dict[str, Any] = {}
    for currency in sorted({line.currency for line in lines}):
        received = [line for line in lines if line.currency == currency and line.kind in MONEY_IN_KINDS]
        cash = sum(line.minor for line in received if line.method in ("cash", "cod"))
        other = sum(line.minor for line in received) - cash
        sums[currency] = {"cash": cash, "non_cash": other, "all": cash + other}
    return sums


def drop_settled_promises(lines: Iterable[LedgerLine], payments: Mapping[str, Payment]) -> list[LedgerLine]:
    """Return the lines without the promises that were paid, expired or cancelled since."""
    return [line for line in lines if line.kind != "promised" or is_awaited(payments.get(line.payment_id))]


def is_awaited(payment: Payment | None) -> bool:
    return payment is None or payment.status in AWAITED_STATUSES


def list_mismatches(
    payment_ids: Sequence[str], payments: Mapping[str, Payment], posted: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return the payments that are missing or whose captured amount differs from the ledger's, over all days.

    `posted` holds the minor units that the ledger received per payment.
    """
    mismatches = []
    for payment_id in payment_ids:
        payment = payments.get(payment_id)
        captured_minor, posted_minor = payment.captured.minor if payment else 0, posted.get(payment_id, 0)
        if payment is None or captured_minor != posted_minor:
            order_id = payment.order_id if payment else ""
            mismatches.append(build_mismatch(payment_id, order_id, captured_minor, posted_minor))
    return mismatches


def list_lines_without_payment(lines: Iterable[LedgerLine]) -> list[dict[str, Any]]:
    """Return a mismatch per received line without payment; only opening receivables may lack one."""
    return [
        build_mismatch("", line.order_id, 0, line.minor)
        for line in lines
        if line.kind in MONEY_IN_KINDS and not line.payment_id and line.order_id
    ]


def build_mismatch(payment_id: str, order_id: str, payment_minor: int, ledger_minor: int) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "order_id": order_id,
        "payment_minor": payment_minor,
        "ledger_minor": ledger_minor,
    }
