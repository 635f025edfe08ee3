"""Whoever has to know is told once, over each channel at most once, and only of what really happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock, compact_json, config
from chalicelib.notify import send_message
from infra.invariants import states
from infra.invariants.expected_recipients import ExpectedRecipients
from infra.invariants.snapshot import Row, Snapshot, list_differences, sum_by_key

KINDS_NEEDING_ANSWER = {"offer", "yours_now", "proof", "stranded", "unheard"}  # notices that want an answer
OWNER_ESCALATION_STEP = {"yours_now": 2, "proof": 1}  # where a notice has climbed to him
ESCALATION_BATCH, BACKLOG_GRACE = 200, timedelta(hours=1)  # of notices that wait
MIN_DISTINCTIVE_LENGTH = 8  # letters of a name, a street or a note: shorter ones stand in other words by chance


def n1_expected_recipients_are_notified(snapshot: Snapshot) -> list[str]:
    """For each entry that listeners must have heard of: whoever it concerns for certain (`concerned.RULES`) has one row
    in his inbox about that event; so has each party that is written down as told. A notice that wants an answer waits
    on the list until it is acknowledged, its channels failed or patience is over; nothing waits there longer than
    patience without having climbed; and the rung that is the owner has told the owner."""
    inboxes = {(row["pk"], row["sk"]) for row in snapshot.notices}
    concerned, wrong = ExpectedRecipients(snapshot), []
    for entry in snapshot.entries:
        if entry["occurred_at"] <= snapshot.delivered_before:
            wrong += [
                f"{party} was not told of {_describe_entry(entry)}"
                for party in concerned.of_entry(entry)
                if (party, entry["event_id"]) not in inboxes
            ]
    for row in snapshot.notified_parties:
        wrong += [
            f"{party} was told of {row['sk']}, his inbox is empty"
            for party in row["parties"]
            if (party, row["event"]) not in inboxes
        ]
    return [*wrong, *_unlisted_notices(snapshot), *_missing_owner_escalations(snapshot, inboxes)]


def _unlisted_notices(snapshot: Snapshot) -> Iterator[str]:
    just_now = clock.iso(
        clock.parse(snapshot.now) - send_message.acknowledge_timeout()
    )  # no clock is ahead of it: nobody lost patience
    failed = {(row["party"], row["event"]) for row in snapshot.sends if row["status"] != "sent"}
    for row in snapshot.notices:
        asks = row["kind"] in KINDS_NEEDING_ANSWER and "list" not in row and "acknowledged_at" not in row
        if asks and row["at"] > just_now and (row["pk"], row["sk"]) not in failed:
            yield f"{row['pk']} has not answered {row['sk']}, and nobody waits for it"
    yield from _overdue_notices(snapshot)


def _overdue_notices(snapshot: Snapshot) -> Iterator[str]:
    """A run takes so many and leaves the rest to the next, so a list that is longer than that has an hour."""
    if not snapshot.timers_ran_before:
        return
    until = clock.parse(snapshot.timers_ran_before) - send_message.acknowledge_timeout()
    late = [row for row in snapshot.notices if row.get("listed_at", "~") < clock.iso(until)]
    behind, lost = sum_by_key((row["list"], 1) for row in late), clock.iso(until - BACKLOG_GRACE)
    for row in late:
        if behind[row["list"]] <= ESCALATION_BATCH or row["listed_at"] < lost:
            yield f"{row['pk']} has not answered {row['sk']} since {row['listed_at'].partition('#')[0]}, nobody asks on"


def _missing_owner_escalations(snapshot: Snapshot, inboxes: set[tuple[str, str]]) -> Iterator[str]:
    for row in snapshot.notices:
        last = OWNER_ESCALATION_STEP.get(row["kind"])
        if last is not None and row.get("step") == last and ("role#owner", row["sk"]) not in inboxes:
            yield f"{row['pk']} does not answer {row['sk']}, and the owner does not know"


def n2_recipients_are_notified_once(snapshot: Snapshot) -> list[str]:
    """|told(event, party)| ≤ 1; each send is in a state of its table and about a row in that party's inbox. That there
    is one for an event, a party and a channel is the table's key."""
    told = sum_by_key((f"{row['event']} {party}", 1) for row in snapshot.notified_parties for party in row["parties"])
    wrong = [f"{name}: told {times} times" for name, times in told.items() if times > 1]
    inboxes = {(row["pk"], row["sk"]) for row in snapshot.notices}
    for row in snapshot.sends:
        if row["status"] not in states.SEND:
            wrong.append(f"{row['pk']} is {row['status']!r}, which is no state")
        if (row["party"], row["event"]) not in inboxes:
            wrong.append(f"{row['pk']} went out beside the inbox")
    return wrong


def n3_notices_refer_to_journal_entries(snapshot: Snapshot) -> list[str]:
    """Each inbox row, each list of told parties and each send names an entry of the journal, of that subject; and each
    inbox is of somebody whom that entry concerns: the subject's own customer, whoever is named in it, or an office."""
    wrong = []
    for kind, event, row in _references_to_events(snapshot):
        entry = snapshot.entries_by_event_id.get(event)
        if entry is None or entry["subject"] != row.get("subject", row["pk"]):
            wrong.append(f"{kind} of {row['pk']} tells of {event}, which is not in that journal")
        elif row.get("sequence", entry["sequence"]) != entry["sequence"]:
            wrong.append(f"{kind} of {row['pk']} tells of {event} under a wrong number")
        elif kind == "a notice" and not _is_about_party(entry, row["pk"]):
            wrong.append(f"{row['pk']} was told of {_describe_entry(entry)}, which is none of his business")
    return wrong


