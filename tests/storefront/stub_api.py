"""A stub of the API for browser tests: it answers in the API's shapes and records the requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.storefront.build import rupiah

StubResponse = tuple[int, Any]


@dataclass
class StubRequest:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str]


@dataclass
class StubApi:
    """Answers with the handler of "METHOD /path", or with a 404 problem if there is none."""

    handlers: dict[str, Callable[[StubRequest], StubResponse]] = field(default_factory=dict)
    requests: list[StubRequest] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)  # "METHOD /path" of requests whose connection is aborted

    def route(self, route: Any) -> None:
        """Record and answer an intercepted request of the browser."""
        intercepted = route.request
        url = urlsplit(intercepted.url)
        body = json.loads(intercepted.post_data) if intercepted.post_data else None
        path = url.path.removeprefix("/api")
        request = StubRequest(intercepted.method, path, parse_qs(url.query), body, intercepted.headers)
        self.requests.append(request)
        name = f"{request.method} {path}" + ("?of=awaiting" if "of" in request.query else "")
        if name in self.unreachable:
            route.abort()
            return
        status, answer = self.handlers.get(name, lambda _: a_problem(404, "not_found"))(request)
        kind = "application/json" if status < 400 else "application/problem+json"
        route.fulfill(status=status, content_type=kind, body=json.dumps(answer))

    def requests_to(self, name: str) -> list[StubRequest]:
        return [request for request in self.requests if f"{request.method} {request.path}" == name]


def a_problem(status: int, code: str, **facts: Any) -> StubResponse:
    return status, {"type": f"/problems/{code}", "status": status, "code": code, "detail": code} | facts


def stock_handler(units: dict[str, int]) -> Callable[[StubRequest], StubResponse]:
    def answer(request: StubRequest) -> StubResponse:
        skus = request.query["sku"][0].split(",")
        return 200, {"items": [_level(sku, units.get(sku, 0)) for sku in skus], "next": None}

    return answer


def _level(sku: str, units: int) -> dict[str, Any]:
    at_store = min(units, 4)
    places = [("wh-rungkut", "warehouse", units - at_store), ("st-darmo", "store", at_store)]
    listed = [{"location": place, "kind": kind, "available": n} for place, kind, n in places]
    return {"sku": sku, "available": units, "locations": listed}


def quote_handler(prices: dict[str, tuple[str, int]], freight: int = 0) -> Callable[[StubRequest], StubResponse]:
    def answer(request: StubRequest) -> StubResponse:
        lines = [a_line(line["sku"], line["quantity"], *prices[line["sku"]]) for line in request.body["lines"]]
        goods = sum(line["total"]["amount"] for line in lines)
        return 200, {"lines": lines, "freight": rupiah(freight), "total": rupiah(goods + freight), "currency": "IDR"}

    return answer


def a_line(sku: str, quantity: int, name: str, price: int) -> dict[str, Any]:
    line = {"sku": sku, "name": name, "quantity": quantity, "unit_price": rupiah(price), "adjustments": []}
    return line | {"total": rupiah(price * quantity)}


def an_order(**facts: Any) -> dict[str, Any]:
    """Return a placed order, by default one that awaits a transfer; `facts` replace its fields."""
    action = {"kind": "instructions", "bank": "Bank Contoh", "account": "000-123-4567", "holder": "Toko Kanal"}
    action |= {"amount": rupiah(131_000), "reference": "SK-7H2K-4", "expires_at": "2026-11-23T09:15:00.000Z"}
    payment = {"id": "pay_1", "method": "transfer", "status": "awaiting_proof", "amount": rupiah(131_000)}
    address = {"street": "Jl. Kenanga 5", "city": "Surabaya", "postcode": "60241", "country": "ID"}
    order = {"id": "ord_1", "number": "SK-7H2K-4", "channel": "web", "placed_at": "2026-11-22T09:15:00.000Z"}
    order |= {"status": "placed", "payment_status": "unpaid", "fulfillment_status": "unassigned"}
    order |= {"lines": [a_line("KOPI-01", 2, "Kopi Gayo 200 g", 58_000)], "freight": rupiah(15_000)}
    order |= {"total": rupiah(131_000), "delivery": {"method": "ship", "location": None, "address": address}}
    return order | {"payments": [payment | {"action": action}], "token": "0.secret", "brought_by": None} | facts
