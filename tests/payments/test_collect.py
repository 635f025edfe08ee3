from datetime import date

import pytest

from chalicelib.customers import find as customers_find
from chalicelib.customers.model import CreditLimitReached
from chalicelib.customers.store import release_credit
from chalicelib.kit import db
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Replay
from chalicelib.payments import find, postings, receivables, store
from chalicelib.payments.collect import collect
from chalicelib.payments.model import MethodUnavailable, MoreThanOwed, NoOpenShift, Posting
from tests.payments.build import (
    BUDI,
    MAYA,
    NOON,
    a_customer,
    an_idempotency_key,
    an_open_shift,
    list_messages,
    list_owed,
    load_shift,
    rupiah,
    sell_on_credit,
    set_clock,
)

EARLY, LATE = date(2026, 10, 1), date(2026, 12, 1)


def exposure(customer_id="cus_1"):
    return customers_find.find_credit(customer_id).exposure


def test_a_collection_settles_the_oldest_receivable_first_and_releases_credit(aws):
    a_customer(limit=1000)
    late, early = sell_on_credit("pay_b", 500, LATE), sell_on_credit("pay_a", 300, EARLY)
    bag = an_open_shift(BUDI)

    body = collect(BUDI, "cus_1", rupiah(400), "cash")

    assert list_owed() == [("rcv_b", 400)]
    assert [(part["id"], part["paid"]["amount"], part["status"]) for part in body["settled"]] == [
        ("rcv_a", 300, "settled"),
        ("rcv_b", 100, "partially_settled"),
    ]
    assert exposure() == rupiah(400)
    assert load_shift(bag.id).expected == rupiah(400)
    payments = store.load_payments([early.id, late.id])
    assert [(payment.status, payment.captured.minor) for payment in payments] == [("captured", 300), ("on_credit", 100)]
    [entry] = list_messages(f"collection#{body['id']}")
    assert entry["body"]["postings"] == [
        {"account": f"till:{bag.till}", "minor": 400},
        {"account": "receivable:cus_1", "minor": -400},
    ]


def test_a_settled_receivable_leaves_the_list_of_open_receivables(aws):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)

    collect(MAYA, "cus_1", rupiah(300), "transfer")

    assert list_owed() == []
    [settled] = db.query_all(store.ReceivableRow, "receivables#cus_1")
    assert (settled.sk, settled.status, settled.list) == ("settled#2026-10-01#rcv_a", "settled", None)


def test_an_opening_receivable_is_collected_like_any_other_and_imported_once(aws):
    a_customer(limit=100, opening=800, due_on=EARLY)
    a_customer(limit=100, opening=800, due_on=EARLY)
    assert (exposure(), [left for _, left in list_owed()]) == (rupiah(800), [800])

    collect(MAYA, "cus_1", rupiah(800), "transfer")
    a_customer(limit=100, opening=800, due_on=EARLY)

    assert (exposure(), list_owed()) == (rupiah(0), [])


def test_collecting_more_than_is_owed_is_refused_and_changes_nothing(aws):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)
    bag = an_open_shift(BUDI)

    with pytest.raises(MoreThanOwed):
        collect(BUDI, "cus_1", rupiah(301), "cash")

    assert (list_owed(), exposure(), load_shift(bag.id).expected) == ([("rcv_a", 300)], rupiah(300), rupiah(0))


def test_two_collections_at_once_cannot_take_more_than_is_owed(aws, monkeypatch):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)
    list_receivables, competitors = find.list_receivables_of_customer, [MAYA]

    def read_then_lose_the_race(customer_id):
        receivables = list_receivables(customer_id)
        if competitors:
            collect(competitors.pop(), "cus_1", rupiah(200), "transfer")
        return receivables

    monkeypatch.setattr(find, "list_receivables_of_customer", read_then_lose_the_race)

    with pytest.raises(MoreThanOwed):
        collect(MAYA, "cus_1", rupiah(200), "transfer")

    assert (list_owed(), exposure()) == ([("rcv_a", 100)], rupiah(100))


def test_an_order_cancelled_concurrently_cannot_be_collected(aws, monkeypatch):
    a_customer()
    payment = sell_on_credit("pay_a", 300, EARLY)
    list_receivables, cancellations = find.list_receivables_of_customer, [payment]

    def read_then_cancel(customer_id):
        receivables = list_receivables(customer_id)
        if cancellations:
            writes = store.close_payments([cancellations.pop()])
            db.commit([*writes, release_credit("cus_1", payment.outstanding)])
        return receivables

    monkeypatch.setattr(find, "list_receivables_of_customer", read_then_cancel)

    with pytest.raises(MoreThanOwed):
        collect(MAYA, "cus_1", rupiah(100), "transfer")

    assert (list_owed(), exposure()) == ([], rupiah(0))
    assert store.find_payment(payment.id).status == "cancelled"


