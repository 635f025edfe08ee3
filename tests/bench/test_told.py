"""What `make bench` prints says of each figure whether it reached its goal, and what was not measured."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import proved, site, timed
from tests.faults.build import ALL_WELL

SOLD = Counter({(201, ""): 100, (409, "out_of_stock"): 300})


def test_every_figure_of_the_readme_has_its_measure():
    assert [each.__name__ for each in bench.wanted([])] == [
        *("loaded", "hot_sku", "packaged", "pages_made", "in_process", "long_lists", "on_the_stack"),
        *("rush", "doors", "northwind"),
    ]


@pytest.mark.parametrize(("cpu", "said", "reached"), [(2.5, "50 times less", True), (2.6, "48 times less", False)])
def test_an_orders_cpu_is_laid_beside_what_vendure_took(monkeypatch: pytest.MonkeyPatch, cpu, said, reached):
    monkeypatch.setattr(timed, "placements", lambda: (150.0, cpu))
    monkeypatch.setattr(timed, "placements_together", lambda: 100.0)

    *_, ours, ratio = bench.speed()

    assert (ours.found, ours.reached) == (f"{cpu}", reached)
    assert (ratio.found, ratio.reached) == (said, reached)
    assert "125, measured on such cores, not in this run" in ratio.name


@pytest.mark.parametrize("where", [site.MEMORY, bench.DISK])
@pytest.mark.parametrize(("pages", "reached"), [(6000.0, True), (5999.0, False)])
def test_a_site_is_judged_with_its_files_wherever_they_stand(monkeypatch: pytest.MonkeyPatch, where, pages, reached):
    monkeypatch.setattr(site, "product_pages_a_cpu_second", lambda where: pages)

    figure = bench.a_site(where)

    assert (figure.reached, figure.goal) == (reached, "6000")
    assert str(where) in figure.name


@pytest.mark.parametrize(
    ("answers", "audit", "exact"),
    [
        (SOLD, ALL_WELL, True),
        (SOLD, "S1 is broken", False),
        (SOLD + Counter({(201, ""): 1}) - Counter({(409, "out_of_stock"): 1}), ALL_WELL, False),
        (SOLD + Counter({(500, "bug"): 1}) - Counter({(409, "out_of_stock"): 1}), ALL_WELL, False),
    ],
)
def test_a_rush_is_exact_when_nobody_got_a_unit_too_many_and_the_books_hold(answers, audit, exact):
    assert proved.Rush(answers, audit).exact is exact


def test_northwind_is_read_from_what_it_prints(monkeypatch: pytest.MonkeyPatch):
    printed = "  speed    37.2 orders a second\n           3.1 s from the first\n  speed    20.8 orders a second\n"
    monkeypatch.setattr(bench.proved, "northwind", lambda: proved.Northwind(proved.speeds(printed), True, "As."))

    [figure] = bench.northwind()

    assert (figure.found, figure.reached) == ("37.2 and 20.8", False)


def test_northwind_without_its_data_is_said_to_be_not_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATA", str(tmp_path))

    [figure] = bench.northwind()

    assert (figure.found, figure.reached) == ("not measured", None)
