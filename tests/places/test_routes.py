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
def ask(aws):
    save_people(OWNER, a_salesman())
    save_locations(a_location(), a_location("van-wati"), a_location("toko-darmo", "store"))

    def request(who, method, path, body=None):
        token = auth.staff_token(who.id, who.role, who.version)
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.http.request(method, path, headers=headers, body=json.dumps(body).encode() if body else b"")
        return answer.status_code, answer.json_body

    return request


def test_a_salesman_reports_only_the_own_van(ask):
    assert ask(a_salesman(), "PUT", "/locations/van-budi/position", HERE)[1]["position"] == HERE
    assert ask(a_salesman(), "PUT", "/locations/van-wati/position", HERE)[0] == 403
    assert ask(OWNER, "PUT", "/locations/toko-darmo/position", HERE)[1]["code"] == "not_a_van"
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
def test_an_invalid_position_is_refused(ask, body):
    assert ask(a_salesman(), "PUT", "/locations/van-budi/position", body)[0] == 422

    assert find.load_positions() == {}


def test_staff_see_all_locations(ask):
    status, said = ask(a_salesman(), "GET", "/locations")

    assert status == 200
    assert [each["id"] for each in said["items"]] == ["toko-darmo", "van-budi", "van-wati"]
    assert said["items"][1]["position"] == TUGU.to_json()


def test_the_owner_saves_a_location(ask):
    store = {"kind": "store", "name": "Toko Baru", "position": HERE}

    assert ask(a_salesman(), "PUT", "/locations/toko-baru", store)[0] == 403
    assert ask(OWNER, "PUT", "/locations/toko-baru", store)[0] == 200

    assert find.load_location("toko-baru") == a_location(
        "toko-baru", "store", name="Toko Baru", point=routes.Point(**HERE)
    )


def test_the_owner_deactivates_a_member(ask):
    gone = {"name": "Budi", "role": "salesman", "active": False}

    assert ask(OWNER, "PUT", "/staff/salesman-budi", gone)[0] == 200

    assert ask(a_salesman(), "GET", "/locations")[0] == 401


def test_signing_out_a_member_invalidates_old_tokens(ask):
    budi = {"name": "Budi", "role": "salesman", "location": "van-budi"}

    ask(OWNER, "PUT", "/staff/salesman-budi", budi | {"sign_out": True})

    assert ask(a_salesman(), "GET", "/locations")[0] == 401
    assert ask(a_salesman(version=2), "GET", "/locations")[0] == 200


def test_only_the_owner_sees_the_staff_list_and_it_shows_no_secrets(ask):
    assert ask(a_salesman(), "GET", "/staff")[0] == 403

    status, said = ask(OWNER, "GET", "/staff")

    assert status == 200
    assert set(said["items"][0]) == {"id", "name", "role", "phone", "email", "location", "language", "active"}
