"""Puts a wire behind kit.db: PynamoDB's and botocore's own client, whose sends are answered from memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace

import botocore.endpoint
from botocore.retries import quota
from pynamodb.connection import Connection

from chalicelib.kit import db
from infra import tables
from tests.conftest import forget_connections
from tests.proof.wire import EVENT, Wire
from tests.proof.wire_store import Store, Table


@contextmanager
def answering(wire: Wire) -> Iterator[Wire]:
    """The engine is DynamoDB's own; botocore does not wait between its tries, and has all its patience again."""
    (connection, patience), kept = line(), (db.engine, botocore.endpoint.time)
    forget_connections()
    patience.release(patience.INITIAL_CAPACITY)
    db._local.connection = connection
    db.engine, botocore.endpoint.time = db.Dynamo(), SimpleNamespace(sleep=lambda seconds: None)
    connection.client.meta.events.register_first(EVENT, wire)
    try:
        yield wire
    finally:
        connection.client.meta.events.unregister(EVENT, wire)
        db.engine, botocore.endpoint.time = kept
        forget_connections()


@cache
def line() -> tuple[Connection, quota.RetryQuota]:
    """The client that the shop would make, made once because that takes a tenth of a second; and how many more tries
    botocore allows it, which lives as long as a client, and here a client outlives many histories."""
    usual, patience = quota.RetryQuota, quota.RetryQuota()
    quota.RetryQuota = lambda: patience
    forget_connections()
    try:
        connection = db.connection()
        connection.client  # noqa: B018 - made when first asked for
    finally:
        quota.RetryQuota = usual
    return connection, patience


def with_tables() -> Store:
    """A store with the tables that infra/resources.json names, and nothing in them."""
    store = Store()
    store.tables = {name: table.copy() for name, table in _made()[0].items()}
    store.streamed = copy.copy(_made()[1])
    return store


@cache
def _made() -> tuple[dict[str, Table], set[str]]:
    wire = Wire(Store())
    with answering(wire):
        tables.create_tables(line()[0].client, "test")
    return wire.store.tables, wire.store.streamed
