import json

import pytest
from chalice.test import Client

from app import app
from chalicelib.kit import auth, db
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


RATNA = {"name": "Ratna", "role": "owner"}
LOSSES = [RATNA | {"active": False}, RATNA | {"role": "finance"}]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_only_owner_stays_an_active_owner(request_as, loss):
    status, body = request_as(OWNER, "PUT", "/staff/owner-ani", loss)

    assert (status, body["code"], body["staff"]) == (409, "last_owner", "owner-ani")
    assert find.find_staff_uncached("owner-ani") == OWNER


@pytest.mark.parametrize("loss", LOSSES)
def test_an_owner_leaves_when_another_is_active(request_as, loss):
    request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"phone": "0812-5298-0001"})

    assert request_as(OWNER, "PUT", "/staff/owner-ani", loss)[0] == 200

    ratna = a_salesman("owner-ratna", role="owner", location="")
    assert request_as(ratna, "PUT", "/staff/owner-ratna", RATNA | {"active": False})[1]["code"] == "last_owner"


@pytest.mark.parametrize("loss", [*LOSSES, {"name": "Ani", "role": "owner", "phone": "", "email": ""}])
def test_an_owner_without_phone_and_email_does_not_count(request_as, loss):
    request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA)

    status, body = request_as(OWNER, "PUT", "/staff/owner-ani", loss)

    assert (status, body["code"]) == (409, "last_owner")
    assert find.find_staff_uncached("owner-ani") == OWNER


def test_an_owner_without_phone_and_email_can_leave_while_another_is_active(request_as):
    request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA)

    assert request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"active": False})[0] == 200


def test_an_inactive_owner_does_not_count(request_as):
    request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"active": False})

    assert request_as(OWNER, "PUT", "/staff/owner-ani", RATNA | {"active": False})[1]["code"] == "last_owner"


def test_an_import_does_not_demote_the_only_owner(request_as):
    csv = b"id,name,role\nowner-ani,Ani,finance\n"
    headers = {"Authorization": f"Bearer {auth.staff_token(OWNER.id, OWNER.role)}", "Content-Type": "text/csv"}

    report = client.http.request("POST", "/imports?file=staff", headers=headers, body=csv).json_body

    assert [(error["row"], error["reason"]) for error in report["errors"]] == [
        (2, "owner-ani is the only active owner who can sign in; first make another person with a contact owner.")
    ]
    assert find.find_staff_uncached("owner-ani").role == "owner"


def test_two_owners_cannot_demote_each_other_at_once(request_as, monkeypatch):
    ratna = a_salesman("owner-ratna", role="owner", location="")
    save_people(ratna)
    commit = db.commit

    def commit_after_the_other(writes, **options):
        monkeypatch.setattr(db, "commit", commit)
        assert request_as(ratna, "PUT", "/staff/owner-ani", RATNA | {"active": False})[0] == 200
        return commit(writes, **options)

    monkeypatch.setattr(db, "commit", commit_after_the_other)
    status, body = request_as(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"active": False})

    assert (status, body["code"]) == (409, "last_owner")
    assert find.find_staff_uncached("owner-ratna").active


@pytest.mark.parametrize("phone", ["12", "0812529899O1", "nope", "+62 812"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/staff/salesman-budi", {"name": "Budi", "role": "salesman", "location": "van-budi"}),
        ("/locations/toko-baru", {"kind": "store", "name": "Toko Baru"}),
    ],
)
def test_an_invalid_phone_is_refused(request_as, path, body, phone):
    status, problem = request_as(OWNER, "PUT", path, body | {"phone": phone})

    assert (status, problem["errors"][0]["field"]) == (422, "phone")
    assert "toko-baru" not in find.load_locations()
    assert find.find_staff_uncached("salesman-budi") == a_salesman()


def test_phones_and_addresses_are_saved_normalized(request_as):
    reach = {"phone": "0812 3000 0009", "email": "Toko@Example.com"}

    person = request_as(OWNER, "PUT", "/staff/salesman-budi", {"name": "Budi", "role": "salesman"} | reach)[1]
    store = request_as(OWNER, "PUT", "/locations/toko-baru", {"kind": "store", "name": "Toko Baru"} | reach)[1]

    assert (person["phone"], person["email"]) == ("+6281230000009", "toko@example.com")
    assert (store["phone"], store["email"]) == ("+6281230000009", "toko@example.com")
    assert find.find_staff_uncached("salesman-budi").phone == "+6281230000009"


def test_an_invalid_email_is_refused(request_as):
    assert request_as(OWNER, "PUT", "/staff/x", {"name": "X", "role": "agent", "email": "nope"})[0] == 422


def test_staff_work_at_a_location_that_exists(request_as):
    status, problem = request_as(
        OWNER, "PUT", "/staff/salesman-budi", {"name": "Budi", "role": "salesman", "location": "nope"}
    )

    assert (status, problem["code"], problem["location"]) == (422, "no_such_location", "nope")
    assert find.find_staff_uncached("salesman-budi") == a_salesman()
