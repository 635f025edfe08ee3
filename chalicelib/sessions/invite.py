"""Invite a member of staff: save them and send a message whose link leads to sign-in."""

from __future__ import annotations

from chalicelib.kit import clock, db, idempotency, journal
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.places.find import find_staff_by_identity
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from chalicelib.sessions.model import StaffIdentityTaken, StaffInvited


def invite(staff: Staff, actor: str, key: IdempotencyKey | None = None) -> None:
    """Save the new member of staff and send the invitation once. Raises StaffIdentityTaken.

    After a crash between the two commits a repeat of the request saves nothing again and sends the invitation.
    """
    idempotency.check_repeat(key)
    for kind in ("phone", "email"):
        other = find_staff_by_identity(kind, getattr(staff, kind)) if getattr(staff, kind) else None
        if other is not None and other.id != staff.id:
            raise StaffIdentityTaken(kind=kind, staff=other.id)
    save_staff(staff, actor)
    event, subject = StaffInvited(staff.id), f"invitation#{staff.id}"
    entry, _ = journal.append_event(subject, event, actor=actor, at=clock.now())
    db.commit([idempotency.record_answer(key, staff_to_json(staff)), entry])


def staff_to_json(staff: Staff) -> dict[str, object]:
    return {name: value for name, value in vars(staff).items() if name != "version"}
