"""moto in this process, with the empty tables, topics and bucket of infra/resources.json for each test.

They are created once and restored from a copy, because creating them takes 0.4 seconds per test.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

import tests.environment  # noqa: F401 - before the first import of chalicelib
from chalicelib.kit import config, db, files
from chalicelib.notify import transports
from infra import tables

PREFIX = "test"
PICKLED_SERVICES = (("dynamodb", config.region()), ("sns", config.region()), ("s3", "aws"))

MAX_SAVED_STATES = 100  # a test with a running clock has a key of its own

_saved_states: dict[Hashable, bytes] = {}  # pickled backends, by what built them
_connections: list[str] = []  # the names of the `connected_to` blocks that are open


@contextmanager
def fresh_aws() -> Iterator[Any]:
    """Yield a boto3 session with empty tables; `boto3.client` uses it too."""
    with mock_aws():
        boto3.DEFAULT_SESSION = session()  # moto restores the previous one
        restore_backends(empty_backends())
        tables.create_dead_letters(client("sqs"), PREFIX)
        with connected_to("moto"):
            yield session()


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Use the connection of this name, moto or an address, for the time of a `with` block."""
    reset_connections()
    transports.clear_clients()
    db.use_connection(cached_connection(name))
    _connections.append(name)
    yield
    _connections.pop()
    reset_connections()
    transports.clear_clients()


@cache
def cached_connection(name: str) -> Any:
    """Return the connection of this name, cached because botocore takes 50 ms to create its client."""
    reset_connections()
    return db.connection()


@cache
def session() -> Any:
    return boto3.Session(region_name=config.region())


@cache
def client(service: str) -> Any:
    return session().client(service)


@cache
def empty_backends() -> bytes:
    """Return the backends of moto with the tables, the topics and the bucket, pickled."""
    tables.create_tables(client("dynamodb"), PREFIX)
    tables.create_topics(client("sns"), PREFIX)
    tables.create_files_bucket(client("s3"), PREFIX)
    return pickle_backends()


def restore_or_build(key: Hashable, build: Callable[[], object]) -> None:
    """Fill empty tables by `build` once per process, and from a copy of the result for every later call with this key.

    Outside `fresh_aws`, and for tables that are not empty, it only calls `build`.
    """
    if not (moto_is_used() and tables_are_empty()):
        build()
    elif key in _saved_states:
        restore_backends(_saved_states[key])
    else:
        build()
        if len(_saved_states) < MAX_SAVED_STATES:
            _saved_states[key] = pickle_backends()


def moto_is_used() -> bool:
    return _connections[-1:] == ["moto"] and isinstance(db.current_engine(), db.Dynamo)


def tables_are_empty() -> bool:
    backend: Any = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][config.region()]
    return not any(table.items for table in backend.tables.values())


def pickle_backends() -> bytes:
    return pickle.dumps({key: get_backend(key[0])[DEFAULT_ACCOUNT_ID][key[1]] for key in PICKLED_SERVICES})


def restore_backends(pickled: bytes) -> None:
    for (service, region), backend in pickle.loads(pickled).items():  # nosec B301 - pickled above
        get_backend(service)[DEFAULT_ACCOUNT_ID][region] = backend


def stored_rows(row_class: Any) -> list[Any]:
    """Return every row of a table, read with a new client at the current AWS_ENDPOINT_URL."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=row_class.Meta.table_name, ConsistentRead=True)
    )
    return [row_class.from_raw_data(item) for page in pages for item in page["Items"]]


def reset_connections() -> None:
    db.reset_connection()
    files.reset_client()
