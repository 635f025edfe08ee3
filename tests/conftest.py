"""Fixtures for all tests: the environment, moto or ministack with all tables, and the dispatcher of events."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tests.environment  # noqa: F401 - first, because row classes read their table names when they are defined
from chalicelib.kit import clock, db, ids, web
from chalicelib.sessions.authenticate import authenticate
from tests.browser import chromium, phone, site_url  # noqa: F401 - fixtures
from tests.moto_aws import connected_to, fresh_aws, session

# The files with the longest tests run first, so that no process ends with one of them while the others are idle.
LONGEST = ("simulator/test_sim.py", "infra/test_demo.py", "infra/test_run.py", "simulator/test_full_stack.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not str(item.path).endswith(LONGEST))


def pytest_collection_finish() -> None:
    """Collect garbage less often: the imported modules stay, and scanning them takes a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def restore_globals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the clock, the randomness and the engine after a test; retries do not wait."""
    clock_source, randomness, engine = clock.source, ids.randomness, db.engine
    monkeypatch.setattr(db, "pause", lambda attempt: None)
    clear_caches()
    yield
    clock.source, ids.randomness, db.engine = clock_source, randomness, engine
    clear_caches()


@pytest.fixture
def aws() -> Iterator[Any]:
    """moto in this process with the tables, topics and queue of infra/resources.json, as a boto3 session."""
    with fresh_aws() as clients:
        yield clients


@pytest.fixture
def trusted_tokens() -> Iterator[None]:
    """Take the role and id of staff tokens from their claims, so that a test needs no staff rows."""
    web.use_principal_loader(web.principal_from_claims)
    yield
    web.use_principal_loader(authenticate)


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """One ministack per test process, on a free port of the loopback interface."""
    from infra.local.engine import Engine

    with Engine(MINISTACK_ACCOUNT_ID="123456789012") as running:
        yield running


@pytest.fixture
def ministack(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """ministack, emptied, with all tables. Processes that a test starts find its address in their environment."""
    from infra.local.engine import provision

    engine.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.address)
    for name, arn in provision("test", session()).items():
        monkeypatch.setenv(name, arn)
    with connected_to(engine.address):
        yield session()


@pytest.fixture
def drain() -> Callable[[], int]:
    """A function that delivers the events of everything committed, and of its consequences, until none are left.

    Use it with `aws` or `ministack`. Failed deliveries are retried at once.
    """
    dispatchers: list[Any] = []  # at most one, created by the first call

    def deliver_all() -> int:
        from app import app
        from infra.local.dispatcher import Dispatcher

        if not dispatchers:
            dispatchers.append(Dispatcher(app, retry_delay_seconds=0))
        return int(dispatchers[0].drain())

    return deliver_all


def clear_caches() -> None:
    """Call `clear_cache()` of every imported module that caches reference data."""
    for name in [name for name in sys.modules if name.startswith("chalicelib.")]:
        getattr(sys.modules[name], "clear_cache", lambda: None)()
