from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.customers.model import NoCreditTerms
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money, total
from chalicelib.payments import model
from chalicelib.payments.model import (
    METHODS,
    RECEIVABLE_STATES,
    SHIFT_STATES,
    STATES,
    CollectInParts,
    MethodUnavailable,
    MoreThanOwed,
    NoOpenShift,
    PaymentCannotMove,
    Receivable,
    Shift,
    bag_of,
)
from tests.payments.build import NOON, TODAY, a_payment, a_receivable, rupiah

IDS = [f"pay_{number}" for number in range(model.MOST_TENDERS)]
DRAWER = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))
TABLES = {**STATES, "shift": SHIFT_STATES, "receivable": RECEIVABLE_STATES}
STARTS = {code: method.initial for code, method in METHODS.items()} | {"shift": "open", "receivable": "open"}


def begun(*tenders, whole=1000, **said):
    return model.begin("ord_1", list(tenders), rupiah(whole), payment_ids=IDS, **said)


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reached_from_the_first_and_every_target_is_known(name):
    table, reached, todo = TABLES[name], set(), [STARTS[name]]

    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [to for to in table[state] if to not in reached]

    assert reached == set(table)


def test_money_taken_and_books_closed_are_ends():
    ends = {name: {state for state, to in table.items() if not to} for name, table in TABLES.items()}

    assert ends == {
        "cash": {"captured"},
        "cod": {"captured", "cancelled"},
        "transfer": {"captured"},
        "credit": {"captured", "cancelled"},
        "shift": {"closed"},
        "receivable": {"settled", "written_off"},
    }


def test_every_method_has_a_table_that_starts_where_the_method_does():
    assert set(METHODS) == set(STATES)
    assert all(method.initial in STATES[code] for code, method in METHODS.items())


def test_one_tender_without_an_amount_pays_the_rest():
    cash, transfer = begun(("cash", rupiah(300)), ("transfer", None), shift=DRAWER, reference="SK-1")

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
    "tenders, says",
    [
        ([], "send one to 5 of them"),
        ([("cod", rupiah(999))], "they come to 999 and the order to 1000"),
        ([("cod", rupiah(1001))], "they come to 1001 and the order to 1000"),
        ([("cod", None), ("transfer", None)], "only one of them may leave its amount out"),
        ([("cod", rupiah(1000)), ("transfer", None)], "they come to 1000 and the order to 1000"),
        ([("cod", rupiah(0)), ("transfer", None)], "each amount is above zero"),
        ([("cod", rupiah(-1)), ("transfer", rupiah(1001))], "each amount is above zero"),
        ([("cod", Money(1000, "USD"))], "this order is paid in IDR"),
        ([("cod", rupiah(100))] * 6, "send one to 5 of them"),
    ],
)
def test_tenders_that_do_not_come_to_the_total_are_refused_with_the_reason(tenders, says):
    with pytest.raises(Invalid) as refused:
        begun(*tenders)

    assert refused.value.errors == [{"field": "payments", "says": says}]


def test_tenders_note_who_took_them_where_and_how_long_they_wait():
    cod, transfer = begun(("cod", rupiah(1)), ("transfer", None), actor="agent-lia", channel="phone", expires_at=NOON)

    assert [(each.actor, each.channel) for each in (cod, transfer)] == [("agent-lia", "phone")] * 2
    assert (cod.expires_at, transfer.expires_at) == (None, NOON)


def test_payments_without_enough_ids_are_a_bug():
    with pytest.raises(ValueError, match="2 payments need as many ids"):
        model.begin("ord_1", [("cod", rupiah(1)), ("transfer", None)], rupiah(2), payment_ids=["pay_1"])


def test_a_drawer_should_hold_what_it_opened_with_and_what_came_in_less_what_went_out():
    opened = replace(DRAWER, opening=rupiah(100))

    assert opened.expected == rupiah(100)
    assert replace(opened, cash_in=rupiah(30)).expected == rupiah(130)
    assert replace(opened, cash_in=rupiah(30), cash_out=rupiah(7)).expected == rupiah(123)


def test_a_bag_is_an_empty_drawer_of_no_place_named_after_its_carrier():
    bag = bag_of("courier-agus", "IDR")

    assert bag == Shift("cod:courier-agus", "cod:courier-agus", "", "courier-agus", rupiah(0))
    assert (bag.is_bag, DRAWER.is_bag) == (True, False)


