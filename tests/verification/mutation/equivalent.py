"""Mutants that do not change the behavior, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from tests.verification.mutation.mutants import Mutant


@dataclass(frozen=True)
class EquivalentMutant:
    """`becomes` is the changed line as printed for survivors, with whitespace collapsed."""

    function: str
    becomes: str
    reason: str


USEFUL_LOCATIONS = (
    "location for location in dict.fromkeys(preference) if any(units.get((sku, location), {}) {} 0 for sku in demand)"
)
USEFUL_REASON = "a location without stock is in no smallest choice and gets no share"

EQUIVALENT = (
    EquivalentMutant("_split_demand", USEFUL_LOCATIONS.format(1, ">"), USEFUL_REASON),
    EquivalentMutant("_split_demand", USEFUL_LOCATIONS.format(0, ">="), USEFUL_REASON),
    EquivalentMutant(
        "_choose_fewest_locations",
        "for count in range(MAX_COMPARED_LOCATIONS + 1):",
        "an empty choice covers no demand",
    ),
    EquivalentMutant(
        "sum_promisable",
        "stock = AvailableStock(shards, [location], lapsed, (safety_units), own)",
        "without safety units the location is its own and has no safety, whatever the number",
    ),
)

EQUIVALENT_LINES = {(equivalent.function, equivalent.becomes) for equivalent in EQUIVALENT}


def is_equivalent(mutant: Mutant) -> bool:
    return (mutant.function, mutant.lines[1]) in EQUIVALENT_LINES
