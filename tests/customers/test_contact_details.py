import pytest

from chalicelib.customers.contact_details import list_identities, normalize_phone, parse_contact
from chalicelib.customers.model import Contact
from chalicelib.kit.errors import Invalid


@pytest.mark.parametrize(
    "written",
    ["081252981234", "0812-5298-1234", "+62 812 5298 1234", "6281252981234", "62 812 5298 1234", "+6281252981234"],
)
def test_spellings_of_one_number_are_normalized_alike(written):
    assert normalize_phone(written) == "+6281252981234"


def test_a_number_without_country_code_uses_the_given_country():
    assert normalize_phone("020 7946 0018", "GB") == "+442079460018"


def test_an_email_is_normalized_to_lower_case():
    assert parse_contact(email=" Sari@Example.COM ") == Contact(email="sari@example.com")


def test_spaces_in_a_name_are_collapsed():
    assert parse_contact(" Sari \n Wulandari ") == Contact("Sari Wulandari")


def test_all_invalid_contact_fields_are_reported_together():
    with pytest.raises(Invalid) as refusal:
        parse_contact("Sari", "12", "sari@nowhere")

    assert [error["field"] for error in refusal.value.errors] == ["phone", "email"]


def test_an_import_keeps_invalid_values_which_are_no_identities():
    contact = parse_contact("Ana Trujillo", "(5) 555-4729", "n/a", keep_invalid=True)

    assert contact == Contact("Ana Trujillo", "(5) 555-4729", "n/a")
    assert list_identities(contact.phone, contact.email) == []


def test_an_invalid_international_number_is_not_an_identity():
    assert list_identities("+620000000000", "") == []


def test_the_phone_is_listed_before_the_email():
    assert list_identities("+6281252981234", "sari@example.com") == [
        ("phone", "+6281252981234"),
        ("email", "sari@example.com"),
    ]
