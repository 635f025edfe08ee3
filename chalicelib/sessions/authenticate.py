"""Authenticate the bearer token of a request: one read of the member of staff and of the session, if it has one.

Neither is cached, so a deactivation, another role, a sign-out and a revoked device take effect at the next request.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import NotSignedIn, StaleVersion
from chalicelib.places.model import Staff
from chalicelib.places.store import row_to_staff, staff_key
from chalicelib.sessions.model import Session
from chalicelib.sessions.store import put_session, row_to_session, session_key


def authenticate(claims: dict[str, Any]) -> Principal:
    """Return the caller with the role and location of the staff list, not those of the token.

    Raises NotSignedIn for unknown or inactive staff, tokens of an older version, and sessions that ended.
    """
    of_staff, session_id = staff_key(str(claims["id"])), str(claims.get("s") or "")
    of_session = session_key(of_staff.sk, session_id) if session_id else None
    rows = db.batch(key for key in (of_staff, of_session) if key)
    staff = row_to_staff(rows[of_staff]) if of_staff in rows else None
    if staff is None or not staff.active or staff.version != claims["v"]:
        raise NotSignedIn()
    caller = Principal(role=staff.role, id=staff.id, location=staff.location or None, name=staff.name)
    if of_session is None:
        return caller  # signed by the shop's operator, see `auth.staff_token`
    session = _require_session(rows.get(of_session), staff, clock.now())
    return replace(caller, session=session.id, confirmed_until=session.confirmed_until())


def _require_session(row: Any, staff: Staff, now: datetime) -> Session:
    session = row_to_session(row) if row is not None else None
    if session is None or now >= session.expires_at(staff.role):
        raise NotSignedIn()
    if session.is_renewal_due(now):
        with suppress(StaleVersion):  # another request renewed it, or ends it at the next one
            db.commit([put_session(session, replace(session, used_at=now))])
    return session
