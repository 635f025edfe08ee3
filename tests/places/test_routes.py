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


RATNA = {"name": "Ratna", "role": "owner"}
LOSSES = [RATNA | {"active": False}, RATNA | {"role": "finance"}]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_only_owner_stays_an_active_owner(ask, loss):
    status, body = ask(OWNER, "PUT", "/staff/owner-ani", loss)

    assert (status, body["code"], body["staff"]) == (409, "last_owner", "owner-ani")
    assert find.find_staff_uncached("owner-ani") == OWNER


@pytest.mark.parametrize("loss", LOSSES)
def test_an_owner_leaves_when_another_is_active(ask, loss):
    ask(OWNER, "PUT", "/staff/owner-ratna", RATNA)

    assert ask(OWNER, "PUT", "/staff/owner-ani", loss)[0] == 200

    ratna = a_salesman("owner-ratna", role="owner", location="")
    assert ask(ratna, "PUT", "/staff/owner-ratna", RATNA | {"active": False})[1]["code"] == "last_owner"


def test_an_inactive_owner_does_not_count(ask):
    ask(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"active": False})

    assert ask(OWNER, "PUT", "/staff/owner-ani", RATNA | {"active": False})[1]["code"] == "last_owner"


def test_an_import_does_not_demote_the_only_owner(ask):
    csv = b"id,name,role\nowner-ani,Ani,finance\n"
    headers = {"Authorization": f"Bearer {auth.staff_token(OWNER.id, OWNER.role)}", "Content-Type": "text/csv"}

    report = client.http.request("POST", "/imports?file=staff", headers=headers, body=csv).json_body

    assert [(error["row"], error["reason"]) for error in report["errors"]] == [
        (2, "owner-ani is the only active owner; give another person the role first.")
    ]
    assert find.find_staff_uncached("owner-ani").role == "owner"


def test_two_owners_cannot_demote_each_other_at_once(ask, monkeypatch):
    ratna = a_salesman("owner-ratna", role="owner", location="")
    save_people(ratna)
    commit = db.commit

    def commit_after_the_other(writes, **options):
        monkeypatch.setattr(db, "commit", commit)
        assert ask(ratna, "PUT", "/staff/owner-ani", RATNA | {"active": False})[0] == 200
        return commit(writes, **options)

    monkeypatch.setattr(db, "commit", commit_after_the_other)
    status, body = ask(OWNER, "PUT", "/staff/owner-ratna", RATNA | {"active": False})

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
def test_an_invalid_phone_is_refused(ask, path, body, phone):
    status, problem = ask(OWNER, "PUT", path, body | {"phone": phone})

    assert (status, problem["errors"][0]["field"]) == (422, "phone")
    assert "toko-baru" not in find.load_locations()
    assert find.find_staff_uncached("salesman-budi") == a_salesman()


def test_phones_and_addresses_are_saved_normalized(ask):
    reach = {"phone": "0812 3000 0009", "email": "Toko@Example.com"}

    person = ask(OWNER, "PUT", "/staff/salesman-budi", {"name": "Budi", "role": "salesman"} | reach)[1]
    store = ask(OWNER, "PUT", "/locations/toko-baru", {"kind": "store", "name": "Toko Baru"} | reach)[1]

    assert (person["phone"], person["email"]) == ("+6281230000009", "toko@example.com")
    assert (store["phone"], store["email"]) == ("+6281230000009", "toko@example.com")
    assert find.find_staff_uncached("salesman-budi").phone == "+6281230000009"


def test_an_invalid_email_is_refused(ask):
    assert ask(OWNER, "PUT", "/staff/x", {"name": "X", "role": "agent", "email": "nope"})[0] == 422


def test_staff_work_at_a_location_that_exists(ask):
    status, problem = ask(
        OWNER, "PUT", "/staff/salesman-budi", {"name": "Budi", "role": "salesman", "location": "nope"}
    )

    assert (status, problem["code"], problem["location"]) == (422, "no_such_location", "nope")
    assert find.find_staff_uncached("salesman-budi") == a_salesman()
