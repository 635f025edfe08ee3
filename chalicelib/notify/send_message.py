"""Sending one message over one channel, and the settings that limit SMS and escalation."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, config, log
from chalicelib.notify import message_templates, transports
from chalicelib.notify.model import SendStatus, SmsLimits
from chalicelib.notify.store import Attempt


def send_message(attempt: Attempt) -> SendStatus:
    """Send the attempt's SMS or e-mail and return `sent`, `failed` or `unknown`."""
    try:
        render_and_send(attempt)
    except transports.NotSent:
        return log_not_delivered(attempt, SendStatus.FAILED)
    except transports.OutcomeUnknown:
        return log_not_delivered(attempt, SendStatus.UNKNOWN)
    return SendStatus.SENT


def render_and_send(attempt: Attempt) -> None:
    recipient = attempt.message.recipient
    subject, text = message_templates.render_message(
        attempt.message.notice.template, recipient.language, attempt.message.facts
    )
    if attempt.channel == "sms":
        transports.send_sms(recipient.phone, text)
    else:
        transports.send_email(recipient.email, subject, text)


def log_not_delivered(attempt: Attempt, status: SendStatus) -> SendStatus:
    log.warning("message_not_delivered", transport=attempt.channel, event_id=attempt.message.event_id, status=status)
    return status


def load_sms_limits() -> SmsLimits:
    prefixes = config.setting("SMS_PREFIXES", "+62").split(",")
    return SmsLimits(
        prefixes=tuple(prefix.strip() for prefix in prefixes if prefix.strip()),
        per_day=config.int_setting("SMS_PER_DAY", 5_000),
        per_staff=config.int_setting("SMS_PER_STAFF_PER_DAY", 300),
        per_customer=config.int_setting("SMS_PER_CUSTOMER_PER_DAY", 10),
        per_range=config.int_setting("SMS_PER_RANGE_PER_DAY", 200),
        per_network=config.int_setting("SMS_PER_CALLER_PER_DAY", 100),
        sign_in_per_day=config.int_setting("SMS_SIGN_IN_PER_DAY", 1_000),
        sign_in_per_number=config.int_setting("SMS_SIGN_IN_PER_NUMBER_PER_DAY", 300),
    )


def acknowledge_timeout() -> timedelta:
    """Return how long a recipient has to acknowledge before the next channel is tried."""
    return clock.minutes(config.int_setting("ACKNOWLEDGE_MINUTES", 5))
