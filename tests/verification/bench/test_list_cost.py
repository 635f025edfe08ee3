"""The cost of a page does not grow with the size of its list."""

from __future__ import annotations

from typing import Any

import pytest

from app import app
from infra.local.dispatcher import Dispatcher
from tests.verification.bench import list_cost

SIZES = (120, 240)  # each fills a page
ROUNDS = 2  # the first one also loads the caller, who is then cached


@pytest.mark.verify
@pytest.mark.ministack
def test_a_page_of_every_list_reads_as_much_at_either_size(ministack: Any) -> None:
    shop, models, shift = list_cost.build_models(Dispatcher(app, retry_delay_seconds=0).drain)

    for case in list_cost.list_cases(shift):
        few, many = list_cost.measure(case, shop, models[case.model], SIZES, ROUNDS)

        assert (few.units, few.calls) == (many.units, many.calls), case.name
        assert few.items == many.items == (0 if "none" in case.name else 50), case.name
