"""Transports: SNS topics, SMS through SNS, e-mail through SES.

Each call is made once and never retried, since a message without a reply may have been sent; the caller uses another
channel instead.
"""

from __future__ import annotations

import threading
from typing import Any

from chalicelib.kit import config

_clients: dict[str, Any] = {}
_clients_lock = threading.Lock()


class NotSent(Exception):
    """The service refused the message, so it was certainly not sent."""


class OutcomeUnknown(Exception):
    """The service did not reply, or failed: the message may have been sent."""


def publish_batch(topic_arn: str, entries: list[dict[str, Any]]) -> set[str]:
    """Return the Ids of entries that SNS did not accept; all of them if the call fails."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = get_client("sns").publish_batch(TopicArn=topic_arn, PublishBatchRequestEntries=entries)
    except (ClientError, BotoCoreError):
        return {entry["Id"] for entry in entries}
    return {failure["Id"] for failure in response.get("Failed", ())}


def send_sms(phone: str, text: str) -> None:
    """Send one SMS. Raises NotSent and OutcomeUnknown."""
    attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    _call_once(get_client("sns").publish, PhoneNumber=phone, Message=text, MessageAttributes=attributes)


def send_email(address: str, subject: str, text: str) -> None:
    """Send one e-mail. Raises NotSent and OutcomeUnknown."""
    message = {"Subject": {"Data": subject, "Charset": "UTF-8"}, "Body": {"Text": {"Data": text, "Charset": "UTF-8"}}}
    _call_once(
        get_client("ses").send_email, Source=sender_address(), Destination={"ToAddresses": [address]}, Message=message
    )


def sender_address() -> str:
    return config.setting("MAIL_FROM", "toko@satukanal.example")


def _call_once(call: Any, **arguments: Any) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        call(**arguments)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        raise (OutcomeUnknown() if status >= 500 else NotSent()) from error
    except BotoCoreError as error:
        raise OutcomeUnknown() from error


def get_client(service: str) -> Any:
    """Return the service's client, created on first use: a session costs 57 ms and most cold starts send nothing."""
    with _clients_lock:
        if service not in _clients:
            _clients[service] = _create_client(service)
    return _clients[service]


def _create_client(service: str) -> Any:
    import botocore.session
    from botocore.config import Config

    if "session" not in _clients:
        _clients["session"] = botocore.session.get_session()
    no_retries = Config(
        connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1}, parameter_validation=False
    )
    return _clients["session"].create_client(service, region_name=config.region(), config=no_retries)


def use_clients(clients: dict[str, Any]) -> None:
    """Replace the clients of these services. For tests and simulators."""
    _clients.update(clients)


def clear_clients() -> None:
    """Forget all clients. For tests: a client created under one mock must not be used under the next."""
    _clients.clear()
