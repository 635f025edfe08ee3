from datetime import date

import pytest

from chalicelib.customers import find as customers_find
from chalicelib.customers.model import CreditLimitReached
from chalicelib.customers.store import give_back_credit
from chalicelib.kit import db
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.requests import AlreadyAnswered
from chalicelib.payments import find, owe, post, store
from chalicelib.payments.collect import collect
from chalicelib.payments.model import MethodUnavailable, MoreThanOwed, NoOpenShift, Posting
from tests.payments.build import (
    BUDI,
    MAYA,
    NOON,
    a_customer,
    an_open_shift,
    asked,
    it_is,
    owed,
    rupiah,
    shift,
    sold_on_credit,
    told,
)

EARLY, LATE = date(2026, 10, 1), date(2026, 12, 1)


def exposure(customer_id="cus_1"):
    return customers_find.credit(customer_id).exposure


def test_a_visit_settles_the_oldest_debt_first_and_gives_the_credit_back(aws):
    a_customer(limit=1000)
    late, early = sold_on_credit("pay_b", 500, LATE), sold_on_credit("pay_a", 300, EARLY)
    bag = an_open_shift(BUDI)

    said = collect(BUDI, "cus_1", rupiah(400), "cash")

    assert owed() == [("rcv_b", 400)]
    assert [(each["id"], each["paid"]["amount"], each["status"]) for each in said["settled"]] == [
        ("rcv_a", 300, "settled"),
        ("rcv_b", 100, "partially_settled"),
    ]
    assert exposure() == rupiah(400)
    assert shift(bag.id).expected == rupiah(400)
    tenders = store.load_payments([early.id, late.id])
    assert [(each.status, each.captured.minor) for each in tenders] == [("captured", 300), ("on_credit", 100)]
    [entry] = told(f"collection#{said['id']}")
    assert entry["body"]["postings"] == [
        {"account": f"till:{bag.till}", "minor": 400},
        {"account": "receivable:cus_1", "minor": -400},
    ]


def test_what_was_settled_is_kept_out_of_the_way(aws):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)

    collect(MAYA, "cus_1", rupiah(300), "transfer")

    assert owed() == []
    [settled] = db.query_all(store.ReceivableRow, "receivables#cus_1")
    assert (settled.sk, settled.status, settled.list) == ("settled#2026-10-01#rcv_a", "settled", None)


def test_an_opening_debt_is_collected_like_any_other_and_an_import_brings_it_once(aws):
    a_customer(limit=100, opening=800, due_on=EARLY)
    a_customer(limit=100, opening=800, due_on=EARLY)
    assert (exposure(), [left for _, left in owed()]) == (rupiah(800), [800])

    collect(MAYA, "cus_1", rupiah(800), "transfer")
    a_customer(limit=100, opening=800, due_on=EARLY)

    assert (exposure(), owed()) == (rupiah(0), [])


def test_more_than_is_owed_is_refused_and_nothing_moves(aws):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)
    bag = an_open_shift(BUDI)

    with pytest.raises(MoreThanOwed):
        collect(BUDI, "cus_1", rupiah(301), "cash")

    assert (owed(), exposure(), shift(bag.id).expected) == ([("rcv_a", 300)], rupiah(300), rupiah(0))


def test_two_collections_at_once_cannot_take_more_than_is_owed(aws, monkeypatch):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)
    read, others = find.receivables_of, [MAYA]

    def read_then_lose_the_race(customer_id):
        seen = read(customer_id)
        if others:
            collect(others.pop(), "cus_1", rupiah(200), "transfer")
        return seen

    monkeypatch.setattr(find, "receivables_of", read_then_lose_the_race)

    with pytest.raises(MoreThanOwed):
        collect(MAYA, "cus_1", rupiah(200), "transfer")

    assert (owed(), exposure()) == ([("rcv_a", 100)], rupiah(100))


def test_an_order_cancelled_meanwhile_owes_nothing_and_takes_no_money(aws, monkeypatch):
    a_customer()
    payment = sold_on_credit("pay_a", 300, EARLY)
    read, cancels = find.receivables_of, [payment]

    def read_then_cancel(customer_id):
        seen = read(customer_id)
        if cancels:
            ended = store.end_payments([cancels.pop()])
            db.commit([*ended, give_back_credit("cus_1", payment.open)])
        return seen

    monkeypatch.setattr(find, "receivables_of", read_then_cancel)

    with pytest.raises(MoreThanOwed):
        collect(MAYA, "cus_1", rupiah(100), "transfer")

    assert (owed(), exposure()) == ([], rupiah(0))
    assert store.load_payment(payment.id).status == "cancelled"


