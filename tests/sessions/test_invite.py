"""The owner of a new shop signs in first and invites the others, who sign in by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import journal
from chalicelib.notify.deliver import deliver_messages
from chalicelib.places.find import load_staff
from infra.owner import create_owner
from tests.client import call
from tests.notify.build import sms_sent
from tests.sessions.build import request_code, sign_in

OWNER, CASHIER = "+6281230000001", "+6281230000077"
SINTA = {"name": "Sinta", "role": "cashier", "phone": "0812-3000-0077"}
KEY = "invite-0123456789"


def deliver_invitation(staff_id: str) -> None:
    for entry in journal.history(f"invitation#{staff_id}"):
        deliver_messages(journal.row_to_entry(entry))


@pytest.fixture
def owner_token(aws: Any) -> str:
    assert create_owner(OWNER, "")
    deliver_invitation("owner")
    assert "/desk/" in sms_sent()[-1][1]
    return str(sign_in(OWNER)["token"])


def test_the_owner_of_a_new_shop_invites_a_cashier_who_signs_in(owner_token: str):
    invited = call("POST", "/api/staff", SINTA, token=owner_token, key=KEY)
    assert (invited.status, invited.json["role"]) == (201, "cashier")
    deliver_invitation(invited.json["id"])
    assert sms_sent()[-1][0] == CASHIER

    signed_in = sign_in(CASHIER)

    assert signed_in["staff"]["id"] == invited.json["id"]
    assert call("GET", "/api/me", token=signed_in["token"]).json["role"] == "cashier"
    assert call("GET", "/api/staff", token=signed_in["token"]).status == 403


def test_a_repeated_invitation_invites_once(owner_token: str):
    first = call("POST", "/api/staff", SINTA, token=owner_token, key=KEY)
    again = call("POST", "/api/staff", SINTA, token=owner_token, key=KEY)

    assert (first.status, again.status, again.json) == (201, 200, first.json)
    assert len(journal.history(f"invitation#{first.json['id']}")) == 1


def test_two_people_do_not_share_a_number(owner_token: str):
    call("POST", "/api/staff", SINTA, token=owner_token, key=KEY)

    refused = call("POST", "/api/staff", SINTA | {"name": "Dewi"}, token=owner_token, key="invite-other-0123456")

    assert (refused.status, refused.json["code"]) == (409, "staff_identity_taken")
    assert len(load_staff()) == 2


@pytest.mark.parametrize("change", [{"phone": ""}, {"role": "channel"}, {"location": "nowhere"}])
def test_an_invitation_that_leads_nowhere_is_refused(owner_token: str, change: dict[str, str]):
    assert call("POST", "/api/staff", SINTA | change, token=owner_token, key=KEY).status == 422

    assert list(load_staff()) == ["owner"]


def test_a_shop_with_an_owner_gets_no_second_one_by_deployment(owner_token: str):
    assert create_owner("+6281230000099", "") is False

    request_code(phone="+6281230000099")
    assert [number for number, _ in sms_sent() if number.endswith("99")] == []