def test_a_method_without_a_provider_is_named_together_with_those_there_are():
    with pytest.raises(MethodUnavailable) as refused:
        begun(("qris", None))

    assert refused.value.facts == {"method": "qris", "methods": ["cash", "cod", "credit", "transfer"]}


def test_cash_needs_a_drawer_and_credit_needs_terms():
    with pytest.raises(NoOpenShift):
        begun(("cash", None))
    with pytest.raises(NoCreditTerms):
        begun(("credit", None), customer_id="cus_1")


def test_an_order_that_costs_nothing_has_no_payments_and_is_paid():
    assert begun(("cod", None), whole=0) == []
    assert model.payment_status(rupiah(0), []) == "paid"


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), st.integers(1, 10**9))
def test_any_split_sums_to_the_whole(parts, rest):
    whole = sum(parts) + rest

    payments = begun(*[("cod", rupiah(part)) for part in parts], ("transfer", None), whole=whole)

    assert sum(payment.amount.minor for payment in payments) == whole
    assert [payment.id for payment in payments] == IDS[: len(parts) + 1]


def test_a_payment_moves_only_along_its_table():
    with pytest.raises(PaymentCannotMove) as refused:
        model.moved(a_payment("cod", status="captured"), "cancelled")

    assert refused.value.facts == {"payment_id": "pay_1", "method": "cod", "status": "captured", "to": "cancelled"}
    assert model.moved(a_payment("transfer", version=4), "proof_submitted", proof="file_1") == a_payment(
        "transfer", status="proof_submitted", proof="file_1", version=5
    )


def test_a_credit_is_settled_part_by_part_until_nothing_is_open():
    credit = a_payment("credit", 100, version=4)

    part = model.settled(credit, rupiah(40))
    whole = model.settled(part, rupiah(60))

    assert part == replace(credit, captured=rupiah(40), version=5)
    assert whole == replace(credit, captured=rupiah(100), status="captured", version=6)


def test_cash_on_delivery_goes_into_the_carriers_bag_when_he_has_no_shift():
    taken = model.captured(a_payment("cod", 500), actor="courier-agus", shift=bag_of("courier-agus", "IDR"))

    assert (taken.status, taken.captured, taken.till, taken.actor) == (
        *("captured", rupiah(500)),
        *("cod:courier-agus", "courier-agus"),
    )
    assert model.posted_capture(taken) == [["till:cod:courier-agus", 500], ["order:ord_1", -500]]


STATUS = [
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
    ("unpaid", [a_payment("transfer", 100, status="captured", captured=rupiah(100)), a_payment("cod", 100)]),
]


@pytest.mark.parametrize("status, payments", STATUS)
def test_payment_status_is_derived_from_the_ledger(status, payments):
    assert model.payment_status(rupiah(100), payments) == status


def test_what_keeps_goods_from_leaving_is_money_that_must_come_first():
    waiting = a_payment("transfer", 60)

    assert model.unpaid_before_dispatch([a_payment("cash"), a_payment("cod"), waiting, a_payment("credit")]) == [
        waiting
    ]
    assert model.unpaid_before_dispatch([model.moved(waiting, "captured")]) == []
    assert model.unpaid_before_dispatch([model.moved(waiting, "cancelled"), a_payment("cash", 60)]) == []


def test_cash_is_counted_where_it_is_taken_now_and_where_it_is_still_to_be_collected():
    payments = [a_payment("cash", 40), a_payment("cod", 60), a_payment("cod", 7, status="captured")]
    payments += [a_payment("transfer", 9, status="captured", captured=rupiah(9))]

    assert model.cash_taken(payments, "IDR") == rupiah(40)
    assert model.cash_to_collect(payments, "IDR") == rupiah(60)


TOO_MUCH = [
    (0, [a_payment("cod", 50)]),
    (0, [a_payment("cash", 60), a_payment("credit", 40)]),
    (0, [a_payment("cash", 100), a_payment("transfer", 100)]),
    (100, [a_payment("cash", 100), a_payment("cod", 100)]),
    (30, [a_payment("cash", 100), a_payment("credit", 30, captured=rupiah(10))]),
    (20, [a_payment("cash", 100, refunded=rupiah(30)), a_payment("cod", 50)]),
]


