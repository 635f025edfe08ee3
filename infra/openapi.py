"""`make openapi`: writes openapi.json at the root from the doors; a test fails while the two differ."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path(__file__).parent.parent / "openapi.json"


def render() -> str:
    import app  # noqa: F401 - registers the doors
    from chalicelib.kit import openapi
    from chalicelib.kit.web import Routes

    return json.dumps(openapi.build_document(Routes.registered), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render())
    print(f"{FILE.name} says what the doors say.")
