"""Sign-in attempts, device sessions and limits of codes: values, rules, refusals and events. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.kit.errors import NotSignedIn, Refused
from chalicelib.kit.events import Event

CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5  # wrong codes of one attempt
RESEND_INTERVAL = timedelta(seconds=60)
OFFICE_ROLES = ("owner", "finance")  # their sessions are short, and money and roles need a second factor
OFFICE_LIFETIME = timedelta(hours=12)
SESSION_LIFETIME = timedelta(days=30)
RENEWAL_INTERVAL = timedelta(minutes=10)  # the use of a session is written at most this often
CONFIRMATION_LIFETIME = timedelta(minutes=10)  # of a second factor


class Limit(NamedTuple):
    """At most this many events in one window of this length."""

    maximum: int
    length: timedelta


# A stranger who requests codes spends the limits of their own network. A device on which the person has signed in
# before has a limit of its own, and a network's first code is always sent, so strangers keep nobody out.
CODES_PER_SOURCE = Limit(5, timedelta(minutes=15))
CODES_PER_PERSON = Limit(20, timedelta(hours=1))  # from all unknown devices together
ATTEMPTS_PER_NETWORK = Limit(60, timedelta(hours=1))
WRONG_CODES_PER_SOURCE = Limit(15, timedelta(hours=1))


@dataclass(frozen=True)
class Window:
    """The events counted since `began_at`."""

    began_at: datetime
    count: int = 0

    def is_spent(self, limit: Limit, now: datetime) -> bool:
        return now < self.began_at + limit.length and self.count >= limit.maximum


@dataclass(frozen=True)
class SentCode:
    """The code sent last to one person for one source. The digits are derived from `id` and are never stored."""

    id: str
    sent_at: datetime

    def is_open(self, now: datetime) -> bool:
        return now < self.sent_at + CODE_LIFETIME

    def is_recent(self, now: datetime) -> bool:
        return now < self.sent_at + RESEND_INTERVAL


@dataclass(frozen=True)
class Identity:
    """A phone number or e-mail address that staff sign in with."""

    kind: str  # phone or email
    value: str


@dataclass(frozen=True)
class Attempt:
    """One attempt to sign in. `staff_id` is empty for a phone number or address of nobody."""

    id: str
    staff_id: str
    identity_hash: str
    source: str  # `device#…` or `network#…`
    code_id: str  # empty if no code could be sent
    expires_at: datetime
    tries: int = 0

    def is_open(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < MAX_TRIES


@dataclass(frozen=True)
class Device:
    """What a session list shows of a device."""

    name: str
    network_id: str = ""


@dataclass(frozen=True)
class Session:
    """A signed-in device. `confirmed_at` is the time of its last second factor."""

    id: str
    staff_id: str
    device: Device
    created_at: datetime
    used_at: datetime
    confirmed_at: datetime | None = None
    tries: int = 0  # wrong second factors since the last correct one
    version: int = 0
    journal_hash: str = ""

    def expires_at(self, role: str) -> datetime:
        return self.used_at + session_lifetime(role)

    def confirmed_until(self) -> datetime | None:
        return self.confirmed_at + CONFIRMATION_LIFETIME if self.confirmed_at else None

    def is_renewal_due(self, now: datetime) -> bool:
        return now >= self.used_at + RENEWAL_INTERVAL


def session_lifetime(role: str) -> timedelta:
    """Return how long a session lasts without use."""
    return OFFICE_LIFETIME if role in OFFICE_ROLES else SESSION_LIFETIME


@dataclass(frozen=True)
class RequestCounts:
    """The requests for one identity so far: of the source, of all unknown devices, and of the network for anybody."""

    source: Window | None = None
    person: Window | None = None
    network: Window | None = None
    attempt_id: str = ""  # the newest attempt of the source
    sent: SentCode | None = None  # the code sent last for the source

    def is_spent(self, is_known_device: bool, now: datetime) -> bool:
        """Return whether no more codes are sent for now."""
        if _is_spent(self.source, CODES_PER_SOURCE, now):
            return True
        if is_known_device:
            return False
        is_first = not _is_spent(self.source, Limit(1, CODES_PER_SOURCE.length), now)
        is_person_spent = not is_first and _is_spent(self.person, CODES_PER_PERSON, now)
        return is_person_spent or _is_spent(self.network, ATTEMPTS_PER_NETWORK, now)

    def begin_attempt(self, attempt_id: str, is_known_device: bool, now: datetime) -> RequestCounts:
        """Return the counts after one more attempt, with its code as `sent`, or without a code if none may be sent.

        The code sent last is used again while it is recent, and also later if no more codes may be sent.
        """
        is_spent = self.is_spent(is_known_device, now)
        network = count_event(self.network, ATTEMPTS_PER_NETWORK, now)
        again = replace(self, network=network, attempt_id=attempt_id)
        if self.sent is not None and self.sent.is_open(now) and (is_spent or self.sent.is_recent(now)):
            return again
        if is_spent:
            return replace(again, sent=None)
        person = self.person if is_known_device else count_event(self.person, CODES_PER_PERSON, now)
        source = count_event(self.source, CODES_PER_SOURCE, now)
        return replace(again, source=source, person=person, sent=SentCode(attempt_id, now))


def _is_spent(window: Window | None, limit: Limit, now: datetime) -> bool:
    return window is not None and window.is_spent(limit, now)


def count_event(window: Window | None, limit: Limit, now: datetime) -> Window:
    """Return the window with one more event; a window that has ended begins again."""
    if window is None or now >= window.began_at + limit.length:
        return Window(now, 1)
    return replace(window, count=window.count + 1)


class WrongSignInCode(NotSignedIn):
    """The same answer for a wrong, expired, exhausted or unknown code, so that guessing reveals nothing."""

    code = "wrong_code"
    message = "This code is wrong or has expired; request a new one."


class StaffIdentityTaken(Refused):
    """Two people with one number would get each other's codes."""

    message = "Another member of staff has this {kind}: {staff}."


@dataclass(frozen=True)
class StaffInvited(Event):
    """A member of staff was invited to sign in; the message leads to the desk."""

    staff: str


@dataclass(frozen=True)
class SignInRequested(Event):
    """A member of staff requested a sign-in code; the sender derives the digits from `attempt_id`."""

    attempt_id: str  # the attempt, `att_…`
    staff: str
    identity: str  # phone or email
    expires_at: str


@dataclass(frozen=True)
class SignedIn(Event):
    """A member of staff signed in on a device."""

    staff: str
    session_id: str  # the session, `ses_…`
    how: str  # code, second_factor or recovery_code


@dataclass(frozen=True)
class SessionEnded(Event):
    """A session of a member of staff ended before its time."""

    staff: str
    session_id: str  # the session, `ses_…`
    cause: str  # signed_out, revoked or wrong_codes
