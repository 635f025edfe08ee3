"""Amounts due, received and owed agree between orders, payments and the ledger."""

from __future__ import annotations

from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

# Kinds whose entries list the payments that they captured.
KINDS_WITH_CAPTURES = ("OrderPlaced", "HistoricalOrderRecorded", "OrderCancelled", "WorkDelivered", "WorkHandedOver")


def m2_tenders_sum_to_order_total(snapshot: Snapshot) -> list[str]:
    """For each payment 0 ≤ R ≤ C ≤ its amount; for each live order Σ (amount − R) of its active tenders = T + overpaid.

    An order and its payments refer to each other.
    """
    violations = []
    for payment_id, payment in snapshot.payments.items():
        if not 0 <= payment["refunded_minor"] <= payment["captured_minor"] <= payment["amount_minor"]:
            violations.append(f"{payment_id}: refunded ≤ captured ≤ amount does not hold")
    for order_id, order in snapshot.orders.items():
        listed = snapshot.payments_of_order.get(order_id, [])
        if {payment["pk"] for payment in listed} != set(order["payment_ids"]):
            violations.append(f"{order_id} and its payments do not refer to each other")
        tendered = sum(row["amount_minor"] - row["refunded_minor"] for row in listed if _is_active(row))
        if snapshot.is_live(order_id) and tendered != order["total_minor"] + _overpaid(snapshot, order):
            violations.append(f"{order_id} has total {order['total_minor']}, its tenders sum to {tendered}")
    return violations


def _overpaid(snapshot: Snapshot, order: Row) -> int:
    """max(0, C − R − T): positive if, for example, cash was paid although a bank transfer was under way."""
    return max(0, _net_captured(snapshot, order["pk"]) - int(order["total_minor"]))


def _net_captured(snapshot: Snapshot, order_id: str) -> int:
    payments = snapshot.payments_of_order.get(order_id, ())
    return sum(payment["captured_minor"] - payment["refunded_minor"] for payment in payments)


def _is_active(payment: Row) -> bool:
    return payment["status"] not in ("cancelled", "expired")


def m3_each_debt_is_recorded_once(snapshot: Snapshot) -> list[str]:
    """For a live order T − C + R = Σ open amounts of its active tenders, or none are open when it is overpaid.

    So no order has an open amount and a refund owed at once. The account of an order holds its open amounts other than
    credit. Each credit tender of a live order has one receivable with the same amounts; historical orders have none. A
    customer's exposure = Σ open receivables = the balance of the customer's account, and left = limit − exposure.
    """
    credits = {row["pk"]: row for row in snapshot.rows["customers"] if row["sk"] == "credit"}
    owed = sum_by_key((row["customer_id"], row["amount_minor"] - row["settled_minor"]) for row in snapshot.receivables)
    exposed = {name: row["exposure_minor"] for name, row in credits.items()}
    booked = {
        name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("receivable:", account))
    }
    uneven = [name for name, row in credits.items() if row["left_minor"] != row["limit_minor"] - row["exposure_minor"]]
    return [
        *list_differences("{name} has exposure {actual} and owes {expected}", owed, exposed),
        *list_differences("{name} owes {expected}, the ledger has {actual}", owed, booked),
        *[f"{name}: left is not limit − exposure" for name in uneven],
        *_refunds_owed_with_open_payments(snapshot),
        *_unpaid_orders(snapshot),
        *_mismatched_receivables(snapshot),
    ]


def _refunds_owed_with_open_payments(snapshot: Snapshot) -> list[str]:
    owed_back = (name for account in snapshot.postings if (name := _strip_prefix("refund_owed:", account)))
    payments = [
        (name, payment)
        for name in owed_back
        if snapshot.is_live(name)
        for payment in snapshot.payments_of_order.get(name, ())
    ]
    return [
        f"{name} owes a refund while {payment['pk']} is still open"
        for name, payment in payments
        if _is_active(payment) and payment["captured_minor"] < payment["amount_minor"]
    ]


