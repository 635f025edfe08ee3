"""Request a sign-in code for a phone number or e-mail address.

The response, the reads and the number of writes are the same for people who work here and for all others. Limits are
counted per source of requests: the device, if the person has signed in on it before, else the network. So strangers
spend limits of their own and cannot keep anybody out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit import auth, clock, db, ids, journal
from chalicelib.kit.db import Key, Write
from chalicelib.places.find import find_staff_by_identity
from chalicelib.sessions.model import CODE_LIFETIME, Attempt, Identity, RequestCounts, SignInRequested
from chalicelib.sessions.store import (
    create_attempt,
    create_pad,
    hash_identity,
    network_key,
    person_key,
    put_source,
    put_window,
    rows_to_counts,
    source_key,
)

PAD_BYTES = 150  # about the body of a journal entry


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: the caller's network, and the token of an earlier sign-in on the same device."""

    network_id: str = ""
    device_token: str = ""

    def source_for(self, staff_id: str) -> str:
        """Return the source whose limits a request for this person counts towards."""
        known = auth.unsign("device", self.device_token) if self.device_token else None
        if staff_id and isinstance(known, list) and known[:1] == [staff_id]:
            return f"device#{known[1]}"
        return f"network#{self.network_id}"


@db.retry_on_conflict
def request_code(identity: Identity, origin: Origin) -> Attempt:
    """Begin an attempt and return it. A code is sent if the identity is of an active member of staff."""
    now = clock.now()
    staff = find_staff_by_identity(identity.kind, identity.value)
    source = origin.source_for(staff.id if staff else "")
    identity_hash = hash_identity(identity)
    keys = _list_keys(identity_hash, source, origin.network_id)
    rows = db.batch(key for key in keys if key)
    before = rows_to_counts(*(rows.get(key) if key else None for key in keys))
    after = before.begin_attempt(ids.new("att", now), source.startswith("device#"), now)
    code_id = after.sent.id if after.sent else ""
    staff_id = staff.id if staff else ""
    attempt = Attempt(after.attempt_id, staff_id, identity_hash, source, code_id, now + CODE_LIFETIME)
    is_sent = bool(staff_id) and code_id == attempt.id
    notice = _announce(attempt, identity, now) if is_sent else create_pad(attempt, PAD_BYTES)
    db.commit([create_attempt(attempt), *_write_counts(keys, before, after, now), notice])
    return attempt


def _list_keys(identity_hash: str, source: str, network_id: str) -> tuple[Key, Key, Key | None]:
    """Return the keys of the windows of the source, the person and the network, which may be unknown."""
    of_source, of_person = source_key(identity_hash, source), person_key(identity_hash)
    return of_source, of_person, network_key(network_id) if network_id else None


def _write_counts(
    keys: tuple[Key, Key, Key | None], before: RequestCounts, after: RequestCounts, now: datetime
) -> list[Write]:
    source, person, network = keys
    writes = [put_source(source, before, after, now)]
    if after.person is not None and after.person != before.person:
        writes.append(put_window(person, before.person, after.person))
    if network is not None and after.network is not None:
        writes.append(put_window(network, before.network, after.network))
    return writes


def _announce(attempt: Attempt, identity: Identity, now: datetime) -> Write:
    """Return the journal entry whose event sends the code. An attempt is a subject of its own with one entry."""
    event = SignInRequested(attempt.id, attempt.staff_id, identity.kind, clock.iso(attempt.expires_at))
    return journal.append_event(f"attempt#{attempt.id}", event, actor=attempt.staff_id, at=now)[0]
