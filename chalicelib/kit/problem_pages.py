"""The pages under /problems, which explain each code of a problem document.

They are built from the refusal classes and content/*/problems.toml: a class without a text fails a test.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit.errors import NotFound, Problem
from chalicelib.kit.templates import render
from chalicelib.kit.texts import LANGUAGES, texts
from chalicelib.kit.web import STATUS_BY_PROBLEM

STATUSES_WITHOUT_CLASS = {"bug": 500, "method_not_allowed": 405}  # codes of responses that no refusal was raised for


def render_problem_page(code: str, language: str) -> str:
    """Return the page of a code as HTML. Raises NotFound for a code that no response has."""
    statuses = load_statuses()
    if code not in statuses:
        raise NotFound()
    page_texts = texts(language, "problems")
    text = page_texts["problems"].get(code, "")
    return render("problem.html", texts=page_texts, text=text, code=code, status=statuses[code], lang=language)


def load_statuses() -> dict[str, int]:
    """Return the HTTP status by code, of every imported refusal class of the API that can be in a response."""
    return STATUSES_WITHOUT_CLASS | {kind.class_code(): status_of_class(kind) for kind in list_refusals()}


def list_refusals() -> list[type[Problem]]:
    """Return the refusal classes of the API that can be in a response; classes of other programs are left out."""
    return [
        kind for kind in _list_subclasses(Problem) if kind.__module__.startswith("chalicelib.") and not kind.is_internal
    ]


def status_of_class(kind: type[Problem]) -> int:
    return next(status for base, status in STATUS_BY_PROBLEM if issubclass(kind, base))


def choose_language(requested: str, accept_language: str) -> str:
    """Return the requested language, else the best of an Accept-Language header, else the shop's first."""
    if requested:
        return requested
    choices = [_parse_choice(part) for part in accept_language.split(",")]
    known = [(weight, language) for language, weight in choices if language in LANGUAGES and weight > 0]
    return max(known, key=lambda choice: choice[0])[1] if known else LANGUAGES[0]


def _parse_choice(part: str) -> tuple[str, float]:
    """Return ("en", 0.8) for `en-GB;q=0.8`; the weight is 1 if there is none, and 0 if it is not a number."""
    tag, _, weight = part.strip().partition(";q=")
    try:
        return tag.strip().partition("-")[0].lower(), float(weight or 1)
    except ValueError:
        return "", 0.0


def _list_subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _list_subclasses(subclass)