def _unpaid_orders(snapshot: Snapshot) -> list[str]:
    tenders = [
        payment
        for payment in snapshot.payments.values()
        if _is_active(payment) and payment["method"] != "credit" and snapshot.is_live(payment["order_id"])
    ]
    unpaid = sum_by_key((row["order_id"], row["amount_minor"] - row["captured_minor"]) for row in tenders)
    booked = {name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("order:", account))}
    return list_differences("{name} has {expected} unpaid, the ledger has {actual}", unpaid, booked)


def _mismatched_receivables(snapshot: Snapshot) -> list[str]:
    credit = [row for row in snapshot.payments.values() if row["method"] == "credit" and row["status"] != "cancelled"]
    credit = [row for row in credit if not snapshot.orders.get(row["order_id"], {}).get("historical")]
    tenders = {row["pk"]: (row["amount_minor"], row["captured_minor"]) for row in credit}
    rows = [row for row in snapshot.receivables if row.get("payment_id")]
    debts = {row["payment_id"]: (row["amount_minor"], row["settled_minor"]) for row in rows}
    different = sorted(name for name in {*tenders, *debts} if tenders.get(name) != debts.get(name))
    duplicates = [f"{row['pk']} {row['sk']}: recorded twice" for row in rows if rows.count(row) > 1]
    duplicates += ["a receivable is recorded twice"] if len(rows) != len(debts) else []
    misplaced = [
        row["sk"] for row in rows if row["sk"].startswith("open#") != (row["settled_minor"] < row["amount_minor"])
    ]
    return [
        *[f"{name}: the tender has {tenders.get(name)}, the receivable {debts.get(name)}" for name in different],
        *duplicates,
        *[f"{name}: its key does not match whether it is settled" for name in misplaced],
    ]


def _strip_prefix(prefix: str, account: str) -> str:
    return account.removeprefix(prefix) if account.startswith(prefix) else ""


def m4_every_entry_balances(snapshot: Snapshot) -> list[str]:
    """For each entry Σ postings = 0, and so over all accounts. All postings are in the ledger's one currency."""
    violations = []
    for entry in snapshot.entries:
        difference = sum(posting["minor"] for posting in entry["fields"].get("postings", ()))
        if difference:
            name = f"{entry['subject']} {entry['sequence']} ({entry['kind']})"
            violations.append(f"{name}: its postings are off by {difference}")
    if sum(snapshot.postings.values()):
        violations.append(f"all accounts together are off by {sum(snapshot.postings.values())}")
    return violations


def m6_excess_money_is_owed_back(snapshot: Snapshot) -> list[str]:
    """`refund_owed` of a cancelled order = C − R, of a live order = what was overpaid.

    A cancelled order has no open payment. An order is listed as owing a refund exactly while it does.
    """
    live = {name: _overpaid(snapshot, order) for name, order in snapshot.orders.items() if snapshot.is_live(name)}
    cancelled = {name: _net_captured(snapshot, name) for name in snapshot.orders if name not in live}
    owed = {
        name: -minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("refund_owed:", account))
    }
    payments = [payment for name in cancelled for payment in snapshot.payments_of_order.get(name, ())]
    ended = ("captured", "cancelled", "expired")
    return [
        *list_differences("{name} must refund {expected}, {actual} is owed back", live | cancelled, owed),
        *[f"{row['pk']} of a cancelled order is {row['status']}" for row in payments if row["status"] not in ended],
        *[
            f"{name} is listed as owing a refund, or owes one without being listed"
            for name in {name for name, minor in owed.items() if minor} ^ snapshot.orders_owing_refund
        ],
    ]