def test_cancelling_a_partly_collected_credit_order_owes_back_what_was_collected(aws):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)
    collect(MAYA, "cus_1", rupiah(120), "transfer")
    payment = store.load_payment("pay_a")

    db.commit([*store.end_payments([payment]), give_back_credit("cus_1", payment.open)])

    ended = store.load_payment("pay_a")
    assert (ended.status, ended.captured, owed(), exposure()) == ("cancelled", rupiah(120), [], rupiah(0))
    assert post.end(payment.order_id, rupiah(300), [payment]) == (
        Posting("sales", 300),
        Posting("refund_owed:ord_of_pay_a", -120),
        Posting("receivable:cus_1", -180),
    )


def test_credit_blocks_at_its_limit_until_something_is_collected(aws):
    a_customer(limit=1000)
    sold_on_credit("pay_a", 800, EARLY)
    with pytest.raises(CreditLimitReached):
        sold_on_credit("pay_b", 201, LATE)
    assert store.load_payment("pay_b") is None

    collect(MAYA, "cus_1", rupiah(1), "transfer")
    sold_on_credit("pay_b", 201, LATE)

    assert exposure() == rupiah(1000)


def test_cash_needs_the_collectors_open_shift_and_the_bank_somebody_who_sees_it(aws):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)

    with pytest.raises(NoOpenShift):
        collect(BUDI, "cus_1", rupiah(1), "cash")
    with pytest.raises(Forbidden):
        collect(BUDI, "cus_1", rupiah(1), "transfer")
    with pytest.raises(MethodUnavailable):
        collect(MAYA, "cus_1", rupiah(1), "qris")
    with pytest.raises(NotFound):
        collect(MAYA, "cus_nobody", rupiah(1), "transfer")

    assert owed() == [("rcv_a", 300)]


def test_a_collection_repeated_under_its_key_is_collected_once(aws):
    a_customer()
    sold_on_credit("pay_a", 300, EARLY)
    first = collect(MAYA, "cus_1", rupiah(100), "transfer", asked())

    with pytest.raises(AlreadyAnswered) as repeat:
        collect(MAYA, "cus_1", rupiah(100), "transfer", asked())

    assert repeat.value.answer == first
    assert owed() == [("rcv_a", 200)]


def test_the_largest_collection_fits_one_transaction(aws):
    a_customer(limit=10_000)
    for number in range(owe.MOST_RECEIVABLES):
        sold_on_credit(f"pay_{number:02}", 10, EARLY)
    bag = an_open_shift(BUDI)

    collect(BUDI, "cus_1", rupiah(10 * owe.MOST_RECEIVABLES), "cash", asked())

    assert (owed(), exposure(), shift(bag.id).expected) == ([], rupiah(0), rupiah(250))


def test_the_card_shows_what_is_owed_since_when_and_the_credit_left(aws):
    it_is(NOON)
    a_customer(limit=1000)
    sold_on_credit("pay_a", 300, EARLY)
    sold_on_credit("pay_b", 200, LATE)

    card = find.card("cus_1")

    assert {name: card[name]["amount"] for name in ("credit_limit", "credit_left", "owed", "overdue")} == {
        "credit_limit": 1000,
        "credit_left": 500,
        "owed": 500,
        "overdue": 300,
    }
    assert card["overdue_days"] == 52
    assert [(each["id"], each["age"]) for each in card["receivables"]] == [("rcv_a", "31-60"), ("rcv_b", "current")]
    assert card["ageing"]["31-60"] == {"amount": 300, "currency": "IDR"}


def test_a_customer_without_credit_has_an_empty_card(aws):
    from chalicelib.customers.keep import keep_customer
    from chalicelib.customers.model import Customer

    keep_customer(Customer("cus_2", "Sari"), "test")

    card = find.card("cus_2")

    assert (card["credit_limit"]["amount"], card["owed"]["amount"], card["receivables"]) == (0, 0, [])
    with pytest.raises(NotFound):
        find.card("cus_nobody")


def test_everybodys_debts_are_listed_longest_due_first_page_by_page(aws):
    a_customer("cus_1")
    a_customer("cus_2")
    sold_on_credit("pay_b", 10, LATE, "cus_1")
    sold_on_credit("pay_a", 20, EARLY, "cus_2")

    first, after = find.receivables("", 1, None)
    second, _ = find.receivables("", 1, after)

    assert [each.id for each in [*first, *second]] == ["rcv_a", "rcv_b"]
