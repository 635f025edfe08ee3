import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import policy
from chalicelib.kit.errors import Invalid
from chalicelib.places.model import ROLES, Point, Postcode, check_location, check_staff, distance_meters
from tests.places.build import a_location, a_salesman

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


def test_a_degree_of_latitude_is_111_kilometers():
    assert distance_meters(Point(-7.0, 112.0), Point(-8.0, 112.0)) == 111_195


def test_a_short_distance_in_surabaya():
    assert distance_meters(Point(-7.2459, 112.7378), Point(-7.2468, 112.7378)) == 100


@given(points, points)
def test_distance_is_symmetric_and_at_most_half_the_circumference(a, b):
    forth, back = distance_meters(a, b), distance_meters(b, a)

    assert forth == back
    assert 0 <= forth <= round(math.pi * 6_371_000)


@given(points)
def test_the_distance_to_itself_is_zero(a):
    assert distance_meters(a, a) == 0


def test_points_on_both_sides_of_the_date_line_are_near():
    assert distance_meters(Point(0.0, 179.999), Point(0.0, -179.999)) == 222


def test_a_location_is_a_warehouse_a_store_or_a_van():
    with pytest.raises(Invalid) as refused:
        check_location(a_location(kind="drone"))

    assert refused.value.errors == [{"field": "kind", "says": "is one of warehouse, store, van"}]


def test_an_unknown_role_is_refused():
    with pytest.raises(Invalid) as refused:
        check_staff(a_salesman(role="king"))

    assert refused.value.errors[0]["field"] == "role"


def test_a_postcode_without_both_coordinates_has_no_point():
    assert Postcode("60241", lat=-7.0).point is None
    assert Postcode("60241", lat=-7.0, lon=112.0).point == Point(-7.0, 112.0)


def test_places_and_auth_have_the_same_roles():
    assert ROLES == policy.ROLES
