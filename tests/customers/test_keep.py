from dataclasses import replace

import pytest

from chalicelib.customers import find
from chalicelib.customers.keep import keep_customer, write_down
from chalicelib.customers.model import Address, Credit, IdentityTaken
from chalicelib.customers.store import CreditRow
from chalicelib.kit import db, journal, requests
from chalicelib.kit.errors import NotFound
from tests.customers.build import CASHIER, EMAIL, PHONE, a_customer, kept, ordering, rupiah, told

HOME = Address("Jl. Kenanga 5", "Surabaya", "60241", "ID", -7.28, 112.73)


def test_a_customer_is_found_as_he_was_kept(aws):
    known = kept(a_customer(company="Warung Sari", email=EMAIL, address=HOME, price_group="retail", terms_days=14))

    said = known.as_json()
    assert said["address"]["position"] == {"lat": -7.28, "lon": 112.73}
    assert (said["company"], said["email"], said["price_group"], said["terms_days"]) == (
        "Warung Sari",
        EMAIL,
        "retail",
        14,
    )
    assert said["verified"] == []


def test_keeping_again_changes_nothing(aws):
    again = {"credit_limit": rupiah(1000), "opening": rupiah(300)}
    kept(a_customer(), **again)

    assert keep_customer(a_customer(), "owner-ani", **again) is False

    assert told("cus_sari") == ["CustomerKept"]
    assert find.credit("cus_sari") == Credit("cus_sari", rupiah(1000), rupiah(300))


def test_what_rides_along_is_kept_only_the_first_time(aws):
    receivable = CreditRow(
        "receivable", "of-sari", limit_minor=0, exposure_minor=0, left_minor=0, currency="IDR", terms_days=0
    )

    for _ in range(2):
        keep_customer(a_customer(), "owner-ani", opening=rupiah(300), along=[db.create(receivable)])

    assert find.credit("cus_sari").left == rupiah(-300)


def test_a_limit_set_anew_stands_beside_what_is_owed(aws):
    kept(a_customer(), credit_limit=rupiah(1000), opening=rupiah(300))

    kept(a_customer(terms_days=7), credit_limit=rupiah(2000))

    assert find.card("cus_sari")[1] == Credit("cus_sari", rupiah(2000), rupiah(300), terms_days=7)
    assert journal.history("customer#cus_sari")[1].body == (
        '{"customer_id":"cus_sari","limit_minor":2000,"was_minor":1000,"currency":"IDR"}'
    )


def test_a_number_that_is_anothers_goes_on_identifying_that_one(aws):
    kept(a_customer())

    kept(a_customer("cus_twin"))

    assert ordering(CASHIER, phone=PHONE) == "cus_sari"


def test_a_number_given_up_is_free_for_the_next(aws):
    kept(a_customer())
    kept(a_customer(phone="+6281299990000"))

    kept(a_customer("cus_next"))

    assert ordering(CASHIER, phone=PHONE) == "cus_next"
    assert ordering(CASHIER, phone="+6281299990000") == "cus_sari"


def test_a_number_kept_as_written_identifies_nobody(aws):
    kept(a_customer(phone="(5) 555-4729"))

    assert ordering(CASHIER, phone=PHONE) != "cus_sari"
    assert [each.id for each in find.by_phone("(5) 555-4729")] == ["cus_sari"]


def test_staff_write_down_a_customer_once_however_often_the_request_comes(aws):
    asked = requests.asked("cashier-rina", "POST /customers", "a-key-of-sixteen-chars", {"name": "Sari"})
    new = write_down(a_customer(""), "cashier-rina", asked)

    with pytest.raises(requests.AlreadyAnswered) as repeated:
        write_down(a_customer(""), "cashier-rina", asked)

    assert repeated.value.answer == new.as_json()
    assert [each.id for each in find.by_phone(PHONE)] == [new.id]


def test_staff_are_shown_whose_number_it_is_already(aws):
    kept(a_customer())

    with pytest.raises(IdentityTaken) as no:
        write_down(a_customer("", name="Someone else"), "cashier-rina")

    assert no.value.facts == {"kind": "phone", "customer": "cus_sari"}
    assert [each.name for each in find.by_phone(PHONE)] == ["Sari"]


def test_nobody_is_found_who_is_not_there(aws):
    for look in (find.customer, find.card, find.living):
        with pytest.raises(NotFound):
            look("cus_nobody")


def test_a_proof_goes_with_the_number_it_was_of(aws):
    from chalicelib.customers.verify import vouch

    kept(a_customer(email=EMAIL))
    vouch(CASHIER, "cus_sari", "phone")
    vouch(CASHIER, "cus_sari", "email")

    moved = kept(replace(a_customer(email=EMAIL), phone="+6281299990000"))

    assert moved.as_json()["verified"] == ["email"]
