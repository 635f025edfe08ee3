"""End sessions: sign out on this device, or end another device of one's own. Tokens are refused from then on."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.sessions.model import Session, SessionEnded
from chalicelib.sessions.store import delete_session, load_session


def sign_out(principal: Principal) -> None:
    """End the caller's session. A caller without one, or whose session has ended, is signed out already."""
    if principal.session:
        with suppress(NotFound):
            end_session(principal, principal.session, "signed_out")


@db.retry_on_conflict
def end_session(principal: Principal, session_id: str, cause: str = "revoked") -> None:
    """End a session of the caller. Raises NotFound."""
    db.commit(build_end(load_session(principal.id, session_id), cause, principal.actor))


def build_end(session: Session, cause: str, actor: str) -> list[Write]:
    event = SessionEnded(session.staff_id, session.id, cause)
    entry, _ = journal.append_event(f"session#{session.id}", event, after=session, actor=actor, at=clock.now())
    return [delete_session(session), entry]
