"""Rows of the table `sessions`. Secrets are not stored: tokens are signed, digits derived, identities hashed by key.

Rows of attempts and windows are removed by TTL some time after they end; every read checks the time itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit import auth, db
from chalicelib.kit.db import Key, Row, Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.row_attributes import InstantAttribute
from chalicelib.sessions.model import (
    Attempt,
    Device,
    Identity,
    RequestCounts,
    SentCode,
    Session,
    Window,
    WrongSignInCode,
)

SESSION_RETENTION = timedelta(days=31)


class AttemptRow(Row):
    Meta = db.table("sessions")

    staff = UnicodeAttribute(null=True)
    identity_hash = UnicodeAttribute()
    source = UnicodeAttribute()
    code_id = UnicodeAttribute(null=True)
    expires_at = InstantAttribute()
    tries = NumberAttribute()
    removed_at = NumberAttribute()


class WindowRow(Row):
    """Events counted in a window; of a source also its newest attempt and the code sent last."""

    Meta = db.table("sessions")

    began_at = InstantAttribute()
    events = NumberAttribute()
    attempt_id = UnicodeAttribute(null=True)
    code_id = UnicodeAttribute(null=True)
    sent_at = InstantAttribute(null=True)
    removed_at = NumberAttribute()


class PadRow(Row):
    """Written in place of a journal entry, so that requests for unknown people take as long as others."""

    Meta = db.table("sessions")

    text = UnicodeAttribute()
    removed_at = NumberAttribute()


class SessionRow(Row):
    Meta = db.table("sessions")

    device = UnicodeAttribute()
    network_id = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    used_at = InstantAttribute()
    confirmed_at = InstantAttribute(null=True)
    tries = NumberAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()
    removed_at = NumberAttribute()


class UsedCodeRow(Row):
    """A code that somebody signed in with: attempts that share a code use it once."""

    Meta = db.table("sessions")

    removed_at = NumberAttribute()


def attempt_key(attempt_id: str) -> Key:
    return Key(AttemptRow, f"attempt#{attempt_id}", "attempt")


def source_key(identity_hash: str, source: str) -> Key:
    return Key(WindowRow, f"identity#{identity_hash}", f"codes#{source}")


def person_key(identity_hash: str) -> Key:
    return Key(WindowRow, f"identity#{identity_hash}", "codes")


def network_key(network_id: str) -> Key:
    return Key(WindowRow, f"network#{network_id}", "attempts")


def wrong_codes_key(staff_id: str, source: str) -> Key:
    return Key(WindowRow, f"staff#{staff_id}", f"wrong#{source}")


def session_key(staff_id: str, session_id: str) -> Key:
    return Key(SessionRow, f"staff#{staff_id}", f"session#{session_id}")


def hash_identity(identity: Identity) -> str:
    """Return a keyed hash: requests name people who do not work here, and nothing about them is stored."""
    return auth.short_token("sign-in-identity", identity.kind, identity.value)


def load_sessions(staff_id: str) -> list[Session]:
    """Return the stored sessions of a member of staff, oldest first, also expired ones."""
    return [row_to_session(row) for row in db.query_all(SessionRow, f"staff#{staff_id}", begins_with="session#")]


def load_session(staff_id: str, session_id: str) -> Session:
    """Return a stored session, which may have expired. Raises NotFound."""
    key = session_key(staff_id, session_id)
    row = db.get(SessionRow, key.pk, key.sk)
    if row is None:
        raise NotFound()
    return row_to_session(row)


def create_attempt(attempt: Attempt) -> Write:
    return db.create(_attempt_to_row(attempt))


def count_try(attempt: Attempt) -> Write:
    """Return the write of one wrong code more. Fails with StaleVersion after a concurrent try."""
    row = AttemptRow(attempt_key(attempt.id).pk, "attempt")
    return db.update(row, AttemptRow.tries.set(attempt.tries + 1), when=AttemptRow.tries == attempt.tries)


def delete_attempt(attempt: Attempt) -> Write:
    """Return the write that ends the attempt. Fails with StaleVersion after a concurrent try."""
    return db.delete(AttemptRow(attempt_key(attempt.id).pk, "attempt"), when=AttemptRow.tries == attempt.tries)


def put_window(key: Key, before: Window | None, after: Window) -> Write:
    """Return the write of a window. Fails with StaleVersion if another event was counted meanwhile."""
    row = WindowRow(key.pk, key.sk, began_at=after.began_at, events=after.count, removed_at=_removal(after.began_at))
    return _put_window_row(row, before)


def put_source(key: Key, before: RequestCounts, after: RequestCounts, now: datetime) -> Write:
    """Return the write of a source's window, newest attempt and last code. Fails with StaleVersion as above."""
    window = after.source or Window(now)
    row = WindowRow(
        key.pk,
        key.sk,
        began_at=window.began_at,
        events=window.count,
        attempt_id=after.attempt_id,
        code_id=after.sent.id if after.sent else None,
        sent_at=after.sent.sent_at if after.sent else None,
        removed_at=_removal(window.began_at),
    )
    return _put_window_row(row, before.source)


