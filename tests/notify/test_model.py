from __future__ import annotations

from chalicelib.kit.events import Event
from chalicelib.kit.packages import TOPICS, import_models
from chalicelib.kit.texts import texts
from chalicelib.notify import message_templates
from chalicelib.notify.deliver import UNANSWERED
from chalicelib.notify.model import NOTICES, SEND_TRANSITIONS, Recipient, SendStatus, SmsLimits, find_next_step
from chalicelib.notify.recipients import RULES
from chalicelib.notify.stream import topic_of

CHANNELS = ("sms", "email", "owner")
SMS_LIMITS = SmsLimits(
    prefixes=("+62",),
    per_day=10,
    per_staff=5,
    per_customer=2,
    per_range=5,
    per_network=5,
    sign_in_per_day=10,
    sign_in_per_number=5,
)


def test_every_event_of_every_package_has_a_topic_and_every_topic_has_events() -> None:
    kinds = {kind for kind, event in Event.kinds.items() if event.__module__.startswith("chalicelib.")}

    import_models()
    assert {topic_of(kind) for kind in kinds} == set(TOPICS)


def test_every_notice_has_a_known_event_and_rule_and_a_template_if_it_is_sent() -> None:
    notices = [UNANSWERED, *(notice for notices in NOTICES.values() for notice in notices)]

    assert NOTICES.keys() <= Event.kinds.keys()
    assert {notice.recipient_rule for notice in notices} - {UNANSWERED.recipient_rule} == RULES.keys()
    for notice in notices:
        if notice.channels:
            assert notice.template in message_templates.TEMPLATE_FACTS


def test_templates_render_only_their_listed_facts() -> None:
    assert texts("id", "messages").keys() == message_templates.TEMPLATE_FACTS.keys()
    for template, facts in message_templates.TEMPLATE_FACTS.items():
        for language in ("id", "en"):
            subject, text = message_templates.render_message(
                template, language, dict.fromkeys(facts, "ada") | {"phone": "secret"}
            )
            assert "secret" not in subject + text
            assert text.isascii() and len(subject) <= 78


def test_a_send_is_claimed_once_and_has_one_outcome() -> None:
    ends = {SendStatus.SENT, SendStatus.FAILED, SendStatus.UNKNOWN}

    assert {SendStatus.CLAIMED: ends} | {end: set() for end in ends} == SEND_TRANSITIONS
    assert set(SEND_TRANSITIONS) == set(SendStatus)


def test_only_numbers_in_allowed_countries_get_an_sms() -> None:
    foreigner = Recipient("customer#ord_1", "+882160000000", "guest@example.com")

    assert find_next_step(CHANNELS, 0, foreigner, SMS_LIMITS) == 1
    assert find_next_step(CHANNELS, 0, Recipient("staff#budi", "+628111111111"), SMS_LIMITS) == 0


def test_an_unreachable_recipient_is_escalated_to_the_owner_and_the_owner_to_no_one() -> None:
    assert find_next_step(CHANNELS, 0, Recipient("location#wh"), SMS_LIMITS) == 2
    assert find_next_step(CHANNELS, 0, Recipient("role#owner"), SMS_LIMITS) is None


def test_a_message_lists_the_first_three_goods_and_counts_the_others() -> None:
    assert (
        message_templates.format_goods([("Teh", 2), ("Gula", 1), ("Kopi", 3), ("Sabun", 1)])
        == "2x Teh, 1x Gula, 3x Kopi, +1"
    )
