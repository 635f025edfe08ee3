from dataclasses import replace

import pytest

from chalicelib.customers import find
from chalicelib.customers.model import Address, Credit, IdentityTaken
from chalicelib.customers.save import register_customer, save_customer
from chalicelib.customers.store import CreditRow
from chalicelib.kit import db, idempotency, journal
from chalicelib.kit.errors import NotFound
from tests.customers.build import (
    CASHIER,
    EMAIL,
    PHONE,
    a_customer,
    a_saved_customer,
    identify_orderer,
    list_event_kinds,
    rupiah,
)

HOME = Address("Jl. Kenanga 5", "Surabaya", "60241", "ID", -7.28, 112.73)


def test_a_customer_is_loaded_as_saved(aws):
    customer = a_saved_customer(
        a_customer(company="Warung Sari", email=EMAIL, address=HOME, price_group="retail", terms_days=14)
    )

    body = customer.to_json()
    assert body["address"]["position"] == {"lat": -7.28, "lon": 112.73}
    assert (body["company"], body["email"], body["price_group"], body["terms_days"]) == (
        "Warung Sari",
        EMAIL,
        "retail",
        14,
    )
    assert body["verified"] == []


def test_saving_again_changes_nothing(aws):
    credit = {"credit_limit": rupiah(1000), "opening_balance": rupiah(300)}
    a_saved_customer(a_customer(), **credit)

    assert save_customer(a_customer(), "owner-ani", **credit) is False

    assert list_event_kinds("cus_sari") == ["CustomerSaved"]
    assert find.find_credit("cus_sari") == Credit("cus_sari", rupiah(1000), rupiah(300))


def test_extra_writes_are_committed_only_the_first_time(aws):
    receivable = CreditRow(
        "receivable", "of-sari", limit_minor=0, exposure_minor=0, left_minor=0, currency="IDR", terms_days=0
    )

    for _ in range(2):
        save_customer(a_customer(), "owner-ani", opening_balance=rupiah(300), extra_writes=[db.create(receivable)])

    assert find.find_credit("cus_sari").left == rupiah(-300)


def test_a_new_limit_keeps_the_exposure(aws):
    a_saved_customer(a_customer(), credit_limit=rupiah(1000), opening_balance=rupiah(300))

    a_saved_customer(a_customer(terms_days=7), credit_limit=rupiah(2000))

    assert find.load_customer_and_credit("cus_sari")[1] == Credit("cus_sari", rupiah(2000), rupiah(300), terms_days=7)
    assert journal.history("customer#cus_sari")[1].body == (
        '{"customer_id":"cus_sari","limit_minor":2000,"was_minor":1000,"currency":"IDR"}'
    )


def test_a_number_of_another_customer_still_identifies_that_customer(aws):
    a_saved_customer(a_customer())

    a_saved_customer(a_customer("cus_twin"))

    assert identify_orderer(CASHIER, phone=PHONE) == "cus_sari"


def test_a_replaced_number_is_free_for_another_customer(aws):
    a_saved_customer(a_customer())
    a_saved_customer(a_customer(phone="+6281299990000"))

    a_saved_customer(a_customer("cus_next"))

    assert identify_orderer(CASHIER, phone=PHONE) == "cus_next"
    assert identify_orderer(CASHIER, phone="+6281299990000") == "cus_sari"


def test_an_invalid_number_is_not_an_identity(aws):
    a_saved_customer(a_customer(phone="(5) 555-4729"))

    assert identify_orderer(CASHIER, phone=PHONE) != "cus_sari"
    assert [customer.id for customer in find.list_by_phone("(5) 555-4729")] == ["cus_sari"]


def test_a_repeated_request_registers_a_customer_once(aws):
    key = idempotency.build_idempotency_key(
        "cashier-rina", "POST /customers", "a-key-of-sixteen-chars", {"name": "Sari"}
    )
    new = register_customer(a_customer(""), "cashier-rina", key)

    with pytest.raises(idempotency.Replay) as repeated:
        register_customer(a_customer(""), "cashier-rina", key)

    assert repeated.value.answer == new.to_json()
    assert [customer.id for customer in find.list_by_phone(PHONE)] == [new.id]


def test_a_taken_number_is_refused_with_its_customer(aws):
    a_saved_customer(a_customer())

    with pytest.raises(IdentityTaken) as refusal:
        register_customer(a_customer("", name="Someone else"), "cashier-rina")

    assert refusal.value.facts == {"kind": "phone", "customer": "cus_sari"}
    assert [customer.name for customer in find.list_by_phone(PHONE)] == ["Sari"]


def test_an_unknown_customer_is_not_found(aws):
    for load in (find.load_customer, find.load_customer_and_credit, find.resolve_merged):
        with pytest.raises(NotFound):
            load("cus_unknown")


def test_changing_the_number_removes_its_verification(aws):
    from chalicelib.customers.verify import verify_by_staff

    a_saved_customer(a_customer(email=EMAIL))
    verify_by_staff(CASHIER, "cus_sari", "phone")
    verify_by_staff(CASHIER, "cus_sari", "email")

    customer = a_saved_customer(replace(a_customer(email=EMAIL), phone="+6281299990000"))

    assert customer.to_json()["verified"] == ["email"]
