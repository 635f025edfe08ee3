"""The carriers: SNS topics, SMS through SNS, e-mail through SES. Each call is tried once: what may have gone out is
never sent again, so waiting and retrying is left to the caller, who climbs to another channel instead."""

from __future__ import annotations

import threading
from typing import Any

from chalicelib.kit import config

_clients: dict[str, Any] = {}
_clients_lock = threading.Lock()


class NotSent(Exception):
    """The carrier said no: it certainly did not go out."""


class OutcomeUnknown(Exception):
    """No answer came: it may have gone out."""


def publish_batch(topic_arn: str, entries: list[dict[str, Any]]) -> set[str]:
    """The Ids that were not taken; all of them when the carrier is down."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = get_client("sns").publish_batch(TopicArn=topic_arn, PublishBatchRequestEntries=entries)
    except (ClientError, BotoCoreError):
        return {entry["Id"] for entry in entries}
    return {failed["Id"] for failed in answer.get("Failed", ())}


def send_sms(phone: str, text: str) -> None:
    kind = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    _call_once(get_client("sns").publish, PhoneNumber=phone, Message=text, MessageAttributes=kind)


def send_email(address: str, subject: str, text: str) -> None:
    said = {"Subject": {"Data": subject, "Charset": "UTF-8"}, "Body": {"Text": {"Data": text, "Charset": "UTF-8"}}}
    _call_once(
        get_client("ses").send_email, Source=sender_address(), Destination={"ToAddresses": [address]}, Message=said
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
    """Made once and lazily: a session costs 57 ms, and most cold starts send nothing."""
    with _clients_lock:
        if service not in _clients:
            _clients[service] = _create_client(service)
    return _clients[service]


def _create_client(service: str) -> Any:
    import botocore.session
    from botocore.config import Config

    if "session" not in _clients:
        _clients["session"] = botocore.session.get_session()
    once = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1}, parameter_validation=False)
    return _clients["session"].create_client(service, region_name=config.region(), config=once)


def use_clients(clients: dict[str, Any]) -> None:
    """Send through these from now on, by service. For tests and simulators."""
    _clients.update(clients)


def clear_clients() -> None:
    """For tests: a client made under one mock must not serve the next."""
    _clients.clear()
