"""What a store's error means: busy is told to the caller as such, everything else is our bug and stays loud."""

from __future__ import annotations

import pytest
from pynamodb.exceptions import QueryError, VerboseClientError

from chalicelib.kit.db import _down
from chalicelib.kit.errors import Unavailable


def failed(code: str) -> QueryError:
    """As PynamoDB hands it on: without the HTTP status."""
    return QueryError("it failed", VerboseClientError({"Error": {"Code": code, "Message": "no"}}, "Query", {}))


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "TransactionInProgressException", "InternalServerError", "503"]
)
def test_a_busy_store_is_unavailable(code: str) -> None:
    assert isinstance(_down(failed(code)), Unavailable)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_request_that_is_wrong_stays_loud(code: str) -> None:
    error = failed(code)

    assert _down(error) is error
