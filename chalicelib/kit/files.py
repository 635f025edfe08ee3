"""Pictures and papers in the bucket, under names made of their content: storing one twice is storing it once."""

from __future__ import annotations

import hashlib
from typing import Any

from chalicelib.kit import config
from chalicelib.kit.errors import Invalid, NotFound, Unavailable

MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}


def upload(folder: str, content: bytes) -> str:
    """The key it is kept under. Before a commit, never inside one: a picture nobody refers to harms nobody."""
    kind = media_type_of(content)
    key = f"{folder}/{hashlib.sha256(content).hexdigest()[:40]}"
    try:
        client().put_object(Bucket=config.bucket(), Key=key, Body=content, ContentType=kind)
    except Exception as error:
        raise Unavailable() from error
    return key


def download(key: str) -> tuple[str, bytes]:
    bucket = client()
    try:
        found = bucket.get_object(Bucket=config.bucket(), Key=key)
        return found["ContentType"], found["Body"].read()
    except bucket.exceptions.NoSuchKey as error:
        raise NotFound() from error
    except Exception as error:
        raise Unavailable() from error


def media_type_of(content: bytes) -> str:
    """By what it is, not by what it is called."""
    for start, kind in MEDIA_TYPES.items():
        if content.startswith(start):
            return kind
    raise Invalid(("picture", "is neither JPEG, PNG nor PDF"))


_clients: list[Any] = []  # one at most


def client() -> Any:
    """The one S3 client of this process, made by the first call: most cold starts need none."""
    if not _clients:
        use_client(_create_client())
    return _clients[0]


def use_client(given: Any) -> None:
    """From now on files are stored through `given`."""
    _clients[:] = [given]


def reset_client() -> None:
    """The next call makes a client anew, from the environment as it is by then."""
    _clients.clear()


def _create_client() -> Any:
    import botocore.session
    from botocore.config import Config

    timeouts = Config(connect_timeout=1, read_timeout=3)
    return botocore.session.get_session().create_client("s3", region_name=config.region(), config=timeouts)
