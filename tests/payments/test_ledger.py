from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import db
from chalicelib.kit.events import NewerVersion
from chalicelib.kit.money import total
from chalicelib.payments import ledger, ledger_store, lifecycle, shift_store, store
from chalicelib.payments.collect import collect
from chalicelib.payments.handover import hand_over
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import PaymentStatus, build_cash_bag
from chalicelib.payments.project_ledger import load_ledger_report, update_ledger
from chalicelib.payments.store import PaymentRow
from chalicelib.places.model import Location
from chalicelib.places.save import save_location
from tests.fulfillment.build import freeze_at_noon
from tests.payments.build import (
    AGUS,
    MAYA,
    NOON,
    SINTA,
    TODAY,
    a_customer,
    a_payment,
    an_open_shift,
    list_messages,
    rupiah,
    sell_on_credit,
    set_clock,
)

DAY = TODAY.isoformat()


def an_order_placed_message(
    event_id, payments, channel="pos", at="2026-11-22T05:00:00.000Z", kind="OrderPlaced", **body
):
    """Return a journal message as the orders package publishes it."""
    records = [asdict(payment.to_record(payment.amount)) for payment in payments]
    return {
        "subject": "order#ord_1",
        "sequence": 1,
        "event_id": event_id,
        "kind": kind,
        "schema_version": 1,
        "occurred_at": at,
        "actor": "cashier-sinta",
        "channel": channel,
        "body": {"order_id": "ord_1", "currency": "IDR", "payments": records} | body,
    }


def a_paid_order(*tenders, order="ord_1", shift=None, channel="pos"):
    payments = lifecycle.build_payments(
        PaymentContext(order, shift=shift, channel=channel, actor="cashier-sinta"),
        [(method, rupiah(minor)) for method, minor in tenders],
        rupiah(sum(minor for _, minor in tenders)),
        [f"pay_{order}_{number}" for number in range(len(tenders))],
    )
    cash = total((payment.captured for payment in payments), "IDR")
    cash_writes = [shift_store.add_cash(shift, cash)] if shift else []
    db.commit([*map(store.create_payment, payments), *cash_writes])
    return payments


def sums_of_report(report):
    return {
        (item["method"], item["channel"], item["kind"]): (item["amount"]["amount"], item["count"])
        for item in report["items"]
    }


def test_a_day_sums_to_its_payments_by_method_and_channel(aws):
    set_clock(NOON)
    shift = an_open_shift()
    split = a_paid_order(("cash", 100), ("transfer", 50), order="ord_1", shift=shift)
    web = a_paid_order(("cod", 30), order="ord_2", channel="web")

    update_ledger(an_order_placed_message("evt_1", split))
    update_ledger(an_order_placed_message("evt_2", web, "web", order_id="ord_2"))

    report = load_ledger_report(TODAY)
    assert sums_of_report(report) == {
        ("cash", "pos", "captured"): (100, 1),
        ("transfer", "pos", "promised"): (50, 1),
        ("cod", "web", "promised"): (30, 1),
    }
    assert report["totals"] == {"IDR": {"cash": 100, "non_cash": 0, "all": 100}}
    assert (report["matched"], report["unmatched"]) == (True, [])


def test_money_captured_later_is_booked_on_the_day_of_its_capture(aws):
    [_, transfer] = a_paid_order(("cod", 30), ("transfer", 50))
    db.commit([store.transition_payment(transfer, "captured")])
    update_ledger(an_order_placed_message("evt_1", [*store.load_payments(["pay_ord_1_0"]), transfer]))
    captured = {"order_id": "ord_1", "payment_id": transfer.id, "method": "transfer", "amount_minor": 50}
    capture = an_order_placed_message("evt_2", [], at="2026-11-24T03:00:00.000Z", kind="PaymentCaptured", **captured)

    update_ledger(capture)

    assert sums_of_report(load_ledger_report(date(2026, 11, 24))) == {("transfer", "pos", "captured"): (50, 1)}
    assert load_ledger_report(date(2026, 11, 24))["matched"] and load_ledger_report(TODAY)["matched"]


def test_an_amount_of_zero_has_no_line():
    message = an_order_placed_message("evt_1", [a_payment("cash", 0)], kind="PaymentCaptured")

    assert ledger.build_lines(message, {}, "Asia/Jakarta") == []


def test_an_event_delivered_twice_is_booked_once(aws):
    payments = a_paid_order(("cash", 100), shift=an_open_shift())

    for _ in range(3):
        update_ledger(an_order_placed_message("evt_1", payments))

    assert sums_of_report(load_ledger_report(TODAY)) == {("cash", "pos", "captured"): (100, 1)}
    assert load_ledger_report(TODAY)["matched"]


