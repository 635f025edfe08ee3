"""Jinja templates of pages that functions render.

They are in chalicelib/templates, because Chalice deploys no folder outside chalicelib.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent.parent / "templates"


def render(name: str, **facts: Any) -> str:
    """Return the page of `templates/<name>` as HTML, with every fact escaped."""
    return environment().get_template(name).render(facts)


@cache
def environment() -> Environment:
    import jinja2  # imported late: most functions render no page

    loader = jinja2.FileSystemLoader(FOLDER)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
