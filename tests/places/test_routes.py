import json

import pytest
from chalice.test import Client

from app import app
from chalicelib.kit import auth
from chalicelib.places import find, routes
from tests.places.build import TUGU, a_location, a_salesman, save_locations, save_people

client = Client(app)
OWNER = a_salesman("owner-ani", role="owner", location="")
HERE = {"lat": -7.25, "lon": 112.75}


@pytest.fixture
def request_as(aws):
    save_people(OWNER, a_salesman())
    save_locations(a_location(), a_location("van-wati"), a_location("toko-darmo", "store"))

    def send(caller, method, path, body=None):
        token = auth.staff_token(caller.id, caller.role, caller.version)
        headers = {"Authorization": f"Bearer {token}"}
        response = client.http.request(method, path, headers=headers, body=json.dumps(body).encode() if body else b"")
        return response.status_code, response.json_body

    return send


def test_a_salesman_reports_only_their_own_van(request_as):
    assert request_as(a_salesman(), "PUT", "/locations/van-budi/position", HERE)[1]["position"] == HERE
    assert request_as(a_salesman(), "PUT", "/locations/van-wati/position", HERE)[0] == 403
    assert request_as(OWNER, "PUT", "/locations/toko-darmo/position", HERE)[1]["code"] == "not_a_van"
    assert list(find.load_positions()) == ["van-budi"]


@pytest.mark.parametrize(
    "body",
    [
        {"lat": -91, "lon": 0},
        {"lat": 0, "lon": 181},
        {"lat": "0", "lon": 0},
        {"lat": True, "lon": 0},
        {"lat": 0},
        HERE | {"at": "2026-11-22T12:00:00"},
        HERE | {"at": "0001-01-01T00:00:00+14:00"},
        HERE | {"at": "9999-12-31T23:59:59-14:00"},
        HERE | {"at": 5},
        HERE | {"speed": 5},
    ],
)
def test_an_invalid_position_is_refused(request_as, body):
    assert request_as(a_salesman(), "PUT", "/locations/van-budi/position", body)[0] == 422

    assert find.load_positions() == {}


def test_staff_see_all_locations(request_as):
    status, body = request_as(a_salesman(), "GET", "/locations")

    assert status == 200
    assert [item["id"] for item in body["items"]] == ["toko-darmo", "van-budi", "van-wati"]
    assert body["items"][1]["position"] == TUGU.to_json()


def test_the_owner_saves_a_location(request_as):
    store = {"kind": "store", "name": "Toko Baru", "position": HERE}

    assert request_as(a_salesman(), "PUT", "/locations/toko-baru", store)[0] == 403
    assert request_as(OWNER, "PUT", "/locations/toko-baru", store)[0] == 200

    assert find.load_location("toko-baru") == a_location(
        "toko-baru", "store", name="Toko Baru", point=routes.Point(**HERE)
    )


def test_the_owner_deactivates_a_member(request_as):
    inactive = {"name": "Budi", "role": "salesman", "active": False}

    assert request_as(OWNER, "PUT", "/staff/salesman-budi", inactive)[0] == 200

    assert request_as(a_salesman(), "GET", "/locations")[0] == 401


def test_signing_out_a_member_invalidates_old_tokens(request_as):
    budi = {"name": "Budi", "role": "salesman", "location": "van-budi"}

    request_as(OWNER, "PUT", "/staff/salesman-budi", budi | {"sign_out": True})

    assert request_as(a_salesman(), "GET", "/locations")[0] == 401
    assert request_as(a_salesman(version=2), "GET", "/locations")[0] == 200


def test_only_the_owner_sees_the_staff_list_and_it_shows_no_secrets(request_as):
    assert request_as(a_salesman(), "GET", "/staff")[0] == 403

    status, body = request_as(OWNER, "GET", "/staff")

    assert status == 200
    assert set(body["items"][0]) == {"id", "name", "role", "phone", "email", "location", "language", "active"}
