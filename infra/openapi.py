"""`make openapi`: writes openapi.json at the root from the registered endpoints. A test fails if the file is stale."""

from __future__ import annotations

import json
from pathlib import Path

FILE = Path(__file__).parent.parent / "openapi.json"


def render() -> str:
    import app  # noqa: F401 - registers the endpoints
    from chalicelib.kit import openapi
    from chalicelib.kit.web import Routes

    return json.dumps(openapi.build_document(Routes.registered), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render())
    print(f"Wrote {FILE.name}.")