def test_cancelling_a_partly_collected_credit_order_owes_a_refund_of_the_collected_amount(aws):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)
    collect(MAYA, "cus_1", rupiah(120), "transfer")
    payment = store.find_payment("pay_a")

    db.commit([*store.close_payments([payment]), release_credit("cus_1", payment.outstanding)])

    ended = store.find_payment("pay_a")
    assert (ended.status, ended.captured, list_owed(), exposure()) == ("cancelled", rupiah(120), [], rupiah(0))
    assert postings.build_order_end(payment.order_id, rupiah(300), [payment], 120) == (
        Posting("sales", 300),
        Posting("refund_owed:ord_of_pay_a", -120),
        Posting("receivable:cus_1", -180),
    )


def test_credit_is_refused_at_its_limit_until_a_collection_releases_some(aws):
    a_customer(limit=1000)
    sell_on_credit("pay_a", 800, EARLY)
    with pytest.raises(CreditLimitReached):
        sell_on_credit("pay_b", 201, LATE)
    assert store.find_payment("pay_b") is None

    collect(MAYA, "cus_1", rupiah(1), "transfer")
    sell_on_credit("pay_b", 201, LATE)

    assert exposure() == rupiah(1000)


def test_cash_needs_an_open_shift_and_a_transfer_a_role_with_bank_access(aws):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)

    with pytest.raises(NoOpenShift):
        collect(BUDI, "cus_1", rupiah(1), "cash")
    with pytest.raises(Forbidden):
        collect(BUDI, "cus_1", rupiah(1), "transfer")
    with pytest.raises(MethodUnavailable):
        collect(MAYA, "cus_1", rupiah(1), "qris")
    with pytest.raises(NotFound):
        collect(MAYA, "cus_unknown", rupiah(1), "transfer")

    assert list_owed() == [("rcv_a", 300)]


def test_a_collection_repeated_with_its_idempotency_key_is_collected_once(aws):
    a_customer()
    sell_on_credit("pay_a", 300, EARLY)
    first = collect(MAYA, "cus_1", rupiah(100), "transfer", an_idempotency_key())

    with pytest.raises(Replay) as repeat:
        collect(MAYA, "cus_1", rupiah(100), "transfer", an_idempotency_key())

    assert repeat.value.answer == first
    assert list_owed() == [("rcv_a", 200)]


def test_the_largest_collection_fits_one_transaction(aws):
    a_customer(limit=10_000)
    for number in range(receivables.MAX_RECEIVABLES_PER_COLLECTION):
        sell_on_credit(f"pay_{number:02}", 10, EARLY)
    bag = an_open_shift(BUDI)

    collect(BUDI, "cus_1", rupiah(10 * receivables.MAX_RECEIVABLES_PER_COLLECTION), "cash", an_idempotency_key())

    assert (list_owed(), exposure(), load_shift(bag.id).expected) == ([], rupiah(0), rupiah(250))


def test_the_customer_card_shows_ageing_and_the_credit_left(aws):
    set_clock(NOON)
    a_customer(limit=1000)
    sell_on_credit("pay_a", 300, EARLY)
    sell_on_credit("pay_b", 200, LATE)

    card = find.load_customer_card("cus_1")

    assert {name: card[name]["amount"] for name in ("credit_limit", "credit_left", "owed", "overdue")} == {
        "credit_limit": 1000,
        "credit_left": 500,
        "owed": 500,
        "overdue": 300,
    }
    assert card["overdue_days"] == 52
    assert [(receivable["id"], receivable["age"]) for receivable in card["receivables"]] == [
        ("rcv_a", "31-60"),
        ("rcv_b", "current"),
    ]
    assert card["ageing"]["31-60"] == {"amount": 300, "currency": "IDR"}
    assert card["receivable_count"] == 2


def test_the_customer_card_counts_the_debts_that_it_does_not_list(aws, monkeypatch):
    set_clock(NOON)
    a_customer(limit=1000)
    sell_on_credit("pay_b", 200, LATE)
    sell_on_credit("pay_a", 300, EARLY)
    monkeypatch.setattr(find, "MAX_ON_CARD", 1)

    card = find.load_customer_card("cus_1")

    assert ([receivable["id"] for receivable in card["receivables"]], card["receivable_count"]) == (["rcv_a"], 2)


def test_a_customer_without_credit_has_a_card_of_zeros(aws):
    from chalicelib.customers.model import Customer
    from chalicelib.customers.save import save_customer

    save_customer(Customer("cus_2", "Sari"), "test")

    card = find.load_customer_card("cus_2")

    assert (card["credit_limit"]["amount"], card["owed"]["amount"], card["receivables"]) == (0, 0, [])
    with pytest.raises(NotFound):
        find.load_customer_card("cus_unknown")


def test_receivables_of_all_customers_are_listed_by_due_date_in_pages(aws):
    a_customer("cus_1")
    a_customer("cus_2")
    sell_on_credit("pay_b", 10, LATE, "cus_1")
    sell_on_credit("pay_a", 20, EARLY, "cus_2")

    first, after = find.list_receivables(MAYA, "", 1, None)
    second, _ = find.list_receivables(MAYA, "", 1, after)

    assert [receivable.id for receivable in [*first, *second]] == ["rcv_a", "rcv_b"]
