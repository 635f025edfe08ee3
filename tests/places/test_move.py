from datetime import timedelta

import pytest

from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.places import find
from chalicelib.places.model import FromTheFuture, LongAgo, NotAVan, Point, Position
from chalicelib.places.move import report_position
from tests.places.build import NOON, TUGU, a_location, it_is, kept

BUDI = Principal("salesman", "salesman-budi", "van-budi")
OWNER = Principal("owner", "owner-ani")
HERE, THERE = Point(-7.25, 112.75), Point(-7.30, 112.70)


@pytest.fixture(autouse=True)
def two_vans_and_a_store(aws):
    it_is(NOON)
    kept(a_location(), a_location("van-wati"), a_location("toko-darmo", "store"))


def test_a_salesman_says_where_his_van_is():
    report_position(BUDI, "van-budi", HERE)

    assert find.positions() == {"van-budi": Position("van-budi", HERE, NOON)}


def test_a_later_position_replaces_an_earlier_one():
    report_position(BUDI, "van-budi", HERE)
    it_is(NOON + timedelta(minutes=1))

    report_position(OWNER, "van-budi", THERE)

    assert find.positions() == {"van-budi": Position("van-budi", THERE, NOON + timedelta(minutes=1))}


def test_a_report_that_was_long_on_its_way_changes_nothing():
    report_position(BUDI, "van-budi", HERE)

    report_position(BUDI, "van-budi", THERE, NOON - timedelta(minutes=5))

    assert find.positions() == {"van-budi": Position("van-budi", HERE, NOON)}


def test_a_phone_whose_clock_is_a_little_ahead_is_believed_but_not_its_clock():
    report_position(BUDI, "van-budi", HERE, NOON + timedelta(seconds=59))

    assert find.positions()["van-budi"].at == NOON


@pytest.mark.parametrize(
    ("at", "refusal"), [(NOON + timedelta(seconds=61), FromTheFuture), (NOON - timedelta(days=2), LongAgo)]
)
def test_a_position_from_another_time_is_refused(at, refusal):
    with pytest.raises(refusal):
        report_position(BUDI, "van-budi", HERE, at)

    assert find.positions() == {}


@pytest.mark.parametrize(
    ("who", "where", "refusal"),
    [(BUDI, "van-wati", Forbidden), (OWNER, "toko-darmo", NotAVan), (OWNER, "van-nobody", NotFound)],
)
def test_nobody_moves_what_is_not_his_or_does_not_move(who, where, refusal):
    with pytest.raises(refusal):
        report_position(who, where, TUGU)

    assert find.positions() == {}


def test_the_smallest_float_is_no_number_that_the_table_refuses():
    report_position(BUDI, "van-budi", Point(5e-324, -0.0000001))

    assert find.positions()["van-budi"].point == Point(0.0, 0.0)