@pytest.mark.parametrize("off_by", [1, -1, 100])
def test_a_payment_that_differs_from_the_ledger_by_one_rupiah_is_listed(aws, off_by):
    [payment] = a_paid_order(("cash", 100), shift=an_open_shift())
    update_ledger(an_order_placed_message("evt_1", [payment]))
    row = PaymentRow(payment.id, "payment")
    db.commit([db.update(row, PaymentRow.captured_minor.set(100 + off_by))])

    report = load_ledger_report(TODAY)

    assert report["matched"] is False
    assert report["unmatched"] == [
        {"payment_id": payment.id, "order_id": "ord_1", "payment_minor": 100 + off_by, "ledger_minor": 100}
    ]


def test_money_in_the_ledger_without_a_payment_is_listed(aws):
    [payment] = lifecycle.build_payments(PaymentContext("ord_1"), [("transfer", None)], rupiah(70), ["pay_gone"])

    update_ledger(an_order_placed_message("evt_1", [lifecycle.transition(payment, "captured")]))

    assert load_ledger_report(TODAY)["unmatched"] == [
        {"payment_id": "pay_gone", "order_id": "", "payment_minor": 0, "ledger_minor": 70}
    ]


def test_a_capture_without_a_journal_entry_is_listed(aws):
    [payment] = a_paid_order(("transfer", 70))
    update_ledger(an_order_placed_message("evt_1", [payment]))

    db.commit([store.transition_payment(payment, "captured")])

    assert [mismatch["payment_id"] for mismatch in load_ledger_report(TODAY)["unmatched"]] == [payment.id]


def test_a_collection_is_booked_under_the_channel_of_its_order(aws):
    set_clock(NOON)
    a_customer(opening=40, due_on=date(2026, 9, 1))
    payment = sell_on_credit("pay_a", 300, date(2026, 10, 1))
    update_ledger(an_order_placed_message("evt_0", [payment], "sfa", order_id=payment.order_id))

    collection = collect(MAYA, "cus_1", rupiah(140), "transfer")
    [entry] = list_messages(f"collection#{collection['id']}")
    update_ledger(entry)
    update_ledger(entry)

    assert sums_of_report(load_ledger_report(TODAY)) == {
        ("credit", "sfa", "credit"): (300, 1),
        ("transfer", "sfa", "collected"): (100, 1),
        ("transfer", "", "collected"): (40, 1),
    }
    assert load_ledger_report(TODAY)["matched"]


def test_a_shifts_receipts_name_till_shift_order_and_actor(aws):
    shift = an_open_shift(till="till-1")
    for number in range(3):
        update_ledger(
            an_order_placed_message(f"evt_{number}", a_paid_order(("cash", 100), order=f"ord_{number}", shift=shift))
        )

    first, after = ledger_store.list_receipts(shift.id, 2, None)
    second, _ = ledger_store.list_receipts(shift.id, 2, after)

    lines = [*first, *second]
    assert [line.payment_id for line in lines] == ["pay_ord_2_0", "pay_ord_1_0", "pay_ord_0_0"]
    assert sum(line.minor for line in lines) == 300 == shift_store.find_shift(shift.id).expected.minor
    assert {(line.till, line.shift, line.order_id, line.actor) for line in lines} == {
        ("till-1", shift.id, "ord_1", "cashier-sinta")
    }


def test_a_handover_appears_in_both_shifts_and_leaves_the_days_totals_unchanged(aws):
    bag, shift = build_cash_bag(AGUS.id, "IDR"), an_open_shift(till="till-1")
    update_ledger(an_order_placed_message("evt_1", a_paid_order(("cash", 100), shift=shift)))
    db.commit([shift_store.add_cash(bag, rupiah(300))])
    handover = hand_over(SINTA, bag.id, rupiah(200))
    before = load_ledger_report(TODAY)["totals"]

    [entry] = list_messages(f"handover#{handover['id']}")
    update_ledger(entry)

    receipts, _ = ledger_store.list_receipts(shift.id, 10, None)
    sale, received = sorted(receipts, key=lambda line: line.kind)
    [handed_over], _ = ledger_store.list_receipts(bag.id, 10, None)
    assert (received.kind, received.till, received.minor, received.actor) == ("handed_over", "till-1", 200, SINTA.id)
    assert (handed_over.till, handed_over.minor) == (bag.till, -200)
    assert received.minor + sale.minor == shift_store.find_shift(shift.id).expected.minor
    assert load_ledger_report(TODAY)["totals"] == before


def test_a_handover_into_the_safe_is_booked(aws):
    freeze_at_noon()
    bag = build_cash_bag(AGUS.id, "IDR")
    db.commit([shift_store.add_cash(bag, rupiah(300))])
    handover = hand_over(MAYA, bag.id, rupiah(300))

    [entry] = list_messages(f"handover#{handover['id']}")
    update_ledger(entry)

    lines = ledger_store.list_lines_of_day(DAY)
    assert sorted((line.kind, line.till, line.shift, line.minor) for line in lines) == [
        ("handed_over", bag.till, bag.id, -300),
        ("handed_over", "safe", "", 300),
    ]


