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


def test_a_row_is_read_as_it_was_written_with_defaults_for_what_is_not_there() -> None:
    from chalicelib.stock.store import LevelRow

    written = LevelRow("TEAPOT@wh#0", "level", on_hand=7, reserved=2, safety=1).serialize()
    del written["display"]

    read = LevelRow.from_raw_data(written | {"list": {"NULL": True}, "of_a_later_version": {"S": "?"}})

    assert {name: getattr(read, name) for name in ("pk", "sk", "on_hand", "reserved", "safety")} == {
        "pk": "TEAPOT@wh#0",
        "sk": "level",
        "on_hand": 7,
        "reserved": 2,
        "safety": 1,
    }
    assert (read.display, read.shelves, read.list) == (0, None, None)


def test_a_row_whose_attribute_has_another_type_is_not_guessed_at() -> None:
    from chalicelib.stock.store import LevelRow

    written = LevelRow("TEAPOT@wh#0", "level").serialize() | {"on_hand": {"S": "seven"}}

    with pytest.raises(KeyError):
        LevelRow.from_raw_data(written)
