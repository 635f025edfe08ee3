"""Sentences for what is wrong with a field of a request, in place of those of the validation library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXTS = {
    "missing": "is missing; send it",
    "extra_forbidden": "is not a known field; leave it out",
    "model_type": "must be an object with named fields",
    "dict_type": "must be an object with named fields",
    "list_type": "must be a list",
    "none_required": "must be null",
    "string_type": "must be a text",
    "string_unicode": "must be a text without half characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "has too many digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the decimal point",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "date_type": "must be a day, such as 2026-11-22",
    "date_parsing": "must be a day of the calendar, such as 2026-11-22",
    "date_from_datetime_parsing": "must be a day of the calendar, such as 2026-11-22",
}


def describe_error(problem: Mapping[str, Any]) -> str:
    """Return the sentence for an entry of `ValidationError.errors()`. A validator of ours has its own."""
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return str(context["error"])
    text = TEXTS.get(problem["type"])
    return text.format_map(context) if text else str(problem["msg"])
