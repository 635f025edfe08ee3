import json

import pytest
from chalice.test import Client

from app import app
from chalicelib.customers import code, find
from chalicelib.kit import auth, clock, journal
from chalicelib.kit.auth import ANYONE
from chalicelib.kit.errors import NotFound
from chalicelib.orders import find as orders
from tests.customers.build import EMAIL, PHONE, a_customer, kept, ordering

client = Client(app)


@pytest.fixture
def ask(aws, trusted_tokens, monkeypatch):
    """One request to a door; the token of order `ord_1` is `its-token`, of the guest placed first."""
    guest = ordering(ANYONE, phone=PHONE)

    def customer_of(who, order_id):
        if (who.token, order_id) != ("its-token", "ord_1"):
            raise NotFound()
        return guest

    monkeypatch.setattr(orders, "customer_of", customer_of)

    def request(method, path, body=None, role="", key=""):
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {auth.staff_token(f'{role}-1', role)}"} if role else {}
        headers |= {"Idempotency-Key": key} if key else {}
        answer = client.http.request(method, path, headers=headers, body=json.dumps(body).encode() if body else b"")
        return answer.status_code, answer.json_body

    request.guest = guest
    return request


def test_a_cashier_writes_a_customer_down_and_finds_him(ask):
    sari = {"name": "Sari", "phone": "0812-9999-0000", "address": {"street": "Jl. Kenanga 5", "postcode": "60241"}}

    status, new = ask("POST", "/customers", sari, role="cashier", key="one-key-of-sixteen")
    again = ask("POST", "/customers", sari, role="cashier", key="one-key-of-sixteen")

    assert (status, new["phone"], new["address"]["postcode"]) == (201, "+6281299990000", "60241")
    assert again == (200, new)
    assert ask("GET", "/customers?phone=081299990000", role="warehouse") == (200, {"items": [new], "next": None})


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "Sari", "phone": "12"},
        {"name": "Sari", "price_group": "cheap"},
        {"name": "Sari", "merged_into": "cus_1"},
        {"name": "Sari", "address": {"street": "x", "position": {"lat": 91, "lon": 0}}},
    ],
)
def test_what_nobody_can_read_is_refused(ask, body):
    status, _ = ask("POST", "/customers", body, role="owner", key="one-key-of-sixteen")

    assert status == 422


def test_a_list_of_customers_wants_one_thing_to_look_for(ask):
    assert ask("GET", "/customers", role="owner")[0] == 422
    assert ask("GET", f"/customers?phone=1&email={EMAIL}", role="owner")[0] == 422
    assert ask("GET", f"/customers?email={EMAIL}", role="owner") == (200, {"items": [], "next": None})


def test_finance_grants_terms_and_a_cashier_does_not(ask):
    kept(a_customer())
    terms = {"limit": {"amount": 1000, "currency": "IDR"}, "terms_days": 14, "reason": "always pays"}

    assert ask("PUT", "/customers/cus_sari/terms", terms, role="cashier")[0] == 403
    status, said = ask("PUT", "/customers/cus_sari/terms", terms, role="finance")

    assert (status, said["credit_left"]) == (200, {"amount": 1000, "currency": "IDR"})
    dollars = terms | {"limit": {"amount": 1000, "currency": "USD"}}
    assert ask("PUT", "/customers/cus_sari/terms", dollars, role="finance")[0] == 422
    assert find.credit("cus_sari").limit.as_json() == {"amount": 1000, "currency": "IDR"}


def test_staff_verify_merge_and_part_again(ask):
    kept(a_customer("cus_a", phone="+6281299990000"))
    kept(a_customer("cus_b", phone="", email=EMAIL))
    ask("POST", "/customers/cus_a/verify", {"identity": "phone"}, role="salesman")
    assert ask("POST", "/customers/cus_b/merge", {"into": "cus_a"}, role="agent")[1]["code"] == "not_verified"
    ask("POST", "/customers/cus_b/verify", {"identity": "email"}, role="salesman")

    assert ask("POST", "/customers/cus_b/merge", {"into": "cus_a"}, role="agent")[1]["merged_into"] == "cus_a"
    assert ask("POST", "/customers/cus_b/unmerge", role="owner")[1]["merged_into"] is None


def test_the_holder_of_an_order_proves_its_number(ask):
    asked = {"order": "ord_1", "identity": "phone"}
    assert ask("POST", "/identities/verify?token=its-token", asked)[0] == 202
    entry = journal.to_journal_entry(journal.history(f"customer#{ask.guest}")[0])
    phone, digits = code.to_send(entry.event, clock.now())

    answer = ask("POST", "/identities/confirm?token=its-token", asked | {"code": digits})

    assert phone == PHONE
    assert answer == (200, {"verified": True})
    assert find.customer(ask.guest).is_verified


def test_a_known_number_an_unknown_one_and_none_are_answered_alike(ask):
    kept(a_customer())
    phone = ask("POST", "/identities/verify?token=its-token", {"order": "ord_1", "identity": "phone"})
    none = ask("POST", "/identities/verify?token=its-token", {"order": "ord_1", "identity": "email"})

    assert phone == none == (202, {"asked": True, "code_lasts_seconds": 600})


def test_a_foreign_order_and_an_unknown_one_are_answered_alike(ask):
    asked = {"order": "ord_1", "identity": "phone"}

    foreign = ask("POST", "/identities/verify?token=another", asked)
    unknown = ask("POST", "/identities/verify?token=its-token", asked | {"order": "ord_2"})

    assert foreign == unknown
    assert foreign[0] == 404
    assert journal.history(f"customer#{ask.guest}") == []


@pytest.mark.parametrize("digits", ["12345", "1234567", "١٢٣٤٥٦", "12345x"])
def test_a_code_is_six_ascii_digits(ask, digits):
    asked = {"order": "ord_1", "identity": "phone", "code": digits}

    assert ask("POST", "/identities/confirm?token=its-token", asked)[0] == 422
