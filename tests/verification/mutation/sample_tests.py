"""Tests of the sample, run by `test_mutation.py` only."""

from __future__ import annotations

from tests.verification.mutation.sample import Parcel


def test_an_expensive_parcel_costs_more_than_a_hundred():
    assert [Parcel(1, minor).is_expensive for minor in (100, 101)] == [False, True]


def test_a_heavy_parcel_weighs_more_than_a_light_one():
    assert [Parcel(grams, 1).is_heavy for grams in (10, 5000)] == [False, True]