def _put_window_row(row: WindowRow, before: Window | None) -> Write:
    if before is None:
        return db.create(row)
    return db.put(row, when=(WindowRow.began_at == before.began_at) & (WindowRow.events == before.count))


def use_code(attempt: Attempt) -> list[Write]:
    """Return the writes that mark the attempt's code as used. They fail with WrongSignInCode if it was used before."""
    used = UsedCodeRow(f"code#{attempt.code_id}", "used", removed_at=_epoch(attempt.expires_at))
    key = source_key(attempt.identity_hash, attempt.source)
    actions = (WindowRow.code_id.remove(), WindowRow.sent_at.remove())
    unshare = db.update(WindowRow(key.pk, key.sk), *actions, when=WindowRow.pk.exists())
    return [db.create(used, refusal=WrongSignInCode()), unshare]


def create_pad(attempt: Attempt, size: int) -> Write:
    row = PadRow(attempt_key(attempt.id).pk, "pad", text="-" * size, removed_at=_epoch(attempt.expires_at))
    return db.create(row)


def create_session(session: Session) -> Write:
    return db.create(_session_to_row(session))


def put_session(before: Session, after: Session) -> Write:
    """Return the write of a changed session. Fails with StaleVersion if it was used or ended meanwhile."""
    unchanged = (SessionRow.used_at == before.used_at) & (SessionRow.tries == before.tries)
    return db.put(_session_to_row(after), when=unchanged)


def delete_session(session: Session) -> Write:
    key = session_key(session.staff_id, session.id)
    return db.delete(SessionRow(key.pk, key.sk), when=SessionRow.pk.exists())


def row_to_attempt(row: Any) -> Attempt:
    attempt_id = row.pk.partition("#")[2]
    return Attempt(
        attempt_id, row.staff or "", row.identity_hash, row.source, row.code_id or "", row.expires_at, int(row.tries)
    )


def row_to_window(row: Any) -> Window | None:
    return Window(row.began_at, int(row.events)) if row is not None else None


def row_to_session(row: Any) -> Session:
    return Session(
        row.sk.partition("#")[2],
        row.pk.partition("#")[2],
        Device(row.device, row.network_id or ""),
        row.created_at,
        row.used_at,
        row.confirmed_at,
        int(row.tries),
        int(row.version),
        row.journal_hash,
    )


def rows_to_counts(source: Any, person: Any, network: Any) -> RequestCounts:
    sent = SentCode(source.code_id, source.sent_at) if source is not None and source.code_id else None
    attempt_id = source.attempt_id or "" if source is not None else ""
    return RequestCounts(row_to_window(source), row_to_window(person), row_to_window(network), attempt_id, sent)


def _attempt_to_row(attempt: Attempt) -> AttemptRow:
    return AttemptRow(
        attempt_key(attempt.id).pk,
        "attempt",
        staff=attempt.staff_id or None,
        identity_hash=attempt.identity_hash,
        source=attempt.source,
        code_id=attempt.code_id or None,
        expires_at=attempt.expires_at,
        tries=attempt.tries,
        removed_at=_epoch(attempt.expires_at),
    )


def _session_to_row(session: Session) -> SessionRow:
    key = session_key(session.staff_id, session.id)
    return SessionRow(
        key.pk,
        key.sk,
        device=session.device.name,
        network_id=session.device.network_id or None,
        created_at=session.created_at,
        used_at=session.used_at,
        confirmed_at=session.confirmed_at,
        tries=session.tries,
        version=session.version,
        journal_hash=session.journal_hash,
        removed_at=_epoch(session.used_at + SESSION_RETENTION),
    )


def _removal(began_at: datetime) -> int:
    return _epoch(began_at + timedelta(days=1))


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
