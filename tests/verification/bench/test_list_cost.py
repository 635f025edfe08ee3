"""A page reads as much of few orders as of many."""

from __future__ import annotations

from typing import Any

import pytest

from app import app
from infra.local.dispatcher import Dispatcher
from tests.verification.bench import list_cost

SIZES = (120, 240)  # each fills a page
ROUNDS = 2  # in the first one he who asks is looked up, and remembered


@pytest.mark.verify
@pytest.mark.ministack
def test_a_page_of_every_list_reads_as_much_at_either_size(ministack: Any) -> None:
    shop, models, shift = list_cost.build_models(Dispatcher(app, retry_delay_seconds=0).drain)

    for each in list_cost.list_cases(shift):
        few, many = list_cost.measure(each, shop, models[each.model], SIZES, ROUNDS)

        assert (few.units, few.calls) == (many.units, many.calls), each.name
        assert few.items == many.items == (0 if "none" in each.name else 50), each.name
