import pytest

from chalicelib.kit.phone_numbers import normalize_phone


@pytest.mark.parametrize(
    "written",
    [
        *("081252981234", "0812-5298-1234", "+62 812 5298 1234", "6281252981234", "62 812 5298 1234", "+6281252981234"),
        *(
            "(0812) 5298.1234",
            "+62 (812) 5298–1234",
            "\u202a+62 812\u00a05298\u00a01234\u202c",
            "０８１２５２９８１２３４",
        ),
    ],
)
def test_spellings_of_one_number_are_normalized_alike(written):
    assert normalize_phone(written) == "+6281252981234"


@pytest.mark.parametrize(
    "written",
    [
        *("0812529899O1", "08125298100l", "0812 5298 1234 x5", "+62 812 LARIS 123", "tel:+6281252981234"),
        *("12", "0812", "", "-", "081252981234/081252981235", "0812#5298#1234", "0812+5298+1234", "812;5298;1234"),
    ],
)
def test_anything_but_one_whole_number_is_invalid(written):
    assert normalize_phone(written) is None


def test_a_number_without_country_code_uses_the_given_country():
    assert normalize_phone("020 7946 0018", "GB") == "+442079460018"
