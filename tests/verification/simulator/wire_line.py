"""Puts a wire behind kit.db: all of its own way out through PynamoDB and botocore, answered from memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from botocore.auth import SigV4Auth

from chalicelib.kit import db
from infra import tables
from tests.cloud import forget_connections, line
from tests.verification.simulator.wire import EVENT, Wire
from tests.verification.simulator.wire_store import Store, Table


@contextmanager
def answering(wire: Wire) -> Iterator[Wire]:
    """The engine is DynamoDB's own. Nobody here looks at a signature, and making them is a fifth of a history."""
    connection, kept = line("wire"), (db.engine, SigV4Auth.add_auth)
    forget_connections()
    db.use_connection(connection)
    db.engine, SigV4Auth.add_auth = db.Dynamo(), lambda signer, request: None
    connection.client.meta.events.register_first(EVENT, wire)
    try:
        yield wire
    finally:
        connection.client.meta.events.unregister(EVENT, wire)
        db.engine, SigV4Auth.add_auth = kept
        forget_connections()


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
        tables.create_tables(line("wire").client, "test")
    return wire.store.tables, wire.store.streamed