def m7_each_capture_is_posted_once(snapshot: Snapshot) -> list[str]:
    """For each payment captured = Σ captures in the journal; event ids are unique."""
    payments = [
        payment for fields in snapshot.bodies_of_kind(*KINDS_WITH_CAPTURES) for payment in fields.get("payments", ())
    ]
    parts = [payment for payment in payments if payment["status"] == "captured"]
    parts += snapshot.bodies_of_kind("PaymentCaptured")
    settled = [debt for fields in snapshot.bodies_of_kind("CollectionReceived") for debt in fields.get("settled", ())]
    parts += [debt for debt in settled if debt.get("payment_id")]
    journaled = sum_by_key((part["payment_id"], part["amount_minor"]) for part in parts)
    captured = {name: row["captured_minor"] for name, row in snapshot.payments.items()}
    violations = list_differences("{name} has {actual} captured, the journal {expected}", journaled, captured)
    if len(snapshot.entries_by_event_id) != len(snapshot.entries):
        violations.append("two journal entries have the same event id")
    return violations


def m8_till_balance_matches_cash_movements(snapshot: Snapshot) -> list[str]:
    """For each shift cash_in = Σ cash captured, collected and handed into it, cash_out = Σ handed out of it.

    Once counted, counted − (opening + in − out) = variance, in its row and in its entry. For each till
    Σ (opening + in − out) over shifts that are not closed = its account.
    """
    received, handed_out = _cash_by_shift(snapshot)
    cash_in = {name: row.get("cash_in_minor", 0) for name, row in snapshot.shifts.items()}
    cash_out = {name: row.get("cash_out_minor", 0) for name, row in snapshot.shifts.items()}
    booked = {name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("till:", account))}
    tills = sum_by_key(
        (row["till"], _expected_in_till(row)) for row in snapshot.shifts.values() if row["status"] != "closed"
    )
    miscounted = [name for name, row in snapshot.shifts.items() if not _is_count_correct(snapshot, row)]
    return [
        *list_differences("{name}: {expected} was received, its cash_in is {actual}", received, cash_in),
        *list_differences("{name}: {expected} was handed out, its cash_out is {actual}", handed_out, cash_out),
        *list_differences("till {name} holds {actual}, the ledger has {expected}", booked, tills),
        *[f"{name}: the variance is wrong" for name in miscounted],
    ]


def _cash_by_shift(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
    """Cash received by and handed out of each shift."""
    handovers = snapshot.bodies_of_kind("CashHandedOver")
    collections = snapshot.bodies_of_kind("CollectionReceived")
    received = [(row["shift"], row["captured_minor"]) for row in snapshot.payments.values() if row.get("shift")]
    received += [(fields["shift"], fields["amount_minor"]) for fields in collections if fields.get("shift")]
    refunds = snapshot.bodies_of_kind("RefundRecorded")
    received += [(fields["to_shift"], fields["amount_minor"]) for fields in handovers if fields.get("to_shift")]
    paid_out = [(fields["from_shift"], fields["amount_minor"]) for fields in handovers]
    paid_out += [(fields["shift"], fields["amount_minor"]) for fields in refunds if fields.get("shift")]
    return sum_by_key(received), sum_by_key(paid_out)


def _expected_in_till(shift: Row) -> int:
    return int(shift["opening_minor"] + shift.get("cash_in_minor", 0) - shift.get("cash_out_minor", 0))


def _is_count_correct(snapshot: Snapshot, shift: Row) -> bool:
    """Whether the last count is right in the journal and, once the shift is closed, in its row."""
    if shift["status"] == "open":
        return True
    expected, counted = _expected_in_till(shift), shift["counted_minor"]
    entries = (entry["fields"] for entry in snapshot.journal.get(f"shift#{shift['pk']}", ()))
    counts = [fields for fields in entries if "counted_minor" in fields]
    right = {"expected_minor": expected, "counted_minor": counted, "variance_minor": counted - expected}
    is_row_right = shift["status"] == "counted" or shift["variance_minor"] == counted - expected
    return bool(is_row_right and counts and counts[-1].items() >= right.items())


RULES = (
    m2_tenders_sum_to_order_total,
    m3_each_debt_is_recorded_once,
    m4_every_entry_balances,
    m6_excess_money_is_owed_back,
    m7_each_capture_is_posted_once,
    m8_till_balance_matches_cash_movements,
)
