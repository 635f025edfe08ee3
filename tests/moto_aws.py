"""moto in this process, as good as new for each test: what infra/resources.json names is made once and put back empty.

Making it anew took 0.4 seconds a test, most of it botocore reading descriptions of services.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

import tests.environment  # noqa: F401 - before the first import of the shop
from chalicelib.kit import config, db, files
from chalicelib.notify import transports
from infra import tables

PREFIX = "test"


@contextmanager
def fresh_aws() -> Iterator[Any]:
    """Gives a boto3 session. Inside, `boto3.client` asks it as well."""
    with mock_aws():
        boto3.DEFAULT_SESSION = session()  # until moto puts back the one before
        for (service, place), backend in pickle.loads(empty_backends()).items():  # nosec B301 - made below
            get_backend(service)[DEFAULT_ACCOUNT_ID][place] = backend
        tables.create_dead_letters(client("sqs"), PREFIX)
        with connected_to("moto"):
            yield session()


@contextmanager
def connected_to(to: str) -> Iterator[None]:
    """The shop's own way to the tables that stand there; a client made for others must not serve these."""
    reset_connections()
    transports.clear_clients()
    db.use_connection(cached_connection(to))
    yield
    reset_connections()
    transports.clear_clients()


@cache
def cached_connection(to: str) -> Any:
    """Made once: botocore's client beneath it costs a twentieth of a second."""
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
    """Tables, topics and the bucket of files."""
    tables.create_tables(client("dynamodb"), PREFIX)
    tables.create_topics(client("sns"), PREFIX)
    tables.create_files_bucket(client("s3"), PREFIX)
    places = [("dynamodb", config.region()), ("sns", config.region()), ("s3", "aws")]
    return pickle.dumps({key: get_backend(key[0])[DEFAULT_ACCOUNT_ID][key[1]] for key in places})


def stored_rows(kind: Any) -> list[Any]:
    """Every row of a model's table, from where AWS_ENDPOINT_URL points now; a model keeps its first address."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=kind.Meta.table_name, ConsistentRead=True)
    return [kind.from_raw_data(item) for page in pages for item in page["Items"]]


def reset_connections() -> None:
    db.reset_connection()
    files.reset_client()
