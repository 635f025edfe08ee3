"""Whoever has to know is told once, over each channel at most once, and only of what really happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from infra.invariants import states
from infra.invariants.world import Row, World, differ, summed


def n1_everybody_concerned_is_told(world: World) -> list[str]:
    """For each OfferOpened and each assignment that listeners must have heard of: whoever can still claim, and each
    location whose work nobody has accepted, has one row in his inbox about that event; so has each party that is
    written down as told."""
    inboxes = {(row["pk"], row["sk"]) for row in world.notices}
    wrong = []
    for entry in world.entries:
        if entry["occurred_at"] <= world.heard_before:
            parties = _concerned(world, entry)
            wrong += [
                f"{party} was not told of {_name(entry)}"
                for party in parties
                if (party, entry["event_id"]) not in inboxes
            ]
    for row in world.told:
        wrong += [
            f"{party} was told of {row['sk']}, his inbox is empty"
            for party in row["parties"]
            if (party, row["event"]) not in inboxes
        ]
    return wrong


def _concerned(world: World, entry: Row) -> Iterator[str]:
    said = entry["said"]
    if entry["kind"] not in ("OfferOpened", "WorkRerouted", "BackorderFilled"):
        return
    offer = world.offers.get(said.get("offer_id", ""), {})
    if offer.get("status") == "open" and offer["expires_at"] > world.now:
        people = {row["sk"] for row in world.rows["places"] if row["pk"] == "staff" and row["active"]}
        asked = people.intersection(said.get("invited", ())).difference(offer.get("declined", ()))
        yield from (f"staff#{each}" for each in asked)
    for work_id, location in said.get("assigned", ()):
        work, order = world.works.get(work_id, {}), world.orders.get(entry["subject"].partition("#")[2], {})
        if work.get("status") == "assigned" and order.get("status") == "placed":
            yield f"location#{location}"


def n2_nobody_is_told_twice(world: World) -> list[str]:
    """|told(event, party)| ≤ 1; |sends(event, party, channel)| ≤ 1, each in a state of its table and each about a row
    in that party's inbox."""
    told = summed((f"{row['event']} {party}", 1) for row in world.told for party in row["parties"])
    wrong = [f"{name}: told {times} times" for name, times in told.items() if times > 1]
    sent = summed((row["pk"], 1) for row in world.sends)
    wrong += [f"{name}: sent {times} times" for name, times in sent.items() if times > 1]
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
    """SMS counted over all days = SMS claimed, for the shop and summed over all numbers."""
    rows = [row for row in world.rows["notify"] if row["pk"].startswith("budget#sms#")]
    counted = {
        "the shop's budget": sum(row["spent"] for row in rows if row["sk"] == "all"),
        "all numbers' budgets": sum(row["spent"] for row in rows if row["sk"].startswith("to#")),
    }
    claimed = sum(row["channel"] == "sms" for row in world.sends)
    return differ("{name} counts {found} SMS, {expected} were claimed", dict.fromkeys(counted, claimed), counted)


def n5_nobody_is_named(world: World) -> list[str]:
    """No phone number and no e-mail address of a customer, or of whom an order is for, stands in the journal, in an
    inbox, in a list of who was told or beside a send: what was told stays when a person is forgotten."""
    people = {row.get(name) for row in world.rows["customers"] for name in ("phone", "email")}
    people |= {value for order in world.orders.values() for value in _reached_at(order)}
    rows = [*world.rows["journal"], *world.rows["notify"]]
    texts = [" ".join([value for value in row.values() if isinstance(value, str)]) for row in rows]
    together = "\n".join(texts)
    seen = [person for person in sorted(filter(None, people)) if person in together]
    return [
        f"{row.get('subject', row.get('pk'))} {row.get('sequence', row.get('sk'))} names a person"
        for row, text in zip(rows, texts)
        if any(person in text for person in seen)
    ]


def _reached_at(order: Row) -> Iterator[str]:
    contact = json.loads(order["contact"]) if order.get("contact") else {}
    yield from (contact[name] for name in ("phone", "email") if contact.get(name))


def _name(entry: Row) -> str:
    return f"{entry['kind']} {entry['event_id']} of {entry['subject']}"


RULES = (
    n1_everybody_concerned_is_told,
    n2_nobody_is_told_twice,
    n3_nothing_is_told_that_did_not_happen,
    n4_messages_keep_to_their_budget,
    n5_nobody_is_named,
)
