"""Whoever has to know is told once, over each channel at most once, and only of what really happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.kit import clock, compact, config
from chalicelib.notify import carriers
from infra.invariants import states
from infra.invariants.concerned import Concerned
from infra.invariants.world import Row, World, differ, summed

ASKS = {"offer", "yours_now", "proof", "stranded", "unheard"}  # notices that want an answer
THE_OWNER_S_RUNG = {"yours_now": 2, "proof": 1}  # where a notice has climbed to him
AT_ONCE, A_BACKLOG_LASTS = 200, timedelta(hours=1)  # of notices that wait
LONG_ENOUGH = 8  # letters of a name, a street or a note: shorter ones stand in other words by chance


def n1_everybody_concerned_is_told(world: World) -> list[str]:
    """For each entry that listeners must have heard of: whoever it concerns for certain (`concerned.RULES`) has one row
    in his inbox about that event; so has each party that is written down as told. A notice that wants an answer waits
    on the list until it is acknowledged, its channels failed or patience is over; nothing waits there longer than
    patience without having climbed; and the rung that is the owner has told the owner."""
    inboxes = {(row["pk"], row["sk"]) for row in world.notices}
    concerned, wrong = Concerned(world), []
    for entry in world.entries:
        if entry["occurred_at"] <= world.heard_before:
            wrong += [
                f"{party} was not told of {_name(entry)}"
                for party in concerned.by(entry)
                if (party, entry["event_id"]) not in inboxes
            ]
    for row in world.told:
        wrong += [
            f"{party} was told of {row['sk']}, his inbox is empty"
            for party in row["parties"]
            if (party, row["event"]) not in inboxes
        ]
    return [*wrong, *_unanswered(world), *_silent_to_the_owner(world, inboxes)]


def _unanswered(world: World) -> Iterator[str]:
    just_now = clock.iso(clock.parse(world.now) - carriers.patience())  # no clock is ahead of it: nobody lost patience
    failed = {(row["party"], row["event"]) for row in world.sends if row["status"] != "sent"}
    for row in world.notices:
        asks = row["kind"] in ASKS and "list" not in row and "acknowledged_at" not in row
        if asks and row["at"] > just_now and (row["pk"], row["sk"]) not in failed:
            yield f"{row['pk']} has not answered {row['sk']}, and nobody waits for it"
    yield from _overlooked(world)


def _overlooked(world: World) -> Iterator[str]:
    """A run takes so many and leaves the rest to the next, so a list that is longer than that has an hour."""
    if not world.swept_before:
        return
    until = clock.parse(world.swept_before) - carriers.patience()
    late = [row for row in world.notices if row.get("listed_at", "~") < clock.iso(until)]
    behind, lost = summed((row["list"], 1) for row in late), clock.iso(until - A_BACKLOG_LASTS)
    for row in late:
        if behind[row["list"]] <= AT_ONCE or row["listed_at"] < lost:
            yield f"{row['pk']} has not answered {row['sk']} since {row['listed_at'].partition('#')[0]}, nobody asks on"


def _silent_to_the_owner(world: World, inboxes: set[tuple[str, str]]) -> Iterator[str]:
    for row in world.notices:
        last = THE_OWNER_S_RUNG.get(row["kind"])
        if last is not None and row.get("step") == last and ("role#owner", row["sk"]) not in inboxes:
            yield f"{row['pk']} does not answer {row['sk']}, and the owner does not know"


def n2_nobody_is_told_twice(world: World) -> list[str]:
    """|told(event, party)| ≤ 1; each send is in a state of its table and about a row in that party's inbox. That there
    is one for an event, a party and a channel is the table's key."""
    told = summed((f"{row['event']} {party}", 1) for row in world.told for party in row["parties"])
    wrong = [f"{name}: told {times} times" for name, times in told.items() if times > 1]
    inboxes = {(row["pk"], row["sk"]) for row in world.notices}
    for row in world.sends:
        if row["status"] not in states.SEND:
            wrong.append(f"{row['pk']} is {row['status']!r}, which is no state")
        if (row["party"], row["event"]) not in inboxes:
            wrong.append(f"{row['pk']} went out beside the inbox")
    return wrong


def n3_nothing_is_told_that_did_not_happen(world: World) -> list[str]:
    """Each inbox row, each list of told parties and each send names an entry of the journal, of that subject; and each
    inbox is of somebody whom that entry concerns: the subject's own customer, whoever is named in it, or an office."""
    wrong = []
    for kind, event, row in _mentions(world):
        entry = world.by_event.get(event)
        if entry is None or entry["subject"] != row.get("subject", row["pk"]):
            wrong.append(f"{kind} of {row['pk']} tells of {event}, which is not in that journal")
        elif row.get("sequence", entry["sequence"]) != entry["sequence"]:
            wrong.append(f"{kind} of {row['pk']} tells of {event} under a wrong number")
        elif kind == "a notice" and not _concerns(entry, row["pk"]):
            wrong.append(f"{row['pk']} was told of {_name(entry)}, which is none of his business")
    return wrong


