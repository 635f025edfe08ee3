"""Creation, transitions and ending of payments, and the payment status of an order. Pure."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.customers.model import NoCreditTerms
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.payments import lifecycle, postings
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import (
    MAX_PAYMENTS_PER_ORDER,
    MAX_PROOFS,
    MethodUnavailable,
    NoOpenShift,
    PaymentCannotMove,
    Posting,
    ProofReplaced,
    Shift,
    TooManyProofs,
    build_cash_bag,
)
from tests.payments.build import NOON, a_payment, rupiah

IDS = [f"pay_{number}" for number in range(MAX_PAYMENTS_PER_ORDER)]
A_SHIFT = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))


def build_payments(*tenders, total_due=1000, **fields):
    return lifecycle.build_payments(PaymentContext("ord_1", **fields), tenders, rupiah(total_due), IDS)


def test_one_tender_without_an_amount_pays_the_rest():
    cash, transfer = build_payments(("cash", rupiah(300)), ("transfer", None), shift=A_SHIFT, reference="SK-1")

    assert (cash.amount, cash.status, cash.captured, cash.till, cash.shift) == (
        *(rupiah(300), "captured", rupiah(300)),
        *("till-1", "shf_1"),
    )
    assert (transfer.amount, transfer.status, transfer.captured, transfer.reference) == (
        *(rupiah(700), "awaiting_proof", rupiah(0)),
        "SK-1",
    )
    assert cash.reference == ""


@pytest.mark.parametrize(
    "tenders, reason",
    [
        ([], "send 1 to 4 payments"),
        ([("cod", rupiah(999))], "the amounts sum to Rp999, but the order total is Rp1.000"),
        ([("cod", rupiah(1001))], "the amounts sum to Rp1.001, but the order total is Rp1.000"),
        ([("cod", None), ("transfer", None)], "only one payment may omit its amount"),
        ([("cod", rupiah(1000)), ("transfer", None)], "the amounts sum to Rp1.000, but the order total is Rp1.000"),
        ([("cod", rupiah(0)), ("transfer", None)], "every amount must be above zero"),
        ([("cod", rupiah(-1)), ("transfer", rupiah(1001))], "every amount must be above zero"),
        ([("cod", Money(1000, "USD"))], "must be in IDR, the currency of the order"),
        ([("cod", rupiah(100))] * 5, "send 1 to 4 payments"),
    ],
)
def test_tenders_that_do_not_sum_to_the_total_are_refused_with_the_reason(tenders, reason):
    with pytest.raises(Invalid) as refused:
        build_payments(*tenders)

    assert refused.value.errors == [{"field": "payments", "says": reason}]


def test_payments_carry_actor_channel_and_expiry():
    cod, transfer = build_payments(
        ("cod", rupiah(1)), ("transfer", None), actor="agent-lia", channel="phone", expires_at=NOON
    )

    assert [(payment.actor, payment.channel) for payment in (cod, transfer)] == [("agent-lia", "phone")] * 2
    assert (cod.expires_at, transfer.expires_at) == (None, NOON)


def test_too_few_payment_ids_raise_value_error():
    with pytest.raises(ValueError, match="2 payments need as many ids, not 1"):
        lifecycle.build_payments(
            PaymentContext("ord_1"), [("cod", rupiah(1)), ("transfer", None)], rupiah(2), ["pay_1"]
        )


def test_an_unavailable_method_is_refused_with_the_available_ones():
    with pytest.raises(MethodUnavailable) as refused:
        build_payments(("qris", None))

    assert refused.value.facts == {"method": "qris", "methods": ["cash", "cod", "credit", "transfer"]}


def test_cash_needs_an_open_shift_and_credit_needs_terms():
    with pytest.raises(NoOpenShift):
        build_payments(("cash", None))
    with pytest.raises(NoCreditTerms):
        build_payments(("credit", None), customer_id="cus_1")


def test_an_order_that_costs_nothing_has_no_payments_and_is_paid():
    assert build_payments(("cod", None), total_due=0) == []
    assert lifecycle.derive_payment_status(rupiah(0), []) == "paid"


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=MAX_PAYMENTS_PER_ORDER - 1), st.integers(1, 10**9))
def test_any_split_sums_to_the_total_due(parts, rest):
    total_due = sum(parts) + rest

    payments = build_payments(*[("cod", rupiah(part)) for part in parts], ("transfer", None), total_due=total_due)

    assert sum(payment.amount.minor for payment in payments) == total_due
    assert [payment.id for payment in payments] == IDS[: len(parts) + 1]


def test_a_payment_changes_only_along_its_transition_table():
    with pytest.raises(PaymentCannotMove) as refused:
        lifecycle.transition(a_payment("cod", status="captured"), "cancelled")

    assert refused.value.facts == {
        "payment_id": "pay_1",
        "method": "cod",
        "payment_status": "captured",
        "to": "cancelled",
    }
    assert lifecycle.transition(a_payment("transfer", version=4), "proof_submitted", proof="file_1") == a_payment(
        "transfer", status="proof_submitted", proof="file_1", version=5
    )


def test_a_credit_payment_is_settled_in_parts_until_nothing_is_outstanding():
    credit = a_payment("credit", 100, version=4)

    part = lifecycle.settle(credit, rupiah(40))
    settled = lifecycle.settle(part, rupiah(60))

    assert part == replace(credit, captured=rupiah(40), version=5)
    assert settled == replace(credit, captured=rupiah(100), status="captured", version=6)


def test_cash_on_delivery_goes_into_the_couriers_cash_bag_without_an_open_shift():
    captured = lifecycle.capture(
        a_payment("cod", 500), actor="courier-agus", shift=build_cash_bag("courier-agus", "IDR")
    )

    assert (captured.status, captured.captured, captured.till, captured.actor) == (
        *("captured", rupiah(500)),
        *("cod:courier-agus", "courier-agus"),
    )
    assert postings.build_capture(captured) == (Posting("till:cod:courier-agus", 500), Posting("order:ord_1", -500))


STATUS_CASES = [
    ("unpaid", [a_payment("transfer", 100)]),
    ("unpaid", [a_payment("cod", 100)]),
    ("pending", [a_payment("transfer", 100, status="proof_submitted")]),
    ("paid", [a_payment("cash", 100)]),
    ("partly_paid", [a_payment("cash", 40), a_payment("transfer", 60)]),
    ("on_credit", [a_payment("credit", 100)]),
    ("partly_paid", [a_payment("credit", 100, captured=rupiah(1))]),
    ("paid", [a_payment("credit", 100, status="captured", captured=rupiah(100))]),
    ("partly_refunded", [a_payment("cash", 100, refunded=rupiah(1))]),
    ("refunded", [a_payment("cash", 100, refunded=rupiah(100))]),
    ("paid", [a_payment("transfer", 100, status="captured", captured=rupiah(100)), a_payment("cash", 100)]),
    ("partly_refunded", [a_payment("cash", 150, refunded=rupiah(99))]),
]


@pytest.mark.parametrize("status, payments", STATUS_CASES)
def test_payment_status_is_derived_from_the_ledger(status, payments):
    assert lifecycle.derive_payment_status(rupiah(100), payments) == status


CREDIT_PAYMENT = a_payment("credit", 40, captured=rupiah(10), id="pay_credit")
COD_PAYMENT = a_payment("cod", 50, id="pay_cod")
OPEN_PAYMENTS = [
    COD_PAYMENT,
    a_payment("cash", 10),
    CREDIT_PAYMENT,
    a_payment("transfer", 9),
    a_payment("cod", 7, status="cancelled"),
]
COVER_CASES = [
    (0, []),
    (29, [(CREDIT_PAYMENT, rupiah(29))]),
    (30, [(CREDIT_PAYMENT, rupiah(30))]),
    (31, [(CREDIT_PAYMENT, rupiah(30)), (COD_PAYMENT, rupiah(1))]),
    (99, [(CREDIT_PAYMENT, rupiah(30)), (COD_PAYMENT, rupiah(50))]),
]


@pytest.mark.parametrize("minor, covered", COVER_CASES)
def test_a_late_payment_covers_credit_first_and_then_cash_on_delivery(minor, covered):
    assert lifecycle.choose_payments_to_cover(OPEN_PAYMENTS, rupiah(minor)) == covered


def test_a_covered_payment_is_reduced_and_finally_cancelled():
    reduced, cancelled = lifecycle.cover(COD_PAYMENT, rupiah(20)), lifecycle.cover(COD_PAYMENT, rupiah(50))
    credit = lifecycle.cover(CREDIT_PAYMENT, rupiah(29))

    assert (reduced.status, reduced.amount, reduced.version) == ("due", rupiah(30), 2)
    assert (cancelled.status, cancelled.captured, cancelled.version) == ("cancelled", rupiah(0), 2)
    assert (credit.status, credit.outstanding, credit.version) == ("on_credit", rupiah(1), 2)
    assert lifecycle.cover(CREDIT_PAYMENT, rupiah(30)) == replace(
        CREDIT_PAYMENT, amount=rupiah(10), status="captured", version=2
    )


def test_only_uncaptured_prepayments_block_dispatch():
    waiting = a_payment("transfer", 60)

    assert lifecycle.unpaid_before_dispatch([a_payment("cash"), a_payment("cod"), waiting, a_payment("credit")]) == [
        waiting
    ]
    assert lifecycle.unpaid_before_dispatch([lifecycle.transition(waiting, "captured")]) == []
    assert lifecycle.unpaid_before_dispatch([lifecycle.transition(waiting, "cancelled"), a_payment("cash", 60)]) == []


def test_only_due_payments_are_cash_to_collect():
    payments = [a_payment("cash", 40), a_payment("cod", 60), a_payment("cod", 7, status="captured")]
    payments += [a_payment("transfer", 9, status="captured", captured=rupiah(9))]

    assert lifecycle.cash_to_collect(payments, "IDR") == rupiah(60)


def test_ending_an_order_keeps_captured_payments_and_cancels_the_rest():
    ended = [
        lifecycle.close_with_order(payment, "expired")
        for payment in (a_payment("cash"), a_payment("cod"), a_payment("transfer"))
    ]

    assert [payment.status for payment in ended] == ["captured", "cancelled", "expired"]
    assert [lifecycle.close_with_order(payment, "expired") for payment in ended] == ended


def test_a_proof_waits_for_a_decision_and_the_next_one_replaces_it():
    first = lifecycle.submit_proof(a_payment("transfer", 100, version=4), "BCA 12", "")
    second = lifecycle.submit_proof(first, "", "proofs/2.jpg")
    third = lifecycle.submit_proof(second, "BCA 13", "proofs/3.jpg")

    assert [(proof.status, proof.version, proof.proofs_sent) for proof in (first, second, third)] == [
        ("proof_submitted", 5, 1),
        ("proof_submitted", 6, 2),
        ("proof_submitted", 7, 3),
    ]
    assert [proof.proofs for proof in (first, second, third)] == [
        (("BCA 12", ""),),
        (("BCA 12", ""), ("", "proofs/2.jpg")),
        (("BCA 12", ""), ("", "proofs/2.jpg"), ("BCA 13", "proofs/3.jpg")),
    ]
    assert (a_payment("transfer").proof_number, third.proof_number) == (0, 3)


def test_a_proof_is_refused_after_the_most_that_wait_and_where_no_transfer_does():
    most = a_payment("transfer", status="proof_submitted", proofs_sent=MAX_PROOFS)

    assert lifecycle.submit_proof(replace(most, proofs_sent=MAX_PROOFS - 1), "BCA", "").proofs_sent == MAX_PROOFS
    with pytest.raises(TooManyProofs) as refused:
        lifecycle.submit_proof(most, "BCA", "")
    assert refused.value.facts == {"payment_id": "pay_1", "most": MAX_PROOFS}
    with pytest.raises(PaymentCannotMove):
        lifecycle.submit_proof(a_payment("cod"), "BCA", "")


def test_a_decision_names_the_latest_proof():
    payment = a_payment("transfer", proof="BCA 13", earlier_proofs=(("BCA 12", ""),))

    lifecycle.check_proof(payment, None)
    lifecycle.check_proof(payment, 2)
    with pytest.raises(ProofReplaced) as refused:
        lifecycle.check_proof(payment, 1)
    assert refused.value.facts == {"payment_id": "pay_1", "number": 2}


@pytest.mark.parametrize(
    "minor, reduced",
    [
        (20, {"credit": 20}),
        (50, {"credit": 30, "cod": 20}),
        (75, {"credit": 30, "cod": 40, "transfer": 5}),
        (200, {"credit": 30, "cod": 40, "transfer": 50, "rejected": 25}),
    ],
)
def test_cancelled_goods_reduce_credit_then_cash_then_transfers_that_are_still_awaited(minor, reduced):
    payments = [
        a_payment("transfer", 50, id="transfer"),
        a_payment("cash", 70, id="paid"),
        a_payment("transfer", 60, id="sent", status="proof_submitted"),
        a_payment("transfer", 25, id="rejected", status="rejected"),
        a_payment("cod", 40, id="cod"),
        a_payment("credit", 30, id="credit"),
        a_payment("transfer", 90, id="gone", status="expired"),
    ]

    chosen = lifecycle.choose_payments_to_reduce(iter(payments), rupiah(minor))

    assert [(payment.id, part.minor) for payment, part in chosen] == list(reduced.items())


def test_a_refund_returns_the_newest_captures_first_and_never_more_than_is_left_of_one():
    old, new = a_payment("cash", 100, id="old"), a_payment("cash", 50, id="new", refunded=rupiah(20), version=2)
    listed = [old, new, a_payment("cod", 70), a_payment("cash", 10, refunded=rupiah(10))]

    chosen = lifecycle.choose_payments_to_refund(iter(listed), rupiah(45))
    refunded = [lifecycle.refund(payment, part) for payment, part in chosen]

    assert [(payment.id, part.minor) for payment, part in chosen] == [("new", 30), ("old", 15)]
    assert [(payment.refunded.minor, payment.version) for payment in refunded] == [(50, 3), (15, old.version + 1)]
