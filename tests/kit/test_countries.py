import pytest

from chalicelib.kit.countries import find_country_code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("ID", "ID"), ("id", "ID"), ("Indonesia", "ID"), (" INDONESIA ", "ID")),
        *(("Germany", "DE"), ("Jerman", "DE"), ("Cote d\u2019Ivoire", "CI"), ("C\u00f4te d'Ivoire", "CI")),
        *(("Trinidad and Tobago", "TT"), ("Trinidad & Tobago", "TT"), ("UK", "GB"), ("USA", "US")),
    ],
)
def test_a_country_is_found_by_its_code_and_by_its_names(written, code):
    assert find_country_code(written) == code


@pytest.mark.parametrize("written", ["", "XX", "Atlantis", "Korea", "Indonesi", "I D"])
def test_other_words_are_no_country(written):
    assert find_country_code(written) is None
