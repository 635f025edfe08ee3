import json

import pytest
from chalice.test import Client

from app import app
from chalicelib.customers import find, verification_code
from chalicelib.kit import auth, clock, journal
from chalicelib.kit.auth import ANYONE
from chalicelib.kit.errors import NotFound
from chalicelib.orders import find as orders
from tests.customers.build import EMAIL, PHONE, a_customer, a_saved_customer, identify_orderer

client = Client(app)


@pytest.fixture
def call_api(aws, trusted_tokens, monkeypatch):
    """Return a function that sends one request. `its-token` is the token of the guest's order `ord_1`."""
    guest = identify_orderer(ANYONE, phone=PHONE)

    def load_customer_and_language(principal, order_id):
        if (principal.token, order_id) != ("its-token", "ord_1"):
            raise NotFound()
        return guest, "id"

    monkeypatch.setattr(orders, "load_customer_and_language", load_customer_and_language)

    def request(method, path, body=None, role="", key=""):
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {auth.staff_token(f'{role}-1', role)}"} if role else {}
        headers |= {"Idempotency-Key": key} if key else {}
        response = client.http.request(method, path, headers=headers, body=json.dumps(body).encode() if body else b"")
        return response.status_code, response.json_body

    request.guest = guest
    return request


def test_a_cashier_registers_and_finds_a_customer(call_api):
    sari = {"name": "Sari", "phone": "0812-9999-0000", "address": {"street": "Jl. Kenanga 5", "postcode": "60241"}}

    status, new = call_api("POST", "/customers", sari, role="cashier", key="one-key-of-sixteen")
    again = call_api("POST", "/customers", sari, role="cashier", key="one-key-of-sixteen")

    assert (status, new["phone"], new["address"]["postcode"]) == (201, "+6281299990000", "60241")
    assert again == (200, new)
    assert call_api("GET", "/customers?phone=081299990000", role="warehouse") == (200, {"items": [new], "next": None})


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
def test_invalid_contact_fields_are_refused(call_api, body):
    status, _ = call_api("POST", "/customers", body, role="owner", key="one-key-of-sixteen")

    assert status == 422


def test_listing_customers_needs_exactly_one_of_phone_and_email(call_api):
    assert call_api("GET", "/customers", role="owner")[0] == 422
    assert call_api("GET", f"/customers?phone=1&email={EMAIL}", role="owner")[0] == 422
    assert call_api("GET", f"/customers?email={EMAIL}", role="owner") == (200, {"items": [], "next": None})


def test_finance_grants_terms_and_a_cashier_does_not(call_api):
    a_saved_customer(a_customer())
    terms = {"limit": {"amount": 1000, "currency": "IDR"}, "terms_days": 14, "reason": "always pays"}

    assert call_api("PUT", "/customers/cus_sari/terms", terms, role="cashier")[0] == 403
    status, body = call_api("PUT", "/customers/cus_sari/terms", terms, role="finance")

    assert (status, body["credit_left"]) == (200, {"amount": 1000, "currency": "IDR"})
    dollars = terms | {"limit": {"amount": 1000, "currency": "USD"}}
    status, refusal = call_api("PUT", "/customers/cus_sari/terms", dollars, role="finance")
    assert (status, refusal["code"], refusal["errors"][0]["field"]) == (422, "wrong_currency", "limit.currency")
    assert find.find_credit("cus_sari").limit.to_json() == {"amount": 1000, "currency": "IDR"}


def test_staff_verify_merge_and_unmerge(call_api):
    a_saved_customer(a_customer("cus_a", phone="+6281299990000"))
    a_saved_customer(a_customer("cus_b", phone="", email=EMAIL))
    call_api("POST", "/customers/cus_a/verify", {"identity": "phone"}, role="salesman")
    assert call_api("POST", "/customers/cus_b/merge", {"into": "cus_a"}, role="agent")[1]["code"] == "not_verified"
    call_api("POST", "/customers/cus_b/verify", {"identity": "email"}, role="salesman")

    assert call_api("POST", "/customers/cus_b/merge", {"into": "cus_a"}, role="agent")[1]["merged_into"] == "cus_a"
    assert call_api("POST", "/customers/cus_b/unmerge", role="owner")[1]["merged_into"] is None


def test_a_guest_verifies_the_number_of_their_order(call_api):
    request_body = {"order": "ord_1", "identity": "phone"}
    assert call_api("POST", "/identities/verify?token=its-token", request_body)[0] == 202
    entry = journal.row_to_entry(journal.history(f"customer#{call_api.guest}")[0])
    phone, digits = verification_code.find_code_to_send(entry.event, clock.now())

    response = call_api("POST", "/identities/confirm?token=its-token", request_body | {"code": digits})

    assert phone == PHONE
    assert response == (200, {"verified": True})
    assert find.load_customer(call_api.guest).is_verified


def test_known_unknown_and_missing_numbers_get_the_same_answer(call_api):
    a_saved_customer(a_customer())
    phone = call_api("POST", "/identities/verify?token=its-token", {"order": "ord_1", "identity": "phone"})
    none = call_api("POST", "/identities/verify?token=its-token", {"order": "ord_1", "identity": "email"})

    assert phone == none == (202, {"asked": True, "code_lasts_seconds": 600})


def test_another_customers_order_and_an_unknown_one_get_the_same_answer(call_api):
    request_body = {"order": "ord_1", "identity": "phone"}

    foreign = call_api("POST", "/identities/verify?token=another", request_body)
    unknown = call_api("POST", "/identities/verify?token=its-token", request_body | {"order": "ord_2"})

    assert foreign == unknown
    assert foreign[0] == 404
    assert journal.history(f"customer#{call_api.guest}") == []


@pytest.mark.parametrize("digits", ["12345", "1234567", "١٢٣٤٥٦", "12345x"])
def test_a_code_is_six_ascii_digits(call_api, digits):
    request_body = {"order": "ord_1", "identity": "phone", "code": digits}

    assert call_api("POST", "/identities/confirm?token=its-token", request_body)[0] == 422


@pytest.mark.parametrize(
    ("country", "phone", "normal"),
    [("Indonesia", "081299990000", "+6281299990000"), ("gb", "020 7946 0018", "+442079460018")],
)
def test_a_phone_is_read_in_the_country_of_the_address(call_api, country, phone, normal):
    sari = {"name": "Sari", "phone": phone, "address": {"street": "Jl. Kenanga 5", "country": country}}

    status, new = call_api("POST", "/customers", sari, role="cashier", key="one-key-of-sixteen")

    assert (status, new["phone"]) == (201, normal)
    assert new["address"]["country"] in ("ID", "GB")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "0812529899O1"}, "phone"),
        ({"phone": "020 7946 0018", "address": {"street": "Jl. Kenanga 5"}}, "phone"),
        ({"address": {"street": "Jl. Kenanga 5", "country": "Atlantis"}}, "address.country"),
    ],
)
def test_another_reading_of_a_phone_or_country_is_refused(call_api, body, field):
    status, problem = call_api("POST", "/customers", {"name": "Sari"} | body, role="cashier", key="one-key-of-sixteen")

    assert (status, [error["field"] for error in problem["errors"]]) == (422, [field])
