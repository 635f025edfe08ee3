import json

import pytest

from chalicelib.customers import find
from chalicelib.customers.grant_terms import grant_terms
from chalicelib.customers.model import Credit, CreditLimitReached, CreditNotUsed, NoCreditTerms
from chalicelib.customers.store import extend_credit, release_credit
from chalicelib.kit import db, journal
from chalicelib.kit.money import Money
from tests.customers.build import a_customer, a_saved_customer, rupiah


@pytest.fixture(autouse=True)
def customer_owing_800_of_1000(aws):
    a_saved_customer(a_customer(), credit_limit=rupiah(1000), opening_balance=rupiah(800))


def credit_left() -> int:
    credit = find.find_credit("cus_sari")
    assert credit.left == credit.limit - credit.exposure
    return credit.left.minor


def test_credit_can_be_used_to_the_last_rupiah():
    db.commit([extend_credit("cus_sari", rupiah(200))])

    assert credit_left() == 0


def test_one_rupiah_more_is_refused_and_nothing_changes():
    with pytest.raises(CreditLimitReached) as refusal:
        db.commit([extend_credit("cus_sari", rupiah(201))])

    assert (
        refusal.value.facts | {"limit": rupiah(1000), "left": rupiah(200), "wanted": rupiah(201)} == refusal.value.facts
    )
    assert credit_left() == 200


def test_a_second_use_beyond_the_limit_is_refused():
    db.commit([extend_credit("cus_sari", rupiah(150))])

    with pytest.raises(CreditLimitReached):
        db.commit([extend_credit("cus_sari", rupiah(150))])

    assert credit_left() == 50


def test_an_override_exceeds_the_limit_and_counts_as_exposure():
    db.commit([extend_credit("cus_sari", rupiah(500), override=True)])

    assert credit_left() == -300


def test_credit_without_terms_is_refused():
    a_saved_customer(a_customer("cus_cash", phone=""))

    for customer_id in ("cus_cash", "cus_unknown"):
        for override in (False, True):
            with pytest.raises(NoCreditTerms):
                db.commit([extend_credit(customer_id, rupiah(1), override)])

    assert find.find_credit("cus_cash") is None


def test_a_limit_in_rupiah_grants_no_credit_in_dollars():
    with pytest.raises(NoCreditTerms):
        db.commit([extend_credit("cus_sari", Money(1, "USD"))])

    assert credit_left() == 200


def test_released_credit_can_be_used_again():
    db.commit([release_credit("cus_sari", rupiah(800))])

    assert credit_left() == 1000


def test_releasing_more_credit_than_was_used_is_refused():
    with pytest.raises(CreditNotUsed):
        db.commit([release_credit("cus_sari", rupiah(801))])

    assert credit_left() == 200


def test_a_limit_below_the_exposure_blocks_further_credit():
    customer, credit = grant_terms("cus_sari", rupiah(500), 14, "retail", reason="pays late", actor="finance-dewi")

    assert credit == Credit("cus_sari", rupiah(500), rupiah(800), 14)
    assert (customer.terms_days, customer.price_group) == (14, "retail")
    with pytest.raises(CreditLimitReached):
        db.commit([extend_credit("cus_sari", rupiah(1))])


def test_granting_the_same_terms_again_is_granted_once():
    first = grant_terms("cus_sari", rupiah(500), 14, "retail", reason="pays late", actor="finance-dewi")
    journaled = len(journal.history("customer#cus_sari"))

    again = grant_terms("cus_sari", rupiah(500), 14, "retail", reason="pays late", actor="finance-dewi")

    assert again == first
    assert len(journal.history("customer#cus_sari")) == journaled


def test_a_grant_is_journaled_with_its_actor_and_reason():
    grant_terms("cus_sari", rupiah(500), 14, "", reason="pays late", actor="finance-dewi")

    entry = journal.history("customer#cus_sari")[-1]
    assert (entry.kind, entry.actor) == ("TermsGranted", "finance-dewi")
    assert json.loads(entry.body) == {
        "customer_id": "cus_sari",
        "limit_minor": 500,
        "was_minor": 1000,
        "currency": "IDR",
        "terms_days": 14,
        "reason": "pays late",
    }