@pytest.mark.parametrize("beyond, payments", TOO_MUCH)
def test_what_came_in_beyond_the_order_and_what_is_still_owed_for_it_is_too_much(beyond, payments):
    assert model.too_much(rupiah(100), payments) == beyond


def test_an_order_that_ends_owes_back_what_it_still_has_and_what_was_not_owed_back_before():
    both = [a_payment("cash", 100), a_payment("transfer", 100, status="captured", captured=rupiah(100))]

    assert model.owed_at_end(rupiah(100), [a_payment("cash", 100, refunded=rupiah(30))]) == 70
    assert model.owed_at_end(rupiah(100), both) == 100


tender = st.tuples(st.sampled_from(sorted(METHODS)), st.integers(1, 10**9))


def payments_of(tenders):
    whole = rupiah(sum(minor for _, minor in tenders))
    given = [(method, rupiah(minor)) for method, minor in tenders]
    payments = model.begin(
        "ord_1", given, whole, payment_ids=IDS, shift=DRAWER, customer_id="cus_1", due_on=TODAY, channel="pos"
    )
    return whole, payments


def sums(postings):
    accounts = {}
    for account, minor in postings:
        accounts[account] = accounts.get(account, 0) + minor
    return {account: minor for account, minor in accounts.items() if minor}


@given(st.lists(tender, min_size=1, max_size=5), st.data())
def test_every_entry_of_an_orders_life_balances_and_a_dead_order_holds_exactly_what_it_owes_back(tenders, data):
    whole, payments = payments_of(tenders)
    entries = [model.posted_placement("ord_1", whole, payments)]
    for index, payment in enumerate(payments):
        if payment.method in ("cod", "transfer") and data.draw(st.booleans()):
            payments[index] = model.captured(payment, actor="x", shift=DRAWER if payment.method == "cod" else None)
            entries.append(model.posted_capture(payments[index]))
        elif payment.method == "credit":
            paid = rupiah(data.draw(st.integers(0, payment.amount.minor)))
            payments[index] = model.settled(payment, paid) if paid else payment
            entries.append([["bank", paid.minor], ["receivable:cus_1", -paid.minor]])
    owing = whole - total((each.captured for each in payments), "IDR")
    alive = sums(posting for entry in entries for posting in entry)
    assert alive.get("order:ord_1", 0) + alive.get("receivable:cus_1", 0) == owing.minor

    entries.append(model.posted_end("ord_1", whole, payments))

    books = sums(posting for entry in entries for posting in entry)
    assert all(sum(minor for _, minor in entry) == 0 for entry in entries)
    assert "order:ord_1" not in books and "receivable:cus_1" not in books and "sales" not in books
    assert -books.get("refund_owed:ord_1", 0) == sum(each.captured.minor for each in payments)


def test_money_that_comes_after_the_end_is_owed_back_at_once():
    late = model.moved(a_payment("transfer", 100, status="expired"), "captured")

    assert model.posted_late(late) == [["bank", 100], ["refund_owed:ord_1", -100]]
    assert model.posted_owed_back(replace(late, refunded=rupiah(30))) == [
        ["order:ord_1", 70],
        ["refund_owed:ord_1", -70],
    ]


def test_only_what_came_in_is_entered_and_a_credit_as_a_whole():
    part = model.moved(a_payment("transfer", 100), "captured", captured=rupiah(40))

    assert model.posted_capture(part) == [["bank", 40], ["order:ord_1", -40]]
    assert model.posted_capture(a_payment("credit", 100, customer_id="cus_1")) == [
        ["receivable:cus_1", 100],
        ["order:ord_1", -100],
    ]


def test_an_entry_that_does_not_balance_is_a_bug():
    with pytest.raises(ValueError, match=r"do not balance: \{'bank': 1\}"):
        model.merged([["bank", 1]])


def test_the_end_of_an_order_leaves_what_came_in_and_cancels_the_rest():
    ended = [model.ended(each, "expired") for each in (a_payment("cash"), a_payment("cod"), a_payment("transfer"))]

    assert [each.status for each in ended] == ["captured", "cancelled", "expired"]
    assert [model.ended(each, "expired") for each in ended] == ended


AGES = [
    (0, "current", 0),
    (-5, "current", 0),
    (1, "1-30", 1),
    (30, "1-30", 30),
    (31, "31-60", 31),
    (60, "31-60", 60),
    (61, "61-90", 61),
    (90, "61-90", 90),
    (91, "over_90", 91),
    (4000, "over_90", 4000),
]


