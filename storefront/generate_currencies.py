"""Generate assets/common/currencies.js, the browser's copy of `chalicelib.kit.money.CURRENCIES`.

Run `python -m storefront.generate_currencies` after a change of that table.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from chalicelib.kit.money import CURRENCIES

FILE = Path(__file__).parent / "assets" / "common" / "currencies.js"


def build_currencies_module() -> str:
    rows = ",\n".join(f"  {code}: {_to_javascript(asdict(currency))}" for code, currency in CURRENCIES.items())
    command = "python -m storefront.generate_currencies"
    return f"// Generated; do not edit. Run `{command}`.\nexport const CURRENCIES = {{\n{rows},\n}};\n"


def _to_javascript(facts: dict[str, str | int]) -> str:
    return "{ " + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items()) + " }"


if __name__ == "__main__":
    FILE.write_text(build_currencies_module())
