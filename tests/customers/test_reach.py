import pytest

from chalicelib.customers.model import Contact
from chalicelib.customers.reach import contact, e164, identities
from chalicelib.kit.errors import Invalid


@pytest.mark.parametrize(
    "written",
    ["081252981234", "0812-5298-1234", "+62 812 5298 1234", "6281252981234", "62 812 5298 1234", "+6281252981234"],
)
def test_one_number_however_it_is_written(written):
    assert e164(written) == "+6281252981234"


def test_a_number_without_a_country_code_is_from_where_we_are_told():
    assert e164("020 7946 0018", "GB") == "+442079460018"


def test_a_mail_address_is_one_whatever_its_case():
    assert contact(email=" Sari@Example.COM ") == Contact(email="sari@example.com")


def test_a_name_loses_its_stray_spaces():
    assert contact(" Sari \n Wulandari ") == Contact("Sari Wulandari")


def test_everything_that_reaches_nobody_is_listed_at_once():
    with pytest.raises(Invalid) as no:
        contact("Sari", "12", "sari@nowhere")

    assert [each["field"] for each in no.value.errors] == ["phone", "email"]


def test_an_import_keeps_what_it_cannot_read_and_that_identifies_nobody():
    known = contact("Ana Trujillo", "(5) 555-4729", "n/a", as_written=True)

    assert known == Contact("Ana Trujillo", "(5) 555-4729", "n/a")
    assert identities(known.phone, known.email) == []


def test_a_number_that_only_looks_international_identifies_nobody():
    assert identities("+620000000000", "") == []


def test_phone_comes_before_mail():
    assert identities("+6281252981234", "sari@example.com") == [
        ("phone", "+6281252981234"),
        ("email", "sari@example.com"),
    ]
