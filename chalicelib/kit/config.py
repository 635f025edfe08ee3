"""Settings of the stage, read from environment variables. On AWS the signing keys are read from SSM by name."""

from __future__ import annotations

import os
from functools import cache


def setting(name: str, default: str = "") -> str:
    return os.environ.get(f"SATUKANAL_{name}", default)


def table_name(package: str) -> str:
    return f"{prefix()}-{package}"


def prefix() -> str:
    """Return the first part of every resource's name: `<prefix>-<name>`."""
    return setting("PREFIX", "satukanal")


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "ap-southeast-3"


def base_url() -> str:
    """Return the start of links in messages. A request's Host header is never used, because the caller controls it."""
    return setting("BASE_URL", "http://127.0.0.1:8000")


def problem_url(code: str) -> str:
    """Return the address of the page that explains refusals with this code: the `type` of problem documents."""
    return f"{base_url()}/api/problems/{code}"


def currency() -> str:
    return setting("CURRENCY", "IDR")


def country() -> str:
    """Return the country of addresses and phone numbers that name none."""
    return setting("COUNTRY", "ID")


def zone() -> str:
    return setting("ZONE", "Asia/Jakarta")


def int_setting(name: str, default: int) -> int:
    text = setting(name)
    return int(text) if text else default


def offer_minutes() -> int:
    return int_setting("OFFER_MINUTES", 10)


def offer_radius_meters() -> int:
    return int_setting("OFFER_RADIUS_METERS", 10_000)


def position_fresh_minutes() -> int:
    return int_setting("POSITION_FRESH_MINUTES", 30)


def transfer_hold_minutes() -> int:
    return int_setting("TRANSFER_HOLD_MINUTES", 24 * 60)


# Chalice needs ARNs when a module is imported; this placeholder is used where the stage is not provisioned yet.
UNPROVISIONED_ARN = "arn:aws:{service}:ap-southeast-3:000000000000:{name}"


def topic_arn(name: str) -> str:
    return setting(f"TOPIC_{name.upper()}", UNPROVISIONED_ARN.format(service="sns", name=f"{prefix()}-{name}"))


def stream_arn() -> str:
    name = f"table/{table_name('journal')}/stream/2026-01-01T00:00:00.000"
    return setting("JOURNAL_STREAM_ARN", UNPROVISIONED_ARN.format(service="dynamodb", name=name))


def bucket() -> str:
    """Return the name of the bucket that holds payment proofs and pictures."""
    return setting("BUCKET", f"{prefix()}-files")


@cache
def secrets() -> tuple[str, ...]:
    """Return the signing keys, newest last: the last one signs, all of them verify.

    They come from the setting SECRETS, or from the SSM parameter that SECRETS_PARAMETER names. Raises RuntimeError if
    there is none or one is shorter than 32 characters.
    """
    parameter = setting("SECRETS_PARAMETER")
    text = _from_ssm(parameter) if parameter else setting("SECRETS")
    keys = tuple(key for key in text.split(",") if key)
    if not keys or any(len(key) < 32 for key in keys):
        raise RuntimeError("SATUKANAL_SECRETS must hold at least one signing key of 32 characters or more")
    return keys


def _from_ssm(name: str) -> str:
    import botocore.session  # imported late: only needed on AWS

    client = botocore.session.get_session().create_client("ssm", region_name=region())
    return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
