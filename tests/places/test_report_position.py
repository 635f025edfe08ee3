from datetime import timedelta

import pytest

from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.places import find
from chalicelib.places.model import FromTheFuture, LongAgo, NotAVan, Point, Position
from chalicelib.places.report_position import report_position
from tests.places.build import NOON, TUGU, a_location, freeze_clock, save_locations

BUDI = Principal("salesman", "salesman-budi", "van-budi")
OWNER = Principal("owner", "owner-ani")
HERE, THERE = Point(-7.25, 112.75), Point(-7.30, 112.70)


@pytest.fixture(autouse=True)
def two_vans_and_a_store(aws):
    freeze_clock(NOON)
    save_locations(a_location(), a_location("van-wati"), a_location("toko-darmo", "store"))


def test_a_salesman_reports_a_position():
    report_position(BUDI, "van-budi", HERE)

    assert find.load_positions() == {"van-budi": Position("van-budi", HERE, NOON)}


def test_a_later_position_replaces_an_earlier_one():
    report_position(BUDI, "van-budi", HERE)
    freeze_clock(NOON + timedelta(minutes=1))

    report_position(OWNER, "van-budi", THERE)

    assert find.load_positions() == {"van-budi": Position("van-budi", THERE, NOON + timedelta(minutes=1))}


def test_a_late_report_changes_nothing():
    report_position(BUDI, "van-budi", HERE)

    report_position(BUDI, "van-budi", THERE, NOON - timedelta(minutes=5))

    assert find.load_positions() == {"van-budi": Position("van-budi", HERE, NOON)}


def test_a_position_slightly_in_the_future_is_stored_as_now():
    report_position(BUDI, "van-budi", HERE, NOON + timedelta(seconds=59))

    assert find.load_positions()["van-budi"].at == NOON


@pytest.mark.parametrize(
    ("at", "refusal"), [(NOON + timedelta(seconds=61), FromTheFuture), (NOON - timedelta(days=2), LongAgo)]
)
def test_a_position_from_another_time_is_refused(at, refusal):
    with pytest.raises(refusal):
        report_position(BUDI, "van-budi", HERE, at)

    assert find.load_positions() == {}


@pytest.mark.parametrize(
    ("principal", "location_id", "refusal"),
    [(BUDI, "van-wati", Forbidden), (OWNER, "toko-darmo", NotAVan), (OWNER, "van-unknown", NotFound)],
)
def test_a_position_is_reported_only_for_a_known_van_by_its_salesman_or_the_owner(principal, location_id, refusal):
    with pytest.raises(refusal):
        report_position(principal, location_id, TUGU)

    assert find.load_positions() == {}


def test_tiny_floats_are_rounded_before_they_are_stored():
    report_position(BUDI, "van-budi", Point(5e-324, -0.0000001))

    assert find.load_positions()["van-budi"].point == Point(0.0, 0.0)
