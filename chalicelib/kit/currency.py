"""The one currency of the shop: amounts in another are refused by name wherever they enter."""

from __future__ import annotations

from chalicelib.kit import config
from chalicelib.kit.errors import Invalid


class WrongCurrency(Invalid):
    message = "This shop sells in {ours}, not in {theirs}."


def check_currency(currency: str, field: str = "currency") -> None:
    """Raise WrongCurrency, naming the field, for another currency than the shop's."""
    ours = config.currency()
    if currency != ours:
        raise WrongCurrency((field, f"must be {ours}, the currency of this shop"), ours=ours, theirs=currency)
