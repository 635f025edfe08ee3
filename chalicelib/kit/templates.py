"""Pages that functions render. Their templates lie in this package because Chalice packages nothing beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent.parent / "templates"


def render(name: str, **facts: Any) -> str:
    """The page `templates/<name>`, with every fact escaped."""
    return environment().get_template(name).render(facts)


@cache
def environment() -> Environment:
    import jinja2  # here, because most of what runs in this process never shows a page

    loader = jinja2.FileSystemLoader(FOLDER)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
