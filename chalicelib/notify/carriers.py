"""One message over one channel: its words, the carrier, and what became of it. Also how many SMS may go where."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, config, log
from chalicelib.notify import transports, words
from chalicelib.notify.model import Allowed, SendStatus
from chalicelib.notify.store import Attempt


def send(attempt: Attempt) -> SendStatus:
    try:
        hand_over(attempt)
    except transports.NotSent:
        return not_delivered(attempt, SendStatus.FAILED)
    except transports.Unknown:
        return not_delivered(attempt, SendStatus.UNKNOWN)
    return SendStatus.SENT


def hand_over(attempt: Attempt) -> None:
    recipient = attempt.message.recipient
    subject, text = words.render_message(attempt.message.notice.template, recipient.language, attempt.message.facts)
    if attempt.channel == "sms":
        transports.sms(recipient.phone, text)
    else:
        transports.email(recipient.email, subject, text)


def not_delivered(attempt: Attempt, status: SendStatus) -> SendStatus:
    log.warning("not delivered", transport=attempt.channel, event_id=attempt.message.event_id, status=status)
    return status


def allowed() -> Allowed:
    prefixes = config.setting("SMS_PREFIXES", "+62").split(",")
    return Allowed(
        prefixes=tuple(each.strip() for each in prefixes if each.strip()),
        per_day=config.number("SMS_PER_DAY", 5_000),
        per_staff=config.number("SMS_PER_STAFF_PER_DAY", 300),
        per_customer=config.number("SMS_PER_CUSTOMER_PER_DAY", 10),
        per_range=config.number("SMS_PER_RANGE_PER_DAY", 200),
        per_caller=config.number("SMS_PER_CALLER_PER_DAY", 100),
    )


def patience() -> timedelta:
    """How long a person has to acknowledge before the next channel is tried."""
    return clock.minutes(config.number("ACKNOWLEDGE_MINUTES", 5))
