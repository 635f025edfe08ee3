"""What was asked, what came in and what is owed, from three sides: orders, payments and the books."""

from __future__ import annotations

from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

KINDS_WITH_CAPTURES = (
    "OrderPlaced",
    "OrderCancelled",
    "WorkDelivered",
    "WorkHandedOver",
)  # these name payments they captured


def m2_tenders_sum_to_order_total(snapshot: Snapshot) -> list[str]:
    """For each payment 0 ≤ R ≤ C ≤ its amount; for each live order Σ amounts of tenders that still stand = T +
    credit(o), see M3; the order and its payments name each other."""
    wrong = []
    for payment_id, payment in snapshot.payments.items():
        if not 0 <= payment["refunded_minor"] <= payment["captured_minor"] <= payment["amount_minor"]:
            wrong.append(f"{payment_id}: more went out than came in, or more came in than was asked")
    for order_id, order in snapshot.orders.items():
        listed = snapshot.payments_of_order.get(order_id, [])
        if {payment["pk"] for payment in listed} != set(order["payment_ids"]):
            wrong.append(f"{order_id} and its payments do not name each other")
        asked = sum(payment["amount_minor"] for payment in listed if _is_active(payment))
        if snapshot.is_live(order_id) and asked != order["total_minor"] + _overpaid(snapshot, order):
            wrong.append(f"{order_id} asks {order['total_minor']}, its tenders come to {asked}")
    return wrong


def _overpaid(snapshot: Snapshot, order: Row) -> int:
    """credit(o) = max(0, C − R − T): he paid in cash what he had sent to the bank as well."""
    return max(0, _net_captured(snapshot, order["pk"]) - int(order["total_minor"]))


def _net_captured(snapshot: Snapshot, order_id: str) -> int:
    return sum(each["captured_minor"] - each["refunded_minor"] for each in snapshot.payments_of_order.get(order_id, ()))


def _is_active(payment: Row) -> bool:
    return payment["status"] not in ("cancelled", "expired")


def m3_each_debt_is_recorded_once(snapshot: Snapshot) -> list[str]:
    """For a live order T − C + R = Σ what its standing tenders still have to bring, or nothing when more came in than
    that: what is owed for an order and what is owed back of it are never both > 0. Its account holds what of it is no
    credit; each credit tender has one receivable with the same numbers while its order lives; a customer's exposure =
    Σ left of his receivables = the balance of his account, and left = limit − exposure."""
    credits = {row["pk"]: row for row in snapshot.rows["customers"] if row["sk"] == "credit"}
    owed = sum_by_key((row["customer_id"], row["amount_minor"] - row["settled_minor"]) for row in snapshot.receivables)
    exposed = {name: row["exposure_minor"] for name, row in credits.items()}
    booked = {
        name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("receivable:", account))
    }
    short = [name for name, row in credits.items() if row["left_minor"] != row["limit_minor"] - row["exposure_minor"]]
    return [
        *list_differences("{name} is exposed by {found} and owes {expected}", owed, exposed),
        *list_differences("{name} owes {expected}, the books say {found}", owed, booked),
        *[f"{name}: what is left is not limit less exposure" for name in short],
        *_orders_owed_and_owing(snapshot),
        *_unpaid_orders(snapshot),
        *_mismatched_receivables(snapshot),
    ]


def _orders_owed_and_owing(snapshot: Snapshot) -> list[str]:
    owed_back = (name for account in snapshot.postings if (name := _strip_prefix("refund_owed:", account)))
    wrong = [
        (name, each)
        for name in owed_back
        if snapshot.is_live(name)
        for each in snapshot.payments_of_order.get(name, ())
    ]
    return [
        f"{name} owes money back while {each['pk']} is to bring some still"
        for name, each in wrong
        if _is_active(each) and each["captured_minor"] < each["amount_minor"]
    ]


def _unpaid_orders(snapshot: Snapshot) -> list[str]:
    standing = [
        payment for payment in snapshot.payments.values() if _is_active(payment) and payment["method"] != "credit"
    ]
    alive = [payment for payment in standing if snapshot.is_live(payment["order_id"])]
    open_still = sum_by_key((each["order_id"], each["amount_minor"] - each["captured_minor"]) for each in alive)
    booked = {name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("order:", account))}
    return list_differences("{name} has still to bring {expected}, the books say {found}", open_still, booked)


def _mismatched_receivables(snapshot: Snapshot) -> list[str]:
    credit = [row for row in snapshot.payments.values() if row["method"] == "credit" and row["status"] != "cancelled"]
    tenders = {row["pk"]: (row["amount_minor"], row["captured_minor"]) for row in credit}
    rows = [row for row in snapshot.receivables if row.get("payment_id")]
    debts = {row["payment_id"]: (row["amount_minor"], row["settled_minor"]) for row in rows}
    wrong = sorted(name for name in {*tenders, *debts} if tenders.get(name) != debts.get(name))
    twice = [f"{row['pk']} {row['sk']}: a debt stands twice" for row in rows if rows.count(row) > 1]
    twice += ["a debt stands twice"] if len(rows) != len(debts) else []
    misplaced = [
        row["sk"] for row in rows if row["sk"].startswith("open#") != (row["settled_minor"] < row["amount_minor"])
    ]
    return [
        *[f"{name}: the tender says {tenders.get(name)}, the receivable {debts.get(name)}" for name in wrong],
        *twice,
        *[f"{name}: settled and open are mixed up" for name in misplaced],
    ]


def _strip_prefix(prefix: str, account: str) -> str:
    return account.removeprefix(prefix) if account.startswith(prefix) else ""


