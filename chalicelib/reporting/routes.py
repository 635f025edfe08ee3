"""Endpoints of the recap, for the owner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import ApiResponse, Call, Query, Routes, page_to_json, read_cursor, with_etag
from chalicelib.reporting import recap
from chalicelib.reporting.model import DIMENSIONS

endpoints = Routes(__name__)
MAX_DAYS = 366
Name = Annotated[str, Field(max_length=128)]


class Days(Query):
    """A range of days, first and last included."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class RecapQuery(Days):
    by: Annotated[str, Field(max_length=100)] = "channel"
    format: Literal["json", "csv"] = "json"


class OrdersQuery(Days):
    channel: Name = ""
    location: Name = ""
    salesman: Name = ""
    cursor: Annotated[str, Field(max_length=1000)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@endpoints.get("/reports/recap", query=RecapQuery)
def read_recap(call: Call) -> Any:
    """Sum sales, tax, cost, margin and money in by day, channel, location and salesman, as JSON or CSV."""
    first, last = read_days(call.query)
    by = read_dimensions(call.query.by)
    rows, totals = recap.load_rows(first, last, by)
    if call.query.format == "csv" or "text/csv" in call.headers.get("accept", ""):
        disposition = f'attachment; filename="recap-{first}-{last}.csv"'
        headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}
        return ApiResponse(recap.rows_to_csv(rows, by), headers=headers)
    page = page_to_json([recap.row_to_json(row, by) for row in rows], None, "recap")
    return with_etag(call, page | {"totals": [recap.row_to_json(row, ()) for row in totals]})


@endpoints.get("/reports/recap/orders", query=OrdersQuery)
def list_recap_orders(call: Call) -> dict[str, Any]:
    """List the orders behind a figure of the recap. `-` selects an empty dimension, such as web orders' location."""
    first, last = read_days(call.query)
    filters = {name: getattr(call.query, name) for name in ("channel", "location", "salesman")}
    after = read_cursor(call.query.cursor, "recap")
    return page_to_json(*recap.list_orders(first, last, filters, call.query.limit, after), "recap")


def read_days(query: Days) -> tuple[date, date]:
    if query.last < query.first:
        raise Invalid(("to", "must not be before from"))
    if query.last - query.first > timedelta(days=MAX_DAYS):
        raise Invalid(("to", f"a recap covers at most {MAX_DAYS} days; request fewer days"))
    return query.first, query.last


def read_dimensions(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in DIMENSIONS]:
        raise Invalid(("by", f"{', '.join(unknown)[:100]}: use any of {', '.join(DIMENSIONS)}"))
    return names
