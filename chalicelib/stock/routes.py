"""The doors to stock: everyone reads what can be sold; the people of a location change what stands there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from chalicelib.catalog import find as catalog
from chalicelib.kit import web
from chalicelib.kit.errors import Invalid
from chalicelib.kit.web import EVERYONE, STAFF, ApiResponse, Body, Call, Query, Routes
from chalicelib.places import find as places
from chalicelib.places.model import Point
from chalicelib.stock import find, transfer
from chalicelib.stock.count import count
from chalicelib.stock.model import MAX_SHARDS
from chalicelib.stock.move import adjust, display, receive
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
            raise ValueError("a quantity of 0 moves nothing; leave that line out")
        if self.kind == "receive" and any(line.quantity < 0 for line in self.lines):
            raise ValueError("only positive quantities are received; use kind adjust for what is missing")
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
    on: Annotated[date, Field(strict=False)]
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


@endpoints.get("/stock", roles=EVERYONE, query=StockQuery)
def get_stock(call: Call) -> ApiResponse:
    """What can be sold of each SKU and where, nearest first; staff also see the vans. Answers with an ETag."""
    staff = call.principal.is_staff
    items = find.list_availability(
        _parse_skus(call.query.sku),
        near=_parse_point(call.query.near),
        include_vans=staff,
        own_location=call.principal.location if staff else None,
        safety_units=0 if staff else catalog.load_channel("web").safety_units,
    )
    return web.with_etag(call, {"items": items})


@endpoints.get("/stock/locations/{location_id}", roles=STAFF, query=LevelsQuery)
def get_location_stock(call: Call, location_id: str) -> dict[str, Any]:
    """Every level of one location, by SKU, with all its quantities."""
    places.load_location(location_id)
    name = f"stock:{location_id}"
    items, after = find.list_location_levels(location_id, call.query.limit, web.read_cursor(call.query.cursor, name))
    return web.page_to_json(items, after, name)


@endpoints.post(
    "/stock/movements",
    roles={"owner", "warehouse", "cashier"},
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
    """Goods come in from outside, are found or missed, go on display or come back from it; always with a reason."""
    said = call.body
    quantities = sum_by_sku((line.sku, line.quantity) for line in said.lines)
    return MOVEMENT_COMMANDS[said.kind](call.principal, said.location, quantities, said.reason, call.idempotency_key)


@endpoints.get("/stock/transfers", roles=STAFF, query=TransfersQuery)
def list_transfers(call: Call) -> dict[str, Any]:
    """What is on its way to or from a location and not yet confirmed."""
    places.load_location(call.query.location)
    return {
        "items": [transfer.transfer_to_json(each) for each in list_open_transfers(call.query.location)],
        "next": None,
    }


@endpoints.post(
    "/stock/transfers",
    roles={"owner", "warehouse", "cashier", "salesman"},
    body=TransferBody,
    idempotent=True,
    status=201,
    example={"source": "wh-surabaya", "destination": "van-budi", "lines": [{"sku": "TEH-001", "quantity": 5}]},
)
def post_transfer(call: Call) -> dict[str, Any]:
    """Goods leave for another location, a van included, and are in transit until they are confirmed there."""
    said = call.body
    quantities = sum_by_sku((line.sku, line.quantity) for line in said.lines)
    return transfer.send(call.principal, said.source, said.destination, quantities, said.reason, call.idempotency_key)


@endpoints.post(
    "/stock/transfers/{transfer_id}/receive",
    roles={"owner", "warehouse", "cashier", "salesman"},
    body=ReceiveBody,
    idempotent=True,
    example={"lines": [{"sku": "TEH-001", "quantity": 4}]},
)
def receive_transfer(call: Call, transfer_id: str) -> dict[str, Any]:
    """Confirms what arrived, all of it when no lines are named; a van's load is confirmed by its own salesman."""
    lines = call.body.lines
    quantities = None if lines is None else sum_by_sku((line.sku, line.quantity) for line in lines)
    return transfer.receive(call.principal, transfer_id, quantities, call.idempotency_key)


@endpoints.post(
    "/stock/transfers/{transfer_id}/cancel",
    roles={"owner", "warehouse", "cashier", "salesman"},
    body=CancelBody,
    example={"reason": "the van broke down"},
)
def cancel_transfer(call: Call, transfer_id: str) -> dict[str, Any]:
    """What has not arrived goes back to where it came from."""
    return transfer.cancel(call.principal, transfer_id, call.body.reason)


@endpoints.post(
    "/stock/counts",
    roles={"owner", "warehouse", "cashier", "salesman"},
    body=CountBody,
    idempotent=True,
    status=201,
    example={"location": "wh-surabaya", "lines": [{"sku": "TEH-001", "counted": 23}], "reason": "month end"},
)
def post_count(call: Call) -> dict[str, Any]:
    """What somebody counted; a variance becomes one adjustment."""
    counted = require_unique_skus((line.sku, line.counted) for line in call.body.lines)
    return count(call.principal, call.body.location, counted, call.body.reason, call.idempotency_key)


@endpoints.post(
    "/stock/expected",
    roles={"owner", "warehouse"},
    body=ExpectedBody,
    idempotent=True,
    status=201,
    example={
        "location": "wh-surabaya",
        "on": "2030-12-05",
        "lines": [{"sku": "TEH-001", "quantity": 48}],
        "reason": "purchase order 88",
    },
)
def post_expected(call: Call) -> dict[str, Any]:
    """How many of each SKU are on their way for a day, all told. Buyers who agree are promised these for that day."""
    said = call.body
    quantities = require_unique_skus((line.sku, line.quantity) for line in said.lines)
    return set_expected(call.principal, said.location, said.on, quantities, said.reason, call.idempotency_key)


@endpoints.post(
    "/stock/shelves",
    roles={"owner", "warehouse"},
    body=ShelvesBody,
    idempotent=True,
    status=201,
    example={"location": "wh-surabaya", "sku": "TEH-001", "shelves": 8, "reason": "flash sale"},
)
def post_shelves(call: Call) -> dict[str, Any]:
    """Spreads a hot SKU evenly over several shelves of a location, or gathers it again."""
    said = call.body
    return reshard(call.principal, said.location, said.sku, said.shelves, said.reason, call.idempotency_key)


@endpoints.get("/stock/history", roles=STAFF, query=HistoryQuery)
def get_history(call: Call) -> dict[str, Any]:
    """Every movement of one SKU at one location, newest first, with its cause and who made it."""
    said = call.query
    name = f"history:{said.sku}@{said.location}"
    items, after = find.list_history(said.sku, said.location, said.limit, web.read_cursor(said.cursor, name))
    return web.page_to_json(items, after, name)


def sum_by_sku(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Two lines of one SKU are one quantity."""
    quantities: dict[str, int] = {}
    for sku, quantity in lines:
        quantities[sku] = quantities.get(sku, 0) + quantity
    return quantities


def require_unique_skus(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How many there are: two such lines of one SKU would contradict each other."""
    quantities: dict[str, int] = {}
    for sku, quantity in lines:
        if sku in quantities:
            raise Invalid(("lines", f"{sku} stands there twice; add it up"))
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
        raise Invalid(("near", "lies outside the globe"))
    return Point(lat, lon)