def m4_every_entry_balances(snapshot: Snapshot) -> list[str]:
    """For each entry Σ postings = 0, and so over all accounts. Postings name no currency: the books are kept in one."""
    wrong = []
    for entry in snapshot.entries:
        off = sum(posting["minor"] for posting in entry["fields"].get("postings", ()))
        if off:
            wrong.append(f"{entry['subject']} {entry['sequence']} ({entry['kind']}): its postings are off by {off}")
    if sum(snapshot.postings.values()):
        wrong.append(f"all accounts together are off by {sum(snapshot.postings.values())}")
    return wrong


def m6_excess_money_is_owed_back(snapshot: Snapshot) -> list[str]:
    """The account `refund_owed` of an order owes C − R when it is cancelled, and what came in too much while it lives;
    nothing else of a dead order is open."""
    live = {name: _overpaid(snapshot, order) for name, order in snapshot.orders.items() if snapshot.is_live(name)}
    dead = {name: _net_captured(snapshot, name) for name in snapshot.orders if name not in live}
    owed = {
        name: -minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("refund_owed:", account))
    }
    ended = ("captured", "cancelled", "expired")
    payments = [each for name in dead for each in snapshot.payments_of_order.get(name, ())]
    waiting = [
        f"{one['pk']} of a dead order is still {one['status']}" for one in payments if one["status"] not in ended
    ]
    return (
        list_differences("{name} has {expected} that is not ours, and {found} is owed back", live | dead, owed)
        + waiting
    )


def m7_each_capture_is_posted_once(snapshot: Snapshot) -> list[str]:
    """For each payment captured = Σ the journal tells came in for it; no event id is there twice."""
    payments = [
        payment for fields in snapshot.bodies_of_kind(*KINDS_WITH_CAPTURES) for payment in fields.get("payments", ())
    ]
    told = [(each["payment_id"], each["amount_minor"]) for each in payments if each["status"] == "captured"]
    told += [(fields["payment_id"], fields["amount_minor"]) for fields in snapshot.bodies_of_kind("PaymentCaptured")]
    settled = [debt for fields in snapshot.bodies_of_kind("CollectionReceived") for debt in fields.get("settled", ())]
    told += [(debt["payment_id"], debt["amount_minor"]) for debt in settled if debt.get("payment_id")]
    kept = {name: row["captured_minor"] for name, row in snapshot.payments.items()}
    wrong = list_differences("{name} captured {found}, the journal tells of {expected}", sum_by_key(told), kept)
    if len(snapshot.entries_by_event_id) != len(snapshot.entries):
        wrong.append("an event id is in the journal twice")
    return wrong


def m8_till_balance_matches_cash_movements(snapshot: Snapshot) -> list[str]:
    """For each shift cash_in = Σ cash captured, collected and handed into it, cash_out = Σ handed out of it, and once
    it is counted, counted − (opening + in − out) = variance, in its row as in its entry; for each till
    Σ (opening + in − out) over drawers not closed = its account."""
    came, went = _cash_by_shift(snapshot)
    ins = {name: row.get("cash_in_minor", 0) for name, row in snapshot.shifts.items()}
    outs = {name: row.get("cash_out_minor", 0) for name, row in snapshot.shifts.items()}
    booked = {name: minor for account, minor in snapshot.postings.items() if (name := _strip_prefix("till:", account))}
    there = sum_by_key(
        (row["till"], _expected_in_till(row)) for row in snapshot.shifts.values() if row["status"] != "closed"
    )
    return [
        *list_differences("{name}: {expected} went in, its drawer says {found}", came, ins),
        *list_differences("{name}: {expected} went out, its drawer says {found}", went, outs),
        *list_differences("till {name} holds {found}, the books say {expected}", booked, there),
        *[
            f"{name}: the variance is wrong"
            for name, row in snapshot.shifts.items()
            if not _is_count_correct(snapshot, row)
        ],
    ]


def _cash_by_shift(snapshot: Snapshot) -> tuple[dict[str, int], dict[str, int]]:
    hands = snapshot.bodies_of_kind("CashHandedOver")
    came = [(row["shift"], row["captured_minor"]) for row in snapshot.payments.values() if row.get("shift")]
    collected = snapshot.bodies_of_kind("CollectionReceived")
    came += [(fields["shift"], fields["amount_minor"]) for fields in collected if fields.get("shift")]
    came += [(fields["to_shift"], fields["amount_minor"]) for fields in hands if fields.get("to_shift")]
    return sum_by_key(came), sum_by_key((fields["from_shift"], fields["amount_minor"]) for fields in hands)


def _expected_in_till(shift: Row) -> int:
    return int(shift["opening_minor"] + shift.get("cash_in_minor", 0) - shift.get("cash_out_minor", 0))


def _is_count_correct(snapshot: Snapshot, shift: Row) -> bool:
    """A count is told with what was over or short; its row learns of that when the drawer is closed."""
    if shift["status"] == "open":
        return True
    expected, counted = _expected_in_till(shift), shift["counted_minor"]
    entries = (entry["fields"] for entry in snapshot.journal.get(f"shift#{shift['pk']}", ()))
    told = [fields for fields in entries if "counted_minor" in fields][-1:]
    right = {"expected_minor": expected, "counted_minor": counted, "variance_minor": counted - expected}
    kept = shift["status"] == "counted" or shift["variance_minor"] == counted - expected
    return bool(kept and told and told[0].items() >= right.items())


RULES = (
    m2_tenders_sum_to_order_total,
    m3_each_debt_is_recorded_once,
    m4_every_entry_balances,
    m6_excess_money_is_owed_back,
    m7_each_capture_is_posted_once,
    m8_till_balance_matches_cash_movements,
)