def _concerns(entry: Row, party: str) -> bool:
    kind, _, name = party.partition("#")
    if kind == "customer":
        return bool(entry["subject"].partition("#")[2] == name)
    return kind == "role" or name in set(_words(entry["said"]))


def _words(said: Any) -> Iterator[Any]:
    if isinstance(said, dict | list):
        for part in said.values() if isinstance(said, dict) else said:
            yield from _words(part)
    else:
        yield said


def _mentions(world: World) -> Iterator[tuple[str, str, Row]]:
    yield from (("a notice", row["sk"], row) for row in world.notices)
    yield from (("a list", row["event"], row) for row in world.told)
    yield from (("a send", row["event"], row) for row in world.sends)


def n4_messages_keep_to_their_budget(world: World) -> list[str]:
    """SMS counted over all days = SMS claimed, for the shop and summed over all numbers; to customers = those counted
    by ranges ≥ those by callers. Today, by the limits of whoever looks: each counter ≤ its limit, and SMS claimed to
    one customer's number ≤ what a customer may be sent."""
    rows = [row for row in world.rows["notify"] if row["pk"].startswith("budget#sms#")]
    counted = summed((row["sk"].partition("#")[0], row["spent"]) for row in rows)
    sms = [row for row in world.sends if row["channel"] == "sms"]
    to_customers = sum(row["party"].startswith("customer#") for row in sms)
    callers = counted.pop("from", 0)
    wrong = differ(
        "the budgets called {name!r} count {found} SMS, {expected} were claimed",
        {"all": len(sms), "to": len(sms), "range": to_customers},
        counted,
    )
    if callers > to_customers:
        wrong.append(f"the budgets of callers count {callers} SMS, {to_customers} were claimed to customers")
    return [*wrong, *_overspent(world, rows), *_flooded(world, sms)]


def _overspent(world: World, rows: Sequence[Row]) -> Iterator[str]:
    allowed, today = carriers.allowed(), _day(world.now)
    either = max(allowed.per_staff, allowed.per_customer)  # whose number it is, no counter says
    limits = {"all": allowed.per_day, "to": either, "range": allowed.per_range, "from": allowed.per_caller}
    for row in rows:
        limit = limits[row["sk"].partition("#")[0]]
        if row["spent"] > limit and row["pk"] == f"budget#sms#{today}":
            yield f"{row['pk']} {row['sk']} counts {row['spent']} of at most {limit}"


def _flooded(world: World, sms: Sequence[Row]) -> Iterator[str]:
    """A number that somebody of ours has as well may be sent more."""
    most, today = carriers.allowed().per_customer, _day(world.now)
    ours = {row.get("phone") for row in world.rows["places"]}
    got: dict[str, list[Row]] = {}
    for row in sms:
        order = world.orders.get(row["party"].removeprefix("customer#"), {})
        phone = _contact(order).get("phone", "")
        if phone and phone not in ours:
            got.setdefault(phone, []).append(row)
    for rows in got.values():
        if len(rows) > most and (times := sum(_day(row["claimed_at"]) == today for row in rows)) > most:
            yield f"the number of {rows[0]['party']} was sent {times} SMS of at most {most}"


def _day(instant: str) -> str:
    return clock.day_of(clock.parse(instant), config.zone()).isoformat()


def n5_nobody_is_named(world: World) -> list[str]:
    """No phone number and no e-mail address of a customer, or of whom an order is for, and no name, street or note of
    theirs that is long enough to be nobody else's, stands in the journal, in an inbox, in a list of who was told or
    beside a send: what was told stays when a person is forgotten."""
    people = {value for row in world.rows["customers"] for value in _personal(row, row.get("address"))}
    for order in world.orders.values():
        said = compact.read(order["body"])
        people.update(_personal(_contact(order) | {"note": said.get("note")}, said["delivery"][2]))
    rows = [*world.rows["journal"], *world.rows["notify"]]
    texts = [" ".join([value for value in row.values() if isinstance(value, str)]) for row in rows]
    together = "\n".join(texts)
    seen = [person for person in sorted(people) if person in together]
    return [
        f"{row.get('subject', row.get('pk'))} {row.get('sequence', row.get('sk'))} names a person"
        for row, text in zip(rows, texts)
        if any(person in text for person in seen)
    ]


def _personal(person: Row, address: Any) -> Iterator[str]:
    at = compact.read(address) if isinstance(address, str) else address or {}
    yield from (value for value in (person.get("phone"), person.get("email")) if value)
    words = (person.get("name"), person.get("company"), person.get("note"), at.get("street"))
    yield from (value for value in words if value and len(value) >= LONG_ENOUGH)


def _contact(order: Row) -> Row:
    return dict(compact.read(order["contact"])) if order.get("contact") else {}


def _name(entry: Row) -> str:
    return f"{entry['kind']} {entry['event_id']} of {entry['subject']}"


RULES = (
    n1_everybody_concerned_is_told,
    n2_nobody_is_told_twice,
    n3_nothing_is_told_that_did_not_happen,
    n4_messages_keep_to_their_budget,
    n5_nobody_is_named,
)
