"""A salesman's phone says where his van is, when he presses the button and not before."""

import pytest

from tests.storefront.stub import a_problem
from tests.storefront.test_desk import sit_down

pytestmark = pytest.mark.browser
DOOR = "PUT /locations/van-budi/position"


def at_tunjungan(phone):
    phone.context.grant_permissions(["geolocation"])
    phone.context.set_geolocation({"latitude": -7.2575, "longitude": 112.7378})


def test_a_salesman_shares_where_he_is(phone):
    at_tunjungan(phone)
    api = sit_down(phone, "salesman", "van-budi")
    api.doors[DOOR] = lambda asked: (200, {"location": "van-budi", "position": asked.body})

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Posisi dibagikan pukul").wait_for()
    assert [each.body for each in api.said_to(DOOR)] == [{"lat": -7.2575, "lon": 112.7378}]


def test_nothing_is_said_before_the_button_is_pressed(phone):
    at_tunjungan(phone)
    api = sit_down(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="Bagikan posisi saya").wait_for()

    assert api.said_to(DOOR) == []


def test_a_phone_that_may_not_tell_says_how_to_allow_it(phone):
    api = sit_down(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Izin lokasi ditolak.").wait_for()
    assert api.said_to(DOOR) == []


def test_a_position_that_was_not_taken_is_not_called_shared(phone):
    at_tunjungan(phone)
    api = sit_down(phone, "salesman", "van-budi")
    api.doors[DOOR] = lambda asked: a_problem(403, "forbidden")

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Peran Anda tidak boleh melakukan ini.").wait_for()
    assert phone.get_by_text("Posisi dibagikan").count() == 0


def test_the_button_speaks_english_too(phone):
    sit_down(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="English").click()

    phone.get_by_role("button", name="Share my position").wait_for()


def test_only_who_drives_a_van_is_asked(phone):
    sit_down(phone, "warehouse", "wh-rungkut")

    phone.get_by_role("button", name="Sudah lihat").wait_for()

    assert phone.get_by_role("button", name="Bagikan posisi saya").count() == 0
