"""Every party that an event concerns is notified of it, at most once per channel, and only of events in the journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock, compact_json, config
from chalicelib.notify import send_message
from infra.invariants import states
from infra.invariants.expected_recipients import ExpectedRecipients
from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

KINDS_NEEDING_ANSWER = {"offer", "yours_now", "proof", "stranded", "unheard", "refund_owed"}  # notices to acknowledge
OWNER_ESCALATION_STEP = {
    "yours_now": 2,
    "proof": 1,
    "refund_owed": 1,
}  # the step at which a notice is escalated to the owner
ESCALATION_BATCH = 200  # notices handled in one run of the timer
BACKLOG_GRACE = timedelta(hours=1)  # more time to escalate for a list that is longer than that
MIN_DISTINCTIVE_LENGTH = 8  # characters of a name, street or note: shorter ones occur in other text by chance


def n1_expected_recipients_are_notified(snapshot: Snapshot) -> list[str]:
    """Each certain recipient of a delivered entry has one inbox row for it, and so has each party listed as notified.

    A notice that needs an answer is on the escalation list until it is acknowledged, its channels failed or the time to
    answer is over. None stays on the list past that time without being escalated, and the last step notifies the owner.
    """
    inboxes = {(row["pk"], row["sk"]) for row in snapshot.notices}
    recipients, violations = ExpectedRecipients(snapshot), []
    for entry in snapshot.entries:
        if entry["occurred_at"] <= snapshot.delivered_before:
            violations += [
                f"{party} was not notified of {_describe_entry(entry)}"
                for party in recipients.of_entry(entry)
                if (party, entry["event_id"]) not in inboxes
            ]
    for row in snapshot.notified_parties:
        violations += [
            f"{party} is listed as notified of {row['sk']} but has no inbox row"
            for party in row["parties"]
            if (party, row["event"]) not in inboxes
        ]
    return [*violations, *_unlisted_notices(snapshot), *_missing_owner_escalations(snapshot, inboxes)]


def _unlisted_notices(snapshot: Snapshot) -> Iterator[str]:
    # A notice after this instant cannot have been unlisted by a timeout, because no clock is ahead of `now`.
    recent = clock.iso(clock.parse(snapshot.now) - send_message.acknowledge_timeout())
    failed = {(row["party"], row["event"]) for row in snapshot.sends if row["status"] != "sent"}
    for row in snapshot.notices:
        unlisted = row["kind"] in KINDS_NEEDING_ANSWER and "list" not in row and "acknowledged_at" not in row
        if unlisted and row["at"] > recent and (row["pk"], row["sk"]) not in failed:
            yield f"{row['pk']} has not acknowledged {row['sk']}, which is not on the escalation list"
    yield from _overdue_notices(snapshot)


def _overdue_notices(snapshot: Snapshot) -> Iterator[str]:
    """Notices that should be escalated by now. A run handles a limited batch, so a longer list has an hour more."""
    if not snapshot.timers_ran_before:
        return
    deadline = clock.parse(snapshot.timers_ran_before) - send_message.acknowledge_timeout()
    late = [row for row in snapshot.notices if row.get("listed_at", "~") < clock.iso(deadline)]
    backlog, backlog_deadline = sum_by_key((row["list"], 1) for row in late), clock.iso(deadline - BACKLOG_GRACE)
    for row in late:
        if backlog[row["list"]] <= ESCALATION_BATCH or row["listed_at"] < backlog_deadline:
            since = row["listed_at"].partition("#")[0]
            yield f"{row['pk']} has not acknowledged {row['sk']} since {since}, and it was not escalated"


def _missing_owner_escalations(snapshot: Snapshot, inboxes: set[tuple[str, str]]) -> Iterator[str]:
    for row in snapshot.notices:
        last = OWNER_ESCALATION_STEP.get(row["kind"])
        if last is not None and row.get("step") == last and ("role#owner", row["sk"]) not in inboxes:
            yield f"{row['pk']} has not acknowledged {row['sk']}, and the owner was not notified"


def n2_recipients_are_notified_once(snapshot: Snapshot) -> list[str]:
    """Each event lists a party at most once, and each send has a known state and an inbox row of its party.

    One send per event, party and channel follows from the table's key.
    """
    counts = sum_by_key((f"{row['event']} {party}", 1) for row in snapshot.notified_parties for party in row["parties"])
    violations = [f"{name}: notified {times} times" for name, times in counts.items() if times > 1]
    inboxes = {(row["pk"], row["sk"]) for row in snapshot.notices}
    for row in snapshot.sends:
        if row["status"] not in states.SEND:
            violations.append(f"{row['pk']} is {row['status']!r}, which is not a state of its table")
        if (row["party"], row["event"]) not in inboxes:
            violations.append(f"{row['pk']} was sent without an inbox row")
    return violations


def n3_notices_refer_to_journal_entries(snapshot: Snapshot) -> list[str]:
    """Each inbox row, list of parties and send refers to a journal entry of its subject.

    Each inbox row belongs to a party that the entry concerns: the subject's customer, a name in the entry, or a role.
    """
    violations = []
    for kind, event, row in _references_to_events(snapshot):
        entry = snapshot.entries_by_event_id.get(event)
        if entry is None or entry["subject"] != row.get("subject", row["pk"]):
            violations.append(f"{kind} of {row['pk']} refers to {event}, which is not in that journal")
        elif row.get("sequence", entry["sequence"]) != entry["sequence"]:
            violations.append(f"{kind} of {row['pk']} refers to {event} with a wrong sequence number")
        elif kind == "a notice" and not _is_about_party(entry, row["pk"]):
            violations.append(f"{row['pk']} was notified of {_describe_entry(entry)}, which does not concern it")
    return violations


def _is_about_party(entry: Row, party: str) -> bool:
    kind, _, name = party.partition("#")
    if kind == "customer":
        return bool(entry["subject"].partition("#")[2] == name)
    return kind == "role" or name in set(_leaf_values(entry["fields"]))


def _leaf_values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaf_values(part)
    else:
        yield value


def _references_to_events(snapshot: Snapshot) -> Iterator[tuple[str, str, Row]]:
    yield from (("a notice", row["sk"], row) for row in snapshot.notices)
    yield from (("a list", row["event"], row) for row in snapshot.notified_parties)
    yield from (("a send", row["event"], row) for row in snapshot.sends)


def n4_messages_stay_within_budget(snapshot: Snapshot) -> list[str]:
    """SMS counted over all days = SMS claimed, for the shop and summed over all numbers; sign-in codes of staff apart.

    SMS to customers = those counted by number range ≥ those counted by caller. Today each counter ≤ its limit, and SMS
    claimed to one customer's number ≤ the limit of a customer, by the limits configured in this process.
    """
    rows = [row for row in snapshot.rows["notify"] if row["pk"].startswith("budget#sms#")]
    counted = sum_by_key((row["sk"].partition("#")[0], row["spent"]) for row in rows)
    sms = [row for row in snapshot.sends if row["channel"] == "sms"]
    sign_in_codes = sum(row["party"].startswith("sign_in#") for row in sms)
    to_customers = sum(row["party"].startswith("customer#") for row in sms)
    others = len(sms) - sign_in_codes
    callers = counted.pop("from", 0)
    violations = list_differences(
        "the SMS budgets {name!r} count {actual}, {expected} were claimed",
        {"all": others, "to": others, "range": to_customers, "sign_in": sign_in_codes, "sign_in_to": sign_in_codes},
        counted,
    )
    if callers > to_customers:
        violations.append(f"the SMS budgets of callers count {callers}, {to_customers} were claimed to customers")
    return [*violations, *_exceeded_budgets(snapshot, rows), *_exceeded_per_number(snapshot, sms)]


def _exceeded_budgets(snapshot: Snapshot, rows: Sequence[Row]) -> Iterator[str]:
    sms_limits, today = send_message.load_sms_limits(), _local_day(snapshot.now)
    per_number = max(sms_limits.per_staff, sms_limits.per_customer)  # a counter does not record whose number it is
    limits = {
        "all": sms_limits.per_day,
        "to": per_number,
        "range": sms_limits.per_range,
        "from": sms_limits.per_network,
        "sign_in": sms_limits.sign_in_per_day,
        "sign_in_to": sms_limits.sign_in_per_number,
    }
    for row in rows:
        limit = limits[row["sk"].partition("#")[0]]
        if row["spent"] > limit and row["pk"] == f"budget#sms#{today}":
            yield f"{row['pk']} {row['sk']} counts {row['spent']}, the limit is {limit}"


def _exceeded_per_number(snapshot: Snapshot, sms: Sequence[Row]) -> Iterator[str]:
    """Numbers that also belong to staff or locations have a higher limit and are left out."""
    limit, today = send_message.load_sms_limits().per_customer, _local_day(snapshot.now)
    internal = {row.get("phone") for row in snapshot.rows["places"]}
    sends_to: dict[str, list[Row]] = {}
    for row in sms:
        order = snapshot.orders.get(row["party"].removeprefix("customer#"), {})
        phone = _contact(order).get("phone", "")
        if phone and phone not in internal:
            sends_to.setdefault(phone, []).append(row)
    for rows in sends_to.values():
        if len(rows) > limit and (times := sum(_local_day(row["claimed_at"]) == today for row in rows)) > limit:
            yield f"the number of {rows[0]['party']} was sent {times} SMS, the limit is {limit}"


def _local_day(instant: str) -> str:
    return clock.day_of(clock.parse(instant), config.zone()).isoformat()


def n5_no_personal_data_in_journal_or_notices(snapshot: Snapshot) -> list[str]:
    """No personal data of customers or contacts is in the journal, an inbox, a list of parties or a send.

    Checked are phone numbers, e-mail addresses, and names, streets and notes that are long enough to be distinctive.
    Journal and notices stay when a person is erased.
    """
    personal = {value for row in snapshot.rows["customers"] for value in _personal_values(row, row.get("address"))}
    for order in snapshot.orders.values():
        body = compact_json.loads(order["body"])
        personal.update(_personal_values(_contact(order) | {"note": body.get("note")}, body["delivery"][2]))
    rows = [*snapshot.rows["journal"], *snapshot.rows["notify"]]
    texts = [" ".join([value for value in row.values() if isinstance(value, str)]) for row in rows]
    all_texts = "\n".join(texts)
    leaked = [value for value in sorted(personal) if value in all_texts]
    return [
        f"{row.get('subject', row.get('pk'))} {row.get('sequence', row.get('sk'))} contains personal data"
        for row, text in zip(rows, texts)
        if any(value in text for value in leaked)
    ]


def _personal_values(person: Row, address: Any) -> Iterator[str]:
    parsed = compact_json.loads(address) if isinstance(address, str) else address or {}
    yield from (value for value in (person.get("phone"), person.get("email")) if value)
    words = (person.get("name"), person.get("company"), person.get("note"), parsed.get("street"))
    yield from (value for value in words if value and len(value) >= MIN_DISTINCTIVE_LENGTH)


def _contact(order: Row) -> Row:
    return dict(compact_json.loads(order["contact"])) if order.get("contact") else {}


def _describe_entry(entry: Row) -> str:
    return f"{entry['kind']} {entry['event_id']} of {entry['subject']}"


RULES = (
    n1_expected_recipients_are_notified,
    n2_recipients_are_notified_once,
    n3_notices_refer_to_journal_entries,
    n4_messages_stay_within_budget,
    n5_no_personal_data_in_journal_or_notices,
)
