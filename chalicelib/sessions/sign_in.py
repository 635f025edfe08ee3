"""Sign in with a one-time code: check the code of an attempt and begin a session on the device.

Five wrong codes end the attempt. They end neither other attempts of the person nor their sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kit import auth, clock, db, ids, journal
from chalicelib.kit.db import Write
from chalicelib.places.find import find_staff_by_identity
from chalicelib.places.model import Staff
from chalicelib.places.store import row_to_staff, staff_key
from chalicelib.sessions.model import (
    WRONG_CODES_PER_SOURCE,
    Attempt,
    Device,
    Identity,
    Session,
    SignedIn,
    Window,
    WrongSignInCode,
    count_event,
)
from chalicelib.sessions.one_time_code import is_correct_code
from chalicelib.sessions.request_code import Origin
from chalicelib.sessions.store import (
    AttemptRow,
    WindowRow,
    attempt_key,
    count_try,
    create_session,
    delete_attempt,
    hash_identity,
    put_window,
    row_to_attempt,
    row_to_window,
    source_key,
    use_code,
    wrong_codes_key,
)


@dataclass(frozen=True)
class SignIn:
    """A new session, its member of staff, its token and the device's token for later sign-ins."""

    session: Session
    staff: Staff
    token: str
    device_token: str


@dataclass(frozen=True)
class _Context:
    attempt: Attempt
    wrong: Window | None  # wrong codes of the source for this person
    staff: Staff | None


@db.retry_on_conflict
def sign_in(attempt_id: str, code: str, device: Device) -> SignIn:
    """Return the new session. Raises WrongSignInCode."""
    now = clock.now()
    context = _load_context(attempt_id)
    if context is None or not _is_allowed(context, now):
        raise WrongSignInCode()
    if not is_correct_code(context.attempt.code_id, code) or context.staff is None or not context.staff.active:
        _count_wrong_code(context, now)
        raise WrongSignInCode()
    session = Session(ids.new("ses", now), context.staff.id, device, created_at=now, used_at=now)
    db.commit([*use_code(context.attempt), delete_attempt(context.attempt), *begin_session(session, "code")])
    return build_sign_in(session, context.staff)


def find_newest_attempt(identity: Identity, origin: Origin) -> str:
    """Return the id of the newest attempt for the identity from this origin, or an empty string."""
    staff = find_staff_by_identity(identity.kind, identity.value)
    key = source_key(hash_identity(identity), origin.source_for(staff.id if staff else ""))
    row = db.get(WindowRow, key.pk, key.sk)
    return (row.attempt_id or "") if row is not None else ""


def begin_session(session: Session, how: str) -> list[Write]:
    event, at = SignedIn(session.staff_id, session.id, how), session.created_at
    entry, head = journal.append_event(f"session#{session.id}", event, actor=session.staff_id, at=at)
    return [create_session(replace(session, **vars(head))), entry]


def build_sign_in(session: Session, staff: Staff) -> SignIn:
    token = auth.session_token(staff.id, session.id, staff.version)
    return SignIn(session, staff, token, auth.sign("device", [staff.id, session.id]))


def _load_context(attempt_id: str) -> _Context | None:
    key = attempt_key(attempt_id)
    row = db.get(AttemptRow, key.pk, key.sk)
    if row is None:
        return None
    attempt = row_to_attempt(row)
    wrong_key, of_staff = wrong_codes_key(attempt.staff_id, attempt.source), staff_key(attempt.staff_id or "-")
    rows = db.batch([wrong_key, of_staff])
    staff = row_to_staff(rows[of_staff]) if of_staff in rows else None
    return _Context(attempt, row_to_window(rows.get(wrong_key)), staff)


def _is_allowed(context: _Context, now: datetime) -> bool:
    wrong = context.wrong
    is_spent = wrong is not None and wrong.is_spent(WRONG_CODES_PER_SOURCE, now)
    return context.attempt.is_open(now) and not is_spent


def _count_wrong_code(context: _Context, now: datetime) -> None:
    attempt = context.attempt
    after = count_event(context.wrong, WRONG_CODES_PER_SOURCE, now)
    key = wrong_codes_key(attempt.staff_id, attempt.source)
    db.commit([count_try(attempt), put_window(key, context.wrong, after)])
