"""Signs people in through the endpoints, with the codes of the messages that were sent."""

from __future__ import annotations

import re
from typing import Any

from chalicelib.kit import journal
from chalicelib.notify.deliver import deliver_messages
from infra.local.server import HttpResponse
from tests.client import call
from tests.notify.build import sms_sent

OWNER_PHONE, BUDI_PHONE, DEWI_PHONE = "+6281100000001", "+6281100000003", "+6281100000004"
HOME, CAFE = "36.70.1.1", "36.80.2.2"  # addresses of two networks


def request_code(address: str = HOME, **body: Any) -> str:
    """Request a code, deliver its message and return the attempt."""
    answer = call("POST", "/api/sign-in", body, address=address)
    assert answer.status == 202, answer.text
    attempt = str(answer.json["attempt"])
    for entry in journal.history(f"attempt#{attempt}"):
        deliver_messages(journal.row_to_entry(entry))
    return attempt


def codes_sent(phone: str) -> list[str]:
    """Return the codes in the SMS to this number, oldest first."""
    texts = [text for number, text in sms_sent() if number == phone]
    return [match[0] for text in texts if (match := re.search(r"\b\d{6}\b", text))]


def confirm(address: str = HOME, **body: Any) -> HttpResponse:
    return call("POST", "/api/sign-in/confirm", body, address=address)


def sign_in(phone: str, address: str = HOME, **body: Any) -> dict[str, Any]:
    """Sign in and return the body of the answer."""
    attempt = request_code(address, phone=phone)
    answer = confirm(address, attempt=attempt, code=codes_sent(phone)[-1], **body)
    assert answer.status == 201, answer.text
    return dict(answer.json)


def a_wrong_code(correct: str) -> str:
    return f"{(int(correct) + 1) % 1_000_000:06d}"


def status_of_me(token: str) -> int:
    return call("GET", "/api/me", token=token).status