@pytest.mark.parametrize("days, bucket, overdue", AGES)
def test_debts_age_from_the_day_after_they_fall_due(days, bucket, overdue):
    due_on = TODAY - timedelta(days=days)

    assert (model.age(due_on, TODAY), model.overdue_days(due_on, TODAY)) == (bucket, overdue)


def test_ageing_equals_a_hand_computed_fixture():
    owing = [
        a_receivable(100, date(2026, 11, 22)),
        a_receivable(200, date(2026, 11, 1)),
        a_receivable(400, date(2026, 10, 1), settled=150),
        a_receivable(800, date(2026, 8, 25)),
        a_receivable(1600, date(2026, 1, 1)),
        a_receivable(50, date(2020, 1, 1), settled=50),
    ]

    old = model.ageing(owing, TODAY, "IDR")

    assert {name: money.minor for name, money in old.buckets.items()} == {
        "current": 100,
        "1-30": 200,
        "31-60": 250,
        "61-90": 800,
        "over_90": 1600,
    }
    assert (old.owed, old.overdue, old.overdue_days) == (rupiah(2950), rupiah(2850), 325)


def test_debts_of_one_age_add_up_and_who_owes_nothing_is_not_late():
    late = [a_receivable(minor, date(2026, 11, 1)) for minor in (100, 200)]

    assert model.ageing(late, TODAY, "IDR").buckets["1-30"] == rupiah(300)
    assert model.ageing([], TODAY, "IDR") == model.Ageing(
        *(rupiah(0), rupiah(0), 0, dict.fromkeys(model.AGES, rupiah(0)))
    )


def test_credit_falls_due_after_its_terms():
    assert model.due_date(date(2026, 11, 22), 14) == date(2026, 12, 6)


@pytest.mark.parametrize("paid, status", [(0, "open"), (1, "partially_settled"), (100, "settled")])
def test_a_debt_has_its_tenders_number_and_stands_where_its_tender_does(paid, status):
    credit = a_payment("credit", 100, customer_id="cus_1", captured=rupiah(paid), due_on=TODAY)

    debt = model.receivable_of(credit)

    assert debt == Receivable("rcv_1", "cus_1", "ord_1", "pay_1", rupiah(100), rupiah(paid), TODAY, status)


def test_a_tender_without_terms_is_no_debt():
    with pytest.raises(ValueError, match="pay_1 is no credit"):
        model.receivable_of(a_payment("cash"))


def test_paying_a_debt_leaves_the_rest_of_it():
    debt = a_receivable(300, settled=100)

    assert model.after_paying(debt, rupiah(150)) == replace(debt, settled=rupiah(250), status="partially_settled")
    assert model.after_paying(debt, rupiah(200)) == replace(debt, settled=rupiah(300), status="settled")


def test_a_payment_settles_the_oldest_debt_first():
    new, old = a_receivable(500, date(2026, 12, 1), "rcv_new"), a_receivable(300, date(2026, 10, 1), "rcv_old")

    assert model.settle([new, old], rupiah(400)) == [(old, rupiah(300)), (new, rupiah(100))]


def test_more_than_is_owed_is_refused():
    with pytest.raises(MoreThanOwed) as refused:
        model.settle([a_receivable(300, settled=100)], rupiah(201))

    assert refused.value.facts == {"owed": rupiah(200), "wanted": rupiah(201)}


def test_a_payment_for_more_debts_than_fit_says_how_much_fits():
    owing = [a_receivable(10, TODAY, f"rcv_{number:02}") for number in range(30)]

    with pytest.raises(CollectInParts) as refused:
        model.settle(owing, rupiah(300))

    assert refused.value.facts == {"most": 25, "amount": rupiah(250)}
    assert len(model.settle(owing, rupiah(250))) == 25


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.data())
def test_what_is_settled_sums_to_what_was_paid_and_never_exceeds_a_debt(debts, data):
    owing = [a_receivable(minor, TODAY, f"rcv_{number:02}") for number, minor in enumerate(debts)]
    paid = data.draw(st.integers(1, sum(debts)))

    parts = model.settle(owing, rupiah(paid))

    assert sum(part.minor for _, part in parts) == paid
    assert all(0 < part.minor <= each.left.minor for each, part in parts)
    assert [each.left for each, part in parts[:-1]] == [part for _, part in parts[:-1]]
