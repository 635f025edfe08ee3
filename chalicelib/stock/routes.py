"""Endpoints of stock: availability for everyone, levels and history for staff, changes for a location's staff."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from chalicelib.catalog import find as catalog
from chalicelib.kit import web
from chalicelib.kit.errors import Invalid
from chalicelib.kit.json_dates import Day
from chalicelib.kit.web import ApiResponse, Body, Call, Query, Routes
from chalicelib.places import find as places
from chalicelib.places.model import Point
from chalicelib.stock import find, transfer
from chalicelib.stock.count import count
from chalicelib.stock.model import MAX_SHARDS
from chalicelib.stock.movements import adjust, display, receive
from chalicelib.stock.set_expected import set_expected
from chalicelib.stock.shard import reshard
from chalicelib.stock.store import list_open_transfers

endpoints = Routes(__name__)

MAX_SKUS = 20
Sku = Annotated[str, Field(min_length=1, max_length=64)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
CountedUnits = Annotated[int, Field(ge=0, le=1_000_000)]
SignedUnits = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
MOVEMENT_COMMANDS = {"receive": receive, "adjust": adjust, "display": display}


class MovementLine(Body):
    sku: Sku
    quantity: SignedUnits


class TransferLineBody(Body):
    sku: Sku
    quantity: Units


class CountedLine(Body):
    sku: Sku
    counted: CountedUnits


class MovementBody(Body):
    kind: Literal["receive", "adjust", "display"]
    location: Id
    reason: Reason
    lines: Annotated[list[MovementLine], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def check_quantities(self) -> MovementBody:
        if any(line.quantity == 0 for line in self.lines):
            raise ValueError("a quantity of 0 changes nothing; leave that line out")
        if self.kind == "receive" and any(line.quantity < 0 for line in self.lines):
            raise ValueError("a receipt needs positive quantities; use kind adjust to subtract units")
        return self


class TransferBody(Body):
    source: Id
    destination: Id
    lines: Annotated[list[TransferLineBody], Field(min_length=1, max_length=40)]
    reason: Annotated[str, Field(max_length=200)] = ""


class ReceiveBody(Body):
    lines: Annotated[list[TransferLineBody], Field(min_length=1, max_length=40)] | None = None


class CancelBody(Body):
    reason: Reason


class CountBody(Body):
    location: Id
    lines: Annotated[list[CountedLine], Field(min_length=1, max_length=40)]
    reason: Reason = "count"


class ExpectedLine(Body):
    sku: Sku
    quantity: CountedUnits


class ExpectedBody(Body):
    location: Id
    on: Day
    lines: Annotated[list[ExpectedLine], Field(min_length=1, max_length=40)]
    reason: Reason


class ShelvesBody(Body):
    location: Id
    sku: Sku
    shelves: Annotated[int, Field(ge=1, le=MAX_SHARDS)]
    reason: Reason = "hot"


class StockQuery(Query):
    sku: Annotated[str, Field(min_length=1, max_length=2000)]
    near: Annotated[str, Field(max_length=60)] | None = None


class LevelsQuery(Query):
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 100


class TransfersQuery(Query):
    location: Id


class HistoryQuery(LevelsQuery):
    sku: Sku
    location: Id


@endpoints.get("/stock", query=StockQuery)
def get_stock(call: Call) -> ApiResponse:
    """List the units that can be sold of each SKU by location, nearest first; staff also see vans. Has an ETag."""
    staff = call.principal.is_staff
    items = find.list_availability(
        _parse_skus(call.query.sku),
        near=_parse_point(call.query.near),
        include_vans=staff,
        own_location=call.principal.location if staff else None,
        safety_units=0 if staff else catalog.load_channel("web").safety_units,
    )
    return web.with_etag(call, {"items": items})


@endpoints.get("/stock/locations/{location_id}", query=LevelsQuery)
def get_location_stock(call: Call, location_id: str) -> dict[str, Any]:
    """List every level of one location by SKU, with all its quantities."""
    places.load_location(location_id)
    name = f"stock:{location_id}"
    after = web.read_cursor(call.query.cursor, name)
    items, after = find.list_location_levels(location_id, call.query.limit, after, call.principal.location)
    return web.page_to_json(items, after, name)


@endpoints.post(
    "/stock/movements",
    body=MovementBody,
    idempotent=True,
    status=201,
    example={
        "kind": "receive",
        "location": "wh-surabaya",
        "reason": "delivery note 4711",
        "lines": [{"sku": "TEH-001", "quantity": 24}],
    },
)
def post_movement(call: Call) -> dict[str, Any]:
    """Receive goods, adjust quantities, put units on display or take them back, always with a reason."""
    body = call.body
    quantities = sum_by_sku((line.sku, line.quantity) for line in body.lines)
    return MOVEMENT_COMMANDS[body.kind](call.principal, body.location, quantities, body.reason, call.idempotency_key)


@endpoints.get("/stock/transfers", query=TransfersQuery)
def list_transfers(call: Call) -> dict[str, Any]:
    """List the transfers to and from a location that are in transit."""
    places.load_location(call.query.location)
    return {
        "items": [transfer.transfer_to_json(item) for item in list_open_transfers(call.query.location)],
        "next": None,
    }


@endpoints.post(
    "/stock/transfers",
    body=TransferBody,
    idempotent=True,
    status=201,
    example={"source": "wh-surabaya", "destination": "van-budi", "lines": [{"sku": "TEH-001", "quantity": 5}]},
)
def post_transfer(call: Call) -> dict[str, Any]:
    """Send goods to another location or a van; they are in transit until they are received there."""
    body = call.body
    quantities = sum_by_sku((line.sku, line.quantity) for line in body.lines)
    return transfer.send(call.principal, body.source, body.destination, quantities, body.reason, call.idempotency_key)


@endpoints.post(
    "/stock/transfers/{transfer_id}/receive",
    body=ReceiveBody,
    idempotent=True,
    example={"lines": [{"sku": "TEH-001", "quantity": 4}]},
)
def receive_transfer(call: Call, transfer_id: str) -> dict[str, Any]:
    """Receive the given lines, or all of them; the load of a van is received by its own salesman."""
    lines = call.body.lines
    quantities = None if lines is None else sum_by_sku((line.sku, line.quantity) for line in lines)
    return transfer.receive(call.principal, transfer_id, quantities, call.idempotency_key)


@endpoints.post(
    "/stock/transfers/{transfer_id}/cancel",
    body=CancelBody,
    example={"reason": "the van broke down"},
)
def cancel_transfer(call: Call, transfer_id: str) -> dict[str, Any]:
    """Cancel a transfer; units that have not arrived return to the source."""
    return transfer.cancel(call.principal, transfer_id, call.body.reason)


@endpoints.post(
    "/stock/counts",
    body=CountBody,
    idempotent=True,
    status=201,
    example={"location": "wh-surabaya", "lines": [{"sku": "TEH-001", "counted": 23}], "reason": "month end"},
)
def post_count(call: Call) -> dict[str, Any]:
    """Record a stock count; differences become one adjustment."""
    counted = require_unique_skus((line.sku, line.counted) for line in call.body.lines)
    return count(call.principal, call.body.location, counted, call.body.reason, call.idempotency_key)


@endpoints.post(
    "/stock/expected",
    body=ExpectedBody,
    idempotent=True,
    status=201,
    example={
        "location": "wh-surabaya",
        "on": "2027-12-05",
        "lines": [{"sku": "TEH-001", "quantity": 48}],
        "reason": "purchase order 88",
    },
)
def post_expected(call: Call) -> dict[str, Any]:
    """Set the total units of each SKU expected on a day. They can be promised to buyers who accept that day."""
    body = call.body
    quantities = require_unique_skus((line.sku, line.quantity) for line in body.lines)
    return set_expected(call.principal, body.location, body.on, quantities, body.reason, call.idempotency_key)


@endpoints.post(
    "/stock/shelves",
    body=ShelvesBody,
    idempotent=True,
    status=201,
    example={"location": "wh-surabaya", "sku": "TEH-001", "shelves": 8, "reason": "flash sale"},
)
def post_shelves(call: Call) -> dict[str, Any]:
    """Set the number of shelves that the units of a hot SKU at a location are spread over evenly."""
    body = call.body
    return reshard(call.principal, body.location, body.sku, body.shelves, body.reason, call.idempotency_key)


@endpoints.get("/stock/history", query=HistoryQuery)
def get_history(call: Call) -> dict[str, Any]:
    """List the movements of one SKU at one location, newest first, each with its event, reason and actor."""
    query = call.query
    name = f"history:{query.sku}@{query.location}"
    items, after = find.list_history(query.sku, query.location, query.limit, web.read_cursor(query.cursor, name))
    return web.page_to_json(items, after, name)


def sum_by_sku(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the total quantity by SKU."""
    quantities: dict[str, int] = {}
    for sku, quantity in lines:
        quantities[sku] = quantities.get(sku, 0) + quantity
    return quantities


def require_unique_skus(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the quantity by SKU. Raises Invalid for two lines of one SKU, which would contradict each other."""
    quantities: dict[str, int] = {}
    for sku, quantity in lines:
        if sku in quantities:
            raise Invalid(("lines", f"{sku} occurs twice; send one line with the total"))
        quantities[sku] = quantity
    return quantities


def _parse_skus(text: str) -> list[str]:
    skus = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not 1 <= len(skus) <= MAX_SKUS or any(len(sku) > 64 for sku in skus):
        raise Invalid(("sku", f"name one to {MAX_SKUS} SKUs, separated by commas"))
    return skus


def _parse_point(text: str | None) -> Point | None:
    if not text:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as error:
        raise Invalid(("near", "write it as lat,lon")) from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Invalid(("near", "latitude is -90 to 90, longitude -180 to 180"))
    return Point(lat, lon)
