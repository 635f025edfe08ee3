"""Sharing the position of a van: only when the salesman presses the button."""

import pytest

from tests.storefront.stub_api import a_problem
from tests.storefront.test_desk import sign_in

pytestmark = pytest.mark.browser
ENDPOINT = "PUT /locations/van-budi/position"


def grant_position(phone):
    phone.context.grant_permissions(["geolocation"])
    phone.context.set_geolocation({"latitude": -7.2575, "longitude": 112.7378})


def test_a_salesman_shares_the_position(phone):
    grant_position(phone)
    api = sign_in(phone, "salesman", "van-budi")
    api.handlers[ENDPOINT] = lambda request: (200, {"location": "van-budi", "position": request.body})

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Posisi dibagikan pukul").wait_for()
    assert [request.body for request in api.requests_to(ENDPOINT)] == [{"lat": -7.2575, "lon": 112.7378}]


def test_no_position_is_sent_before_the_button_is_pressed(phone):
    grant_position(phone)
    api = sign_in(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="Bagikan posisi saya").wait_for()

    assert api.requests_to(ENDPOINT) == []


def test_a_denied_permission_shows_how_to_grant_it(phone):
    api = sign_in(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Izin lokasi ditolak.").wait_for()
    assert api.requests_to(ENDPOINT) == []


def test_a_refused_position_is_not_shown_as_shared(phone):
    grant_position(phone)
    api = sign_in(phone, "salesman", "van-budi")
    api.handlers[ENDPOINT] = lambda request: a_problem(403, "forbidden")

    phone.get_by_role("button", name="Bagikan posisi saya").click()

    phone.get_by_text("Peran Anda tidak boleh melakukan ini.").wait_for()
    assert phone.get_by_text("Posisi dibagikan").count() == 0


def test_the_button_is_shown_in_english_too(phone):
    sign_in(phone, "salesman", "van-budi")

    phone.get_by_role("button", name="English").click()

    phone.get_by_role("button", name="Share my position").wait_for()


def test_only_staff_with_a_van_can_share_a_position(phone):
    sign_in(phone, "warehouse", "wh-rungkut")

    phone.get_by_role("button", name="Sudah lihat").wait_for()

    assert phone.get_by_role("button", name="Bagikan posisi saya").count() == 0
