"""What the stage tells us, read once from the environment. Secrets come by name, never by value, on AWS."""

from __future__ import annotations

import os
from functools import cache


def setting(name: str, default: str = "") -> str:
    return os.environ.get(f"SATUKANAL_{name}", default)


def table_name(package: str) -> str:
    return f"{prefix()}-{package}"


def prefix() -> str:
    """Every resource of a stage is called `<prefix>-<name>`."""
    return setting("PREFIX", "satukanal")


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "ap-southeast-3"


def base_url() -> str:
    """Links in messages start here and never with what a request's Host header says."""
    return setting("BASE_URL", "http://127.0.0.1:8000")


def currency() -> str:
    return setting("CURRENCY", "IDR")


def country() -> str:
    """Where a phone number without a country code is from."""
    return setting("COUNTRY", "ID")


def zone() -> str:
    return setting("ZONE", "Asia/Jakarta")


def int_setting(name: str, default: int) -> int:
    found = setting(name)
    return int(found) if found else default


def offer_minutes() -> int:
    return int_setting("OFFER_MINUTES", 10)


def offer_radius_meters() -> int:
    return int_setting("OFFER_RADIUS_METERS", 10_000)


def position_fresh_minutes() -> int:
    return int_setting("POSITION_FRESH_MINUTES", 30)


def transfer_hold_minutes() -> int:
    return int_setting("TRANSFER_HOLD_MINUTES", 24 * 60)


# Chalice asks for ARNs when a module is imported; these stand in where a stage has not been provisioned yet.
UNPROVISIONED_ARN = "arn:aws:{service}:ap-southeast-3:000000000000:{name}"


def topic_arn(name: str) -> str:
    return setting(f"TOPIC_{name.upper()}", UNPROVISIONED_ARN.format(service="sns", name=f"{prefix()}-{name}"))


def stream_arn() -> str:
    name = f"table/{table_name('journal')}/stream/2026-01-01T00:00:00.000"
    return setting("JOURNAL_STREAM_ARN", UNPROVISIONED_ARN.format(service="dynamodb", name=name))


def bucket() -> str:
    """Proofs, imports and the built storefront."""
    return setting("BUCKET", f"{prefix()}-files")


@cache
def secrets() -> tuple[str, ...]:
    """Signing keys, newest last: the last signs, all verify. From SECRETS (local) or SECRETS_PARAMETER's SSM value."""
    parameter = setting("SECRETS_PARAMETER")
    text = _from_ssm(parameter) if parameter else setting("SECRETS")
    keys = tuple(key for key in text.split(",") if key)
    if not keys or any(len(key) < 32 for key in keys):
        raise RuntimeError("SATUKANAL_SECRETS must hold at least one signing key of 32 characters or more")
    return keys


def _from_ssm(name: str) -> str:
    import botocore.session  # only the stages on AWS come here

    client = botocore.session.get_session().create_client("ssm", region_name=region())
    return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