def test_a_store_further_east_closes_its_day_earlier(aws):
    save_location(Location("toko-makassar", "store", "Toko Makassar", zone="Asia/Makassar"), "test")
    late = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # 23.30 in Jakarta, 0.30 of the next day in Makassar
    [payment] = a_paid_order(("cash", 100), shift=an_open_shift())

    update_ledger(an_order_placed_message("evt_1", [payment], at="2026-11-22T16:30:00.000Z", location="toko-makassar"))

    assert (len(ledger_store.list_lines_of_day(DAY)), len(ledger_store.list_lines_of_day("2026-11-23"))) == (0, 1)
    assert late.day == 22


def test_refunds_owed_and_reversed_credit_are_booked(aws):
    entry = an_order_placed_message("evt_1", [], kind="OrderCancelled", owed_minor=70, credit_minor=30)

    update_ledger(entry)

    assert sums_of_report(load_ledger_report(TODAY)) == {
        ("", "pos", "owed_back"): (70, 1),
        ("credit", "pos", "credit"): (-30, 1),
    }


def test_a_late_payment_is_booked_with_its_refund_owed_and_the_credit_it_reversed(aws):
    late = an_order_placed_message(
        "evt_1", [], kind="PaymentCaptured", payment_id="pay_1", method="transfer", amount_minor=100
    )
    late["body"] |= {"owed_minor": 70, "credit_minor": 30}

    update_ledger(late)

    assert sums_of_report(load_ledger_report(TODAY)) == {
        ("transfer", "pos", "captured"): (100, 1),
        ("", "pos", "owed_back"): (70, 1),
        ("credit", "pos", "credit"): (-30, 1),
    }


def test_an_event_of_a_newer_schema_version_is_refused_and_books_nothing(aws):
    payments = a_paid_order(("cash", 100), shift=an_open_shift())

    with pytest.raises(NewerVersion, match="OrderPlaced has version 2"):
        update_ledger(an_order_placed_message("evt_1", payments) | {"schema_version": 2})

    assert ledger_store.list_lines_of_day(DAY) == []


def test_events_without_money_add_no_lines(aws):
    shift = an_open_shift(opening=500)

    for entry in list_messages(f"shift#{shift.id}"):
        update_ledger(entry)
    update_ledger(an_order_placed_message("evt_1", [], kind="WorkAccepted"))

    assert load_ledger_report(TODAY)["items"] == []


@given(st.lists(st.tuples(st.sampled_from(["cash", "transfer"]), st.integers(1, 10**9)), min_size=1, max_size=5))
def test_the_items_of_any_day_sum_to_its_totals(captures):
    lines = [
        ledger.LedgerLine(DAY, f"evt_{number}", 0, "captured", method, "pos", minor, "IDR", "")
        for number, (method, minor) in enumerate(captures)
    ]

    summed = sum(item["amount"]["amount"] for item in ledger.sum_lines(lines))

    assert summed == ledger.sum_money_in(lines)["IDR"]["all"] == sum(minor for _, minor in captures)


@pytest.mark.parametrize(
    "status, is_promised",
    [
        *((status, True) for status in ("due", "awaiting_proof", "proof_submitted", "rejected")),
        *((status, False) for status in ("captured", "expired", "cancelled", "on_credit")),
    ],
)
def test_money_is_promised_only_while_its_payment_is_awaited(status, is_promised):
    payment = a_payment("transfer", 50, id="pay_1", status=PaymentStatus(status))
    [line] = ledger.build_lines(an_order_placed_message("evt_1", [a_payment("transfer", 50, id="pay_1")]), {}, "UTC")
    promise = replace(line, kind="promised")

    assert ledger.drop_settled_promises([promise], {"pay_1": payment}) == ([promise] if is_promised else [])


def test_a_promise_leaves_the_days_report_when_its_order_is_cancelled(aws):
    set_clock(NOON)
    [kept] = a_paid_order(("transfer", 50), order="ord_1")
    [cancelled] = a_paid_order(("transfer", 30), order="ord_2")
    update_ledger(an_order_placed_message("evt_1", [kept]))
    update_ledger(an_order_placed_message("evt_2", [cancelled], order_id="ord_2"))
    before = sums_of_report(load_ledger_report(TODAY))

    db.commit([store.save_payment(cancelled, lifecycle.close_with_order(cancelled))])

    assert before == {("transfer", "pos", "promised"): (80, 2)}
    assert sums_of_report(load_ledger_report(TODAY)) == {("transfer", "pos", "promised"): (50, 1)}
