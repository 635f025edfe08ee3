"""Changes that change nothing anybody could see, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from tests.verification.mutation.mutants import Mutant


@dataclass(frozen=True)
class EquivalentMutant:
    """`becomes` is the changed line, as the survivors are printed."""

    function: str
    becomes: str
    reason: str


USEFUL_LOCATIONS = (
    "location for location in dict.fromkeys(preference) if any(units.get((sku, location), {}) {} 0 for sku in demand)"
)
USEFUL_REASON = "a location that has nothing is in no smallest choice and gives no share: it only costs comparing"

EQUIVALENT = (
    EquivalentMutant("_split_demand", USEFUL_LOCATIONS.format(1, ">"), USEFUL_REASON),
    EquivalentMutant("_split_demand", USEFUL_LOCATIONS.format(0, ">="), USEFUL_REASON),
    EquivalentMutant(
        "_choose_fewest_locations",
        "for count in range(MAX_COMPARED_LOCATIONS + 1):",
        "no location at all covers no demand",
    ),
    EquivalentMutant(
        "sum_promisable",
        "stock = AvailableStock(shards, [location], lapsed, (safety_units), own)",
        "where no safety is named the location is its own, and keeps nothing back whatever the number",
    ),
)

EQUIVALENT_LINES = {(same.function, same.becomes) for same in EQUIVALENT}


def is_equivalent(mutant: Mutant) -> bool:
    return (mutant.function, mutant.lines[1]) in EQUIVALENT_LINES