def _is_about_party(entry: Row, party: str) -> bool:
    kind, _, name = party.partition("#")
    if kind == "customer":
        return bool(entry["subject"].partition("#")[2] == name)
    return kind == "role" or name in set(_leaf_values(entry["fields"]))


def _leaf_values(fields: Any) -> Iterator[Any]:
    if isinstance(fields, dict | list):
        for part in fields.values() if isinstance(fields, dict) else fields:
            yield from _leaf_values(part)
    else:
        yield fields


def _references_to_events(snapshot: Snapshot) -> Iterator[tuple[str, str, Row]]:
    yield from (("a notice", row["sk"], row) for row in snapshot.notices)
    yield from (("a list", row["event"], row) for row in snapshot.notified_parties)
    yield from (("a send", row["event"], row) for row in snapshot.sends)


def n4_messages_stay_within_budget(snapshot: Snapshot) -> list[str]:
    """SMS counted over all days = SMS claimed, for the shop and summed over all numbers; to customers = those counted
    by ranges ≥ those by callers. Today, by the limits of whoever looks: each counter ≤ its limit, and SMS claimed to
    one customer's number ≤ what a customer may be sent."""
    rows = [row for row in snapshot.rows["notify"] if row["pk"].startswith("budget#sms#")]
    counted = sum_by_key((row["sk"].partition("#")[0], row["spent"]) for row in rows)
    sms = [row for row in snapshot.sends if row["channel"] == "sms"]
    to_customers = sum(row["party"].startswith("customer#") for row in sms)
    callers = counted.pop("from", 0)
    wrong = list_differences(
        "the budgets called {name!r} count {found} SMS, {expected} were claimed",
        {"all": len(sms), "to": len(sms), "range": to_customers},
        counted,
    )
    if callers > to_customers:
        wrong.append(f"the budgets of callers count {callers} SMS, {to_customers} were claimed to customers")
    return [*wrong, *_exceeded_budgets(snapshot, rows), *_exceeded_per_number(snapshot, sms)]


def _exceeded_budgets(snapshot: Snapshot, rows: Sequence[Row]) -> Iterator[str]:
    allowed, today = send_message.load_sms_limits(), _local_day(snapshot.now)
    either = max(allowed.per_staff, allowed.per_customer)  # whose number it is, no counter says
    limits = {"all": allowed.per_day, "to": either, "range": allowed.per_range, "from": allowed.per_caller}
    for row in rows:
        limit = limits[row["sk"].partition("#")[0]]
        if row["spent"] > limit and row["pk"] == f"budget#sms#{today}":
            yield f"{row['pk']} {row['sk']} counts {row['spent']} of at most {limit}"


def _exceeded_per_number(snapshot: Snapshot, sms: Sequence[Row]) -> Iterator[str]:
    """A number that somebody of ours has as well may be sent more."""
    most, today = send_message.load_sms_limits().per_customer, _local_day(snapshot.now)
    ours = {row.get("phone") for row in snapshot.rows["places"]}
    got: dict[str, list[Row]] = {}
    for row in sms:
        order = snapshot.orders.get(row["party"].removeprefix("customer#"), {})
        phone = _contact(order).get("phone", "")
        if phone and phone not in ours:
            got.setdefault(phone, []).append(row)
    for rows in got.values():
        if len(rows) > most and (times := sum(_local_day(row["claimed_at"]) == today for row in rows)) > most:
            yield f"the number of {rows[0]['party']} was sent {times} SMS of at most {most}"


def _local_day(instant: str) -> str:
    return clock.day_of(clock.parse(instant), config.zone()).isoformat()


def n5_no_personal_data_in_journal_or_notices(snapshot: Snapshot) -> list[str]:
    """No phone number and no e-mail address of a customer, or of whom an order is for, and no name, street or note of
    theirs that is long enough to be nobody else's, stands in the journal, in an inbox, in a list of who was told or
    beside a send: what was told stays when a person is forgotten."""
    people = {value for row in snapshot.rows["customers"] for value in _personal_values(row, row.get("address"))}
    for order in snapshot.orders.values():
        fields = compact_json.loads(order["body"])
        people.update(_personal_values(_contact(order) | {"note": fields.get("note")}, fields["delivery"][2]))
    rows = [*snapshot.rows["journal"], *snapshot.rows["notify"]]
    texts = [" ".join([value for value in row.values() if isinstance(value, str)]) for row in rows]
    together = "\n".join(texts)
    seen = [person for person in sorted(people) if person in together]
    return [
        f"{row.get('subject', row.get('pk'))} {row.get('sequence', row.get('sk'))} names a person"
        for row, text in zip(rows, texts)
        if any(person in text for person in seen)
    ]


def _personal_values(person: Row, address: Any) -> Iterator[str]:
    at = compact_json.loads(address) if isinstance(address, str) else address or {}
    yield from (value for value in (person.get("phone"), person.get("email")) if value)
    words = (person.get("name"), person.get("company"), person.get("note"), at.get("street"))
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
