import pytest

from chalicelib.customers.contact_details import list_identities, parse_contact, parse_imported_contact
from chalicelib.customers.model import Contact
from chalicelib.kit.errors import Invalid


def test_an_email_is_normalized_to_lower_case():
    assert parse_contact(email=" Sari@Example.COM ") == Contact(email="sari@example.com")


def test_spaces_in_a_name_are_collapsed():
    assert parse_contact(" Sari \n Wulandari ") == Contact("Sari Wulandari")


def test_all_invalid_contact_fields_are_reported_together():
    with pytest.raises(Invalid) as refusal:
        parse_contact("Sari", "12", "sari@nowhere")

    assert [error["field"] for error in refusal.value.errors] == ["phone", "email"]


def test_an_import_keeps_invalid_values_which_are_no_identities():
    contact = parse_imported_contact("Ana Trujillo", "(5) 555-4729", "n/a")

    assert contact == Contact("Ana Trujillo", "(5) 555-4729", "n/a")
    assert list_identities(contact.phone, contact.email) == []


def test_an_invalid_international_number_is_not_an_identity():
    assert list_identities("+620000000000", "") == []


def test_the_phone_is_listed_before_the_email():
    assert list_identities("+6281252981234", "sari@example.com") == [
        ("phone", "+6281252981234"),
        ("email", "sari@example.com"),
    ]


@pytest.mark.parametrize("phone", ["0812529810O3", "08125298100l", "12", "ask Budi"])
def test_an_import_refuses_what_cannot_be_a_phone_number(phone):
    with pytest.raises(Invalid) as refusal:
        parse_imported_contact("Toko O", phone, "")

    assert [error["field"] for error in refusal.value.errors] == ["phone"]
