from __future__ import annotations

from chalicelib.kit.events import Event
from chalicelib.kit.packages import TOPICS, import_models
from chalicelib.kit.texts import texts
from chalicelib.notify import words
from chalicelib.notify.audience import RULES
from chalicelib.notify.model import NOTICES, SENDS, Allowed, Recipient, SendStatus, next_step
from chalicelib.notify.stream import topic_of
from chalicelib.notify.tell import UNHEARD

LADDER = ("sms", "email", "owner")
ALLOWED = Allowed(prefixes=("+62",), per_day=10, per_staff=5, per_customer=2, per_range=5, per_caller=5)


def test_every_event_of_every_room_has_a_topic_and_every_topic_exists() -> None:
    ours = {kind for kind, event in Event.kinds.items() if event.__module__.startswith("chalicelib.")}

    import_models()
    assert {topic_of(kind) for kind in ours} == set(TOPICS)


def test_every_notice_is_of_a_known_event_has_a_rule_and_words_where_it_leaves_the_house() -> None:
    notices = [UNHEARD, *(notice for listed in NOTICES.values() for notice in listed)]

    assert NOTICES.keys() <= Event.kinds.keys()
    assert {notice.audience for notice in notices} - {UNHEARD.audience} == RULES.keys()
    for notice in notices:
        if notice.channels:
            assert notice.template in words.FACTS


def test_every_word_speaks_only_of_listed_facts() -> None:
    assert texts("id", "messages").keys() == words.FACTS.keys()
    for template, facts in words.FACTS.items():
        for language in ("id", "en"):
            subject, text = words.render_message(template, language, dict.fromkeys(facts, "ada") | {"phone": "secret"})
            assert "secret" not in subject + text
            assert text.isascii() and len(subject) <= 78


def test_a_message_is_claimed_once_and_ends_once() -> None:
    ends = {SendStatus.SENT, SendStatus.FAILED, SendStatus.UNKNOWN}

    assert {SendStatus.CLAIMED: ends} | {end: set() for end in ends} == SENDS
    assert set(SENDS) == set(SendStatus)


def test_only_allowed_countries_get_sms() -> None:
    foreigner = Recipient("customer#ord_1", "+882160000000", "guest@example.com")

    assert next_step(LADDER, 0, foreigner, ALLOWED) == 1
    assert next_step(LADDER, 0, Recipient("staff#budi", "+628111111111"), ALLOWED) == 0


def test_whoever_cannot_be_reached_is_the_owners_concern_and_the_owner_nobodys() -> None:
    assert next_step(LADDER, 0, Recipient("location#wh"), ALLOWED) == 2
    assert next_step(LADDER, 0, Recipient("role#owner"), ALLOWED) is None


def test_a_message_lists_the_first_goods_and_counts_the_others() -> None:
    assert words.goods([("Teh", 2), ("Gula", 1), ("Kopi", 3), ("Sabun", 1)]) == "2x Teh, 1x Gula, 3x Kopi, +1"
