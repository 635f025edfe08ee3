"""Every condition of the writes of orders, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kit.journal import Head
from chalicelib.orders import store
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.orders.test_model import NOON, a_line, an_order

pytestmark = pytest.mark.usefixtures("memory")

ORDER = replace(an_order(a_line("TEAPOT", 2)), version=1, journal_hash="one")


def test_an_order_is_created_once():
    assert_commits(store.put_order(ORDER))

    assert_refused(store.put_order(replace(ORDER, note="another")))


def test_an_order_changes_only_from_the_version_read():
    assert_refused(store.change_order(ORDER, head=Head(2, "two"), status="completed"))
    assert_commits(store.put_order(ORDER))

    assert_commits(store.change_order(ORDER, head=Head(2, "two"), status="completed"))
    assert_refused(store.change_order(ORDER, head=Head(2, "other"), status="cancelled"))

    assert store.find_order("ord_1") == store.apply_changes(ORDER, Head(2, "two"), status="completed")


def test_an_order_on_hold_is_listed_as_unpaid_once_and_any_other_order_is_not_listed():
    waiting = replace(ORDER, reserved_until=NOON)
    assert_commits(*store.add_to_unpaid_list(waiting))

    assert_refused(*store.add_to_unpaid_list(waiting))

    assert store.add_to_unpaid_list(ORDER) == []
