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
def as_new() -> Iterator[Any]:
    """Gives a boto3 session. Inside, `boto3.client` asks it as well."""
    with mock_aws():
        boto3.DEFAULT_SESSION = session()  # until moto puts back the one before
        for (service, place), backend in pickle.loads(empty()).items():  # nosec B301 - made below
            get_backend(service)[DEFAULT_ACCOUNT_ID][place] = backend
        tables.create_dead_letters(client("sqs"), PREFIX)
        with connected("moto"):
            yield session()


@contextmanager
def connected(to: str) -> Iterator[None]:
    """The shop's own way to the tables that stand there; a client made for others must not serve these."""
    forget_connections()
    transports.forget()
    db.use_connection(line(to))
    yield
    forget_connections()
    transports.forget()


@cache
def line(to: str) -> Any:
    """Made once: botocore's client beneath it costs a twentieth of a second."""
    forget_connections()
    return db.connection()


@cache
def session() -> Any:
    return boto3.Session(region_name=config.region())


@cache
def client(service: str) -> Any:
    return session().client(service)


@cache
def empty() -> bytes:
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


def forget_connections() -> None:
    db.forget_connection()
    files.forget_client()
