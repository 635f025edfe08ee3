"""Uploaded pictures and PDF files in the S3 bucket, stored under the hash of their content."""

from __future__ import annotations

import hashlib
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.errors import Invalid, NotFound, Unavailable

MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}


def upload(folder: str, content: bytes) -> str:
    """Store the content and return its key; equal content has one key.

    Call it before the commit that refers to the key: a file without a reference does no harm. Raises Invalid for
    other file types and Unavailable.
    """
    media_type = media_type_of(content)
    key = f"{folder}/{hashlib.sha256(content).hexdigest()[:40]}"
    try:
        client().put_object(Bucket=config.bucket(), Key=key, Body=content, ContentType=media_type)
    except Exception as error:
        raise Unavailable() from error
    return key


def download(key: str) -> tuple[str, bytes]:
    """Return the media type and the content. Raises NotFound and Unavailable."""
    s3 = client()
    try:
        response = s3.get_object(Bucket=config.bucket(), Key=key)
        return response["ContentType"], response["Body"].read()
    except s3.exceptions.NoSuchKey as error:
        raise NotFound() from error
    except Exception as error:
        raise Unavailable() from error


def media_type_of(content: bytes) -> str:
    """Return the media type by the first bytes of the content. Raises Invalid for other types."""
    for signature, media_type in MEDIA_TYPES.items():
        if content.startswith(signature):
            return media_type
    raise Invalid(("picture", "must be JPEG, PNG or PDF"))


_clients: list[Any] = []  # at most one


def client() -> Any:
    """Return this process's S3 client, created by the first call, because most cold starts need none."""
    if not _clients:
        use_client(_create_client())
    return _clients[0]


def use_client(s3: Any) -> None:
    """Set the client through which files are stored from now on."""
    _clients[:] = [s3]


def reset_client() -> None:
    """Forget the client; the next call creates one from the environment as it is then."""
    _clients.clear()


def _create_client() -> Any:
    import botocore.session
    from botocore.config import Config

    timeouts = Config(connect_timeout=1, read_timeout=3)
    return botocore.session.get_session().create_client("s3", region_name=config.region(), config=timeouts)
