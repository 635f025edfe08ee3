"""How an amount is written for people; `assets/common/money.js` is its twin and both obey one table of examples.

Babel and browsers disagree about the rupiah (`Rp1.250.000,00`, `Rp 1.250.000`), so neither is asked.
"""

from __future__ import annotations

from typing import Any

# symbol, decimals, thousands mark, decimal mark
WRITTEN = {
    "IDR": ("Rp", 0, ".", ","),
    "USD": ("US$", 2, ",", "."),
    "SGD": ("S$", 2, ",", "."),
    "MYR": ("RM", 2, ",", "."),
    "EUR": ("€", 2, ".", ","),
    "GBP": ("£", 2, ",", "."),
    "JPY": ("¥", 0, ",", "."),
    "KWD": ("KWD ", 3, ",", "."),
}


def formatted(money: dict[str, Any]) -> str:
    """`Rp275.000`, with the sign before the symbol."""
    symbol, decimals, thousands, mark = WRITTEN[money["currency"]]
    amount = int(money["amount"])
    whole, rest = divmod(abs(amount), 10**decimals)
    text = symbol + f"{whole:,}".replace(",", thousands)
    if decimals:
        text += f"{mark}{rest:0{decimals}d}"
    return f"-{text}" if amount < 0 else text


def plain(money: dict[str, Any]) -> str:
    """`275000` or `19.99`: for machines that read JSON-LD."""
    decimals = WRITTEN[money["currency"]][1]
    whole, rest = divmod(int(money["amount"]), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)
