"""The ground every test stands on: an environment of its own, and `aws`, a fresh AWS in process with all tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tests.environment  # noqa: F401 - table names are read when a row's class is made, so this comes first
from chalicelib.kit import clock, db, ids, web
from chalicelib.places.find import authenticate_staff
from tests.browser import chromium, phone, site_url  # noqa: F401 - one browser for every folder's pages
from tests.moto_aws import connected_to, fresh_aws, session


@pytest.fixture(autouse=True)
def restore_globals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clock and randomness that a test replaced are put back; nobody waits between tries."""
    clock_source, randomness, engine = clock.source, ids.randomness, db.engine
    monkeypatch.setattr(db, "pause", lambda attempt: None)
    clear_caches()
    yield
    clock.source, ids.randomness, db.engine = clock_source, randomness, engine
    clear_caches()


@pytest.fixture
def aws() -> Iterator[Any]:
    """moto in this process, with the tables, topics and the queue of infra/resources.json; gives a boto3 session."""
    with fresh_aws() as clients:
        yield clients


@pytest.fixture
def trusted_tokens() -> Iterator[None]:
    """A staff token's role and id are taken as they stand; the people of the test need no row."""
    web.use_principal_loader(web.principal_from_claims)
    yield
    web.use_principal_loader(authenticate_staff)


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """One ministack for each test process, on a free port of loopback."""
    from infra.local.engine import Engine

    with Engine(MINISTACK_ACCOUNT_ID="123456789012") as started:
        yield started


@pytest.fixture
def ministack(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The local engine, emptied, with all tables; processes that a test starts find it by their environment."""
    from infra.local.engine import provision

    engine.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.address)
    for name, arn in provision("test", session()).items():
        monkeypatch.setenv(name, arn)
    with connected_to(engine.address):
        yield session()


@pytest.fixture
def drain() -> Callable[[], int]:
    """Lets everything that was committed be heard, and what comes of it, until all is quiet. Use beside `aws` or
    `ministack`; retries come at once."""
    made: list[Any] = []

    def heard() -> int:
        from app import app
        from infra.local.dispatcher import Dispatcher

        if not made:
            made.append(Dispatcher(app, retry_delay_seconds=0))
        return int(made[0].drain())

    return heard


def clear_caches() -> None:
    """Rooms that keep reference rows for a minute have `clear_cache()`; those not imported yet have nothing to lose."""
    for name in [name for name in sys.modules if name.startswith("chalicelib.")]:
        getattr(sys.modules[name], "clear_cache", lambda: None)()
