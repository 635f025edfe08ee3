"""Sign-in of staff by one-time code, and their sessions, through the endpoints."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib.kit import clock, db, journal
from chalicelib.notify.store import BudgetRow
from chalicelib.places.save import save_staff
from infra.invariants.check import check
from tests.client import call
from tests.moto_aws import stored_rows
from tests.sessions.build import (
    BUDI_PHONE,
    CAFE,
    HOME,
    OWNER_PHONE,
    a_wrong_code,
    codes_sent,
    confirm,
    request_code,
    sign_in,
    status_of_me,
)
from tests.shop import STAFF, advance_clock, open_shop, token

NOBODY = "+6281299999999"
BUDI = next(person for person in STAFF if person.id == "salesman-budi")


@pytest.fixture(autouse=True)
def shop(aws: Any) -> Any:
    start = clock.now()
    clock.source = lambda: start
    open_shop()
    return aws


def test_a_salesman_signs_in_with_the_code_of_the_message_and_out_again():
    attempt = request_code(phone="0811-0000-0003")
    answer = confirm(attempt=attempt, code=codes_sent(BUDI_PHONE)[0])

    assert answer.status == 201
    assert answer.json["staff"] == {
        "id": "salesman-budi",
        "role": "salesman",
        "name": "Budi",
        "location": "van-budi",
    }
    signed_in = answer.json["token"]
    assert call("GET", "/api/me", token=signed_in).json["id"] == "salesman-budi"
    assert call("POST", "/api/sign-out", token=signed_in).status == 200
    assert status_of_me(signed_in) == 401


def test_the_code_is_enough_with_the_phone_that_requested_it():
    request_code(phone=BUDI_PHONE)

    assert confirm(phone=BUDI_PHONE, code=codes_sent(BUDI_PHONE)[0]).status == 201


def test_the_doctor_counts_the_codes_of_staff_apart_from_other_messages(shop: Any):
    def budget_violations() -> list[str]:
        report = check(boto3.client("dynamodb"), "test")
        return [sentence for name, sentence in report.violations if name == "N4"]

    request_code(phone=BUDI_PHONE)
    correct = budget_violations()
    [row] = [row for row in stored_rows(BudgetRow) if row.sk == "sign_in"]
    row.update([BudgetRow.spent.add(1)])

    assert correct == []
    assert budget_violations() == ["the SMS budgets 'sign_in' count 2, 1 were claimed"]


def test_a_code_is_used_once():
    attempt = request_code(phone=BUDI_PHONE)
    second = request_code(phone=BUDI_PHONE)  # within a minute: the same code, no second message
    code = codes_sent(BUDI_PHONE)
    assert len(code) == 1
    assert confirm(attempt=attempt, code=code[0]).status == 201

    assert confirm(attempt=attempt, code=code[0]).status == 401
    assert confirm(attempt=second, code=code[0]).status == 401
    assert confirm(phone=BUDI_PHONE, code=code[0]).status == 401


def test_a_request_for_nobody_looks_the_same_and_costs_the_same(shop: Any):
    def count(phone: str) -> tuple[set[str], int, list[tuple[str, int]]]:
        calls: list[tuple[str, int]] = []
        engine = db.current_engine()
        real = (engine.batch, engine.query, engine.transact)

        class Counted:
            get, scan = engine.get, engine.scan
            batch = staticmethod(lambda keys: (calls.append(("batch", len(keys))), real[0](keys))[1])
            query = staticmethod(lambda *given: (calls.append(("query", 1)), real[1](*given))[1])
            transact = staticmethod(
                lambda writes, token: (calls.append(("transact", len(writes))), real[2](writes, token))[1]
            )

        with db.use_engine(Counted()):
            answer = call("POST", "/api/sign-in", {"phone": phone}, address=HOME)
        return set(answer.json), answer.status, calls

    assert count(NOBODY) == count(BUDI_PHONE)


def test_codes_of_nobody_never_sign_in_and_no_number_of_theirs_is_stored(shop: Any):
    attempt = request_code(phone=NOBODY)

    answers = [confirm(attempt=attempt, code=f"{number:06d}") for number in range(5)]

    assert {(answer.status, answer.json["code"]) for answer in answers} == {(401, "wrong_code")}
    stored = [shop.resource("dynamodb").Table(f"test-{name}").scan()["Items"] for name in ("sessions", "journal")]
    assert NOBODY not in str(stored)


def test_five_wrong_codes_end_the_attempt_and_neither_others_nor_sessions():
    session = sign_in(BUDI_PHONE)["token"]
    stranger = request_code(CAFE, phone=BUDI_PHONE)
    for _ in range(5):
        assert confirm(CAFE, attempt=stranger, code=a_wrong_code(codes_sent(BUDI_PHONE)[-1])).status == 401
    assert confirm(CAFE, attempt=stranger, code=codes_sent(BUDI_PHONE)[-1]).status == 401

    assert status_of_me(session) == 200
    assert status_of_me(sign_in(BUDI_PHONE)["token"]) == 200


def test_the_right_code_signs_in_at_the_fifth_try():
    attempt = request_code(phone=BUDI_PHONE)
    code = codes_sent(BUDI_PHONE)[0]
    for _ in range(4):
        confirm(attempt=attempt, code=a_wrong_code(code))

    assert confirm(attempt=attempt, code=code).status == 201


def test_a_code_is_good_for_ten_minutes():
    attempt = request_code(phone=BUDI_PHONE)
    advance_clock(minutes=10)

    assert confirm(attempt=attempt, code=codes_sent(BUDI_PHONE)[0]).json["code"] == "wrong_code"


def test_a_stranger_who_requests_many_codes_keeps_nobody_out():
    for _ in range(30):
        advance_clock(minutes=2)
        request_code(CAFE, phone=OWNER_PHONE)

    assert status_of_me(sign_in(OWNER_PHONE)["token"]) == 200


def test_on_one_network_the_last_code_stays_good_when_no_more_are_sent():
    for _ in range(8):
        advance_clock(minutes=1)
        request_code(phone=OWNER_PHONE)
    attempt = request_code(phone=OWNER_PHONE)

    assert len(codes_sent(OWNER_PHONE)) == 5
    assert confirm(attempt=attempt, code=codes_sent(OWNER_PHONE)[-1]).status == 201


def test_strangers_on_many_networks_do_not_use_up_the_codes_of_a_known_device():
    device = sign_in(BUDI_PHONE)["device"]
    for number in range(25):
        request_code(f"36.90.{number}.1", phone=BUDI_PHONE)
    advance_clock(minutes=2)
    sent = len(codes_sent(BUDI_PHONE))
    request_code("36.90.1.1", phone=BUDI_PHONE)  # a second code for that network is over the limit
    assert len(codes_sent(BUDI_PHONE)) == sent

    attempt = request_code(CAFE, phone=BUDI_PHONE, device=device)

    assert len(codes_sent(BUDI_PHONE)) == sent + 1
    assert confirm(CAFE, attempt=attempt, code=codes_sent(BUDI_PHONE)[-1]).status == 201


def test_wrong_codes_of_one_network_are_limited_over_all_its_attempts():
    for _ in range(3):
        attempt = request_code(CAFE, phone=BUDI_PHONE)
        for _ in range(5):
            confirm(CAFE, attempt=attempt, code=a_wrong_code(codes_sent(BUDI_PHONE)[-1]))
        advance_clock(minutes=2)

    attempt = request_code(CAFE, phone=BUDI_PHONE)
    assert confirm(CAFE, attempt=attempt, code=codes_sent(BUDI_PHONE)[-1]).status == 401
    assert status_of_me(sign_in(BUDI_PHONE)["token"]) == 200


def test_offers_and_customers_cannot_use_up_the_sms_of_sign_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SATUKANAL_SMS_PER_DAY", "0")

    assert status_of_me(sign_in(BUDI_PHONE)["token"]) == 200


def test_sign_in_codes_have_a_budget_a_day(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SATUKANAL_SMS_SIGN_IN_PER_DAY", "2")
    for network in range(4):
        request_code(f"36.90.{network}.1", phone=BUDI_PHONE)

    assert len(codes_sent(BUDI_PHONE)) == 2


def test_a_lost_phone_is_signed_out_from_another_device():
    lost, other = sign_in(BUDI_PHONE)["token"], sign_in(BUDI_PHONE, CAFE)["token"]
    listed = call("GET", "/api/sessions", token=other, address=CAFE).json["items"]
    assert [(item["is_current"], item["network"]) for item in listed] in (
        [(True, "this"), (False, "another")],
        [(False, "another"), (True, "this")],
    )

    of_lost = next(item["id"] for item in listed if not item["is_current"])
    assert call("DELETE", f"/api/sessions/{of_lost}", token=other).status == 200

    assert (status_of_me(lost), status_of_me(other)) == (401, 200)
    assert call("DELETE", f"/api/sessions/{of_lost}", token=other).status == 404


def test_nobody_ends_the_session_of_another_person():
    session = sign_in(BUDI_PHONE)["token"]
    session_id = call("GET", "/api/sessions", token=session).json["items"][0]["id"]

    assert call("DELETE", f"/api/sessions/{session_id}", token=token("owner-ratna")).status == 404
    assert status_of_me(session) == 200


@pytest.mark.parametrize("change", [{"active": False}, {"version": 2}])
def test_deactivation_ends_every_session_at_the_next_request(change: dict[str, Any]):
    session = sign_in(BUDI_PHONE)["token"]

    save_staff(replace(BUDI, **change), "test")

    assert status_of_me(session) == 401


def test_another_role_takes_effect_at_the_next_request():
    session = sign_in(BUDI_PHONE)["token"]

    save_staff(replace(BUDI, role="warehouse", location="wh-surabaya"), "test")

    me = call("GET", "/api/me", token=session).json
    assert (me["role"], me["location"]) == ("warehouse", "wh-surabaya")


@pytest.mark.parametrize(("phone", "lasts"), [(OWNER_PHONE, timedelta(hours=12)), (BUDI_PHONE, timedelta(days=30))])
def test_a_session_ends_without_use_and_is_renewed_by_use(phone: str, lasts: timedelta):
    session, minutes = sign_in(phone)["token"], lasts // timedelta(minutes=1)
    advance_clock(minutes - 1)
    assert status_of_me(session) == 200
    advance_clock(minutes - 1)
    assert status_of_me(session) == 200

    advance_clock(minutes)
    assert status_of_me(session) == 401


def test_a_deactivated_member_gets_no_code():
    save_staff(replace(BUDI, active=False), "test")

    request_code(phone=BUDI_PHONE)

    assert codes_sent(BUDI_PHONE) == []


def test_a_channel_key_gets_no_code():
    save_staff(replace(next(p for p in STAFF if p.role == "channel"), phone="+6281100000077"), "test")

    request_code(phone="+6281100000077")

    assert codes_sent("+6281100000077") == []


@pytest.mark.parametrize("body", [{}, {"phone": BUDI_PHONE, "email": "a@example.com"}, {"phone": "12"}])
def test_a_request_names_one_identity(body: dict[str, Any]):
    assert call("POST", "/api/sign-in", body).status == 422


def test_neither_digits_nor_tokens_are_stored_and_the_journal_names_no_phone(shop: Any):
    signed_in = sign_in(BUDI_PHONE)

    stored = str([shop.resource("dynamodb").Table(f"test-{name}").scan()["Items"] for name in ("sessions", "journal")])
    assert codes_sent(BUDI_PHONE)[0] not in stored
    assert signed_in["token"] not in stored
    assert signed_in["token"].split(".")[-1] not in stored
    assert BUDI_PHONE not in stored
    entries = journal.history(next(row["subject"] for row in entries_of(shop) if row["kind"] == "SignedIn"))
    assert [(entry.kind, entry.actor) for entry in entries] == [("SignedIn", "salesman-budi")]


def entries_of(shop: Any) -> list[dict[str, Any]]:
    return list(shop.resource("dynamodb").Table("test-journal").scan()["Items"])
