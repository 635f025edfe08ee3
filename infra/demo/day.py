"""`make day`: places one order in each of the seven channels of the running shop and prints what happens.

Every order is placed through the API, as its shopper, cashier, salesman, agent or marketplace would. Then the notified
staff act: some offers are claimed by a salesman; the others are ignored, and the warehouse ships.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from chalicelib.kit.money import format_money, from_json
from infra.demo.data import CUSTOMERS
from infra.local.api_client import ApiClient, ApiError
from infra.local.running_shop import NotRunning, RunningShop, connect

TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.05
NEARBY_DEGREES = 0.003  # about 300 m
SHOPPERS = {
    "web": ("Sari Wulandari", "081252981234"),
    "pos": ("Bambang Irawan", "081252981235"),
    "phone": ("Ibu Endang", "081252981236"),
    "social": ("Putri Ayu", "081252981237"),
    "whatsapp": ("Rudi Hartono", "081252981238"),
    "marketplace": ("Wati Susanti", "081252981239"),
}
VERDICT_LABELS = {"lacks_units": "out of stock", "too_far": "too far", "position_too_old": "position too old"}
MAX_CANDIDATES_SHOWN = 3


class DemoImpossible(Exception):
    """The running shop lacks something that the demo needs. The message is printed as it is."""


@dataclass
class DemoShop:
    """The running shop with its locations by id, and the vans that have a driver and stock."""

    shop: RunningShop
    locations: dict[str, dict[str, Any]]
    vans: list[str] = field(default_factory=list)

    def client_at(self, location: str) -> ApiClient:
        tokens = [person["token"] for person in self.shop.people.values() if person["location"] == location]
        return ApiClient(self.shop.base, tokens[0]) if tokens else self.shop.owner_client

    def client_with_role(self, role: str) -> ApiClient:
        clients = self.shop.clients_by_role(role)
        if not clients:
            raise DemoImpossible(
                f"This shop has no staff with the role {role}; `make run` with an empty .local/ creates a demo shop."
            )
        return clients[0]

    def location_name(self, location: str) -> str:
        return str(self.locations.get(location, {}).get("name", location))

    def available_units(self, location: str) -> dict[str, int]:
        """Available units at the location, by SKU."""
        items = self.shop.owner_client.get(f"/stock/locations/{location}")["items"]
        return {level["sku"]: level["available"] for level in items if level["available"] > 0}

    def position_near(self, location: str) -> dict[str, float]:
        point = self.locations[location]["position"] or {"lat": -7.2755, "lon": 112.735}
        return {"lat": point["lat"] + NEARBY_DEGREES, "lon": point["lon"]}


@dataclass(frozen=True)
class Scenario:
    """One order to place, and whether the first invited salesman claims it."""

    channel: str
    title: str
    client: ApiClient
    body: dict[str, Any]
    is_claimed: bool = False


def main() -> int:
    console = Console(highlight=False, soft_wrap=False)
    try:
        shop = connect()
        run_day(load_demo_shop(shop), console)
    except (NotRunning, DemoImpossible, ApiError) as error:
        console.print(f"[red]{error}[/red]")
        return 1
    return 0


def load_demo_shop(shop: RunningShop) -> DemoShop:
    """Load the locations. Raises DemoImpossible if no van has a driver and stock."""
    locations = {location["id"]: location for location in shop.owner_client.get("/locations")["items"]}
    demo = DemoShop(shop, locations)
    driven = {person["location"] for person in shop.people.values() if person["role"] == "salesman"}
    vans = [name for name, location in locations.items() if location["kind"] == "van" and name in driven]
    demo.vans = [name for name in vans if demo.available_units(name)]
    if not demo.vans:
        raise DemoImpossible("No van of this shop has a salesman and stock, so no offer can be claimed.")
    return demo


def run_day(demo: DemoShop, console: Console) -> None:
    console.print("[bold]One order in each of seven channels[/bold] (this shop and its people are made up)\n")
    for number, build_scenario in enumerate(SCENARIOS):
        van = demo.vans[number % len(demo.vans)]
        console.print(run_scenario(demo, build_scenario(demo, van)))
    console.print(build_recap(demo))
    base = demo.shop.base
    console.print(f"All SMS: {base}/phones/   the desk: {base}/desk/   the API: {base}/api/docs")


def web_scenario(demo: DemoShop, van: str) -> Scenario:
    body = build_order("web", choose_product(demo, van), ship_near(demo, van), "cod")
    return Scenario("web", "a shopper orders in the web shop", ApiClient(demo.shop.base), body, is_claimed=True)


def pos_scenario(demo: DemoShop, van: str) -> Scenario:
    """Endless aisle: the store sells a product that it does not stock, and another location ships it."""
    cashier = demo.client_with_role("cashier")
    store = next(person["location"] for person in demo.shop.people.values() if person["token"] == cashier.token)
    open_shift(demo, cashier)
    in_store = demo.available_units(store)
    sku = next((sku for sku in warehouse_units(demo, store) if sku not in in_store), None)
    if sku is None:
        raise DemoImpossible(
            f"{demo.location_name(store)} has every product in stock; an endless aisle needs one that it lacks."
        )
    body = build_order("pos", sku, ship_near(demo, store), "cash")
    return Scenario("pos", f"{demo.location_name(store)} sells a product that it does not have", cashier, body)


def sfa_scenario(demo: DemoShop, van: str) -> Scenario:
    client = demo.client_at(van)
    customer, left = find_credit_customer(client)
    contact = {"customer": {"id": customer}} if customer else {"customer": build_contact("web")}
    method = "credit" if customer else "cod"
    body = build_order("sfa", choose_product(demo, van), {"method": "ship"}, method) | contact
    title = f"{first_name(find_driver(demo, van))} sells on credit, {left} was left" if customer else "a salesman sells"
    return Scenario("sfa", title, client, body)


def phone_scenario(demo: DemoShop, van: str) -> Scenario:
    body = build_order("phone", choose_product(demo, van), ship_near(demo, van), "cod")
    return Scenario("phone", "an agent takes a call", demo.client_with_role("agent"), body, is_claimed=True)


def social_scenario(demo: DemoShop, van: str) -> Scenario:
    body = build_order("social", choose_product(demo, van), ship_near(demo, van), "transfer") | {"placement": "ig-bio"}
    return Scenario("social", "an agent answers a message under a post", demo.client_with_role("agent"), body)


def whatsapp_scenario(demo: DemoShop, van: str) -> Scenario:
    shopper, sku = ApiClient(demo.shop.base), choose_product(demo, van)
    cart = shopper.post("/carts", {"lines": [{"sku": sku, "quantity": 1}]})["cart"]
    body = build_order("whatsapp", sku, ship_near(demo, van), "cod") | {"cart": cart}
    return Scenario("whatsapp", "a customer sends the shop's signed cart", shopper, body, is_claimed=True)


def marketplace_scenario(demo: DemoShop, van: str) -> Scenario:
    sku = choose_product(demo, van)
    body = build_order("marketplace", sku, ship_near(demo, van), "transfer") | {"ref": f"PK-{uuid.uuid4().hex[:8]}"}
    price = demo.shop.owner_client.get(f"/catalog/products/{sku}")["price"]
    body["lines"][0]["agreed"] = {"unit_price": price, "discount_rate": "0.05"}
    client = demo.client_with_role("channel")
    return Scenario("marketplace", "a marketplace sends an order at the price agreed there", client, body)


SCENARIOS: list[Callable[[DemoShop, str], Scenario]] = [
    web_scenario,
    pos_scenario,
    sfa_scenario,
    phone_scenario,
    social_scenario,
    whatsapp_scenario,
    marketplace_scenario,
]


def build_order(channel: str, sku: str, delivery: dict[str, Any], method: str) -> dict[str, Any]:
    order = {"channel": channel, "lines": [{"sku": sku, "quantity": 1}], "delivery": delivery}
    order |= {"payments": [{"method": method}]}
    return order | ({"customer": build_contact(channel)} if channel in SHOPPERS else {})


def build_contact(channel: str) -> dict[str, str]:
    name, number = SHOPPERS[channel]
    return {"name": name, "phone": number}


def ship_near(demo: DemoShop, location: str) -> dict[str, Any]:
    position = demo.position_near(location)
    address = {"street": "Jl. Kenanga 5", "city": "Surabaya", "country": "ID", "position": position}
    return {"method": "ship", "address": address}


def choose_product(demo: DemoShop, van: str) -> str:
    """The SKU with most units on the van, so that some are left for a second run; one that a warehouse has, if any."""
    carried = demo.available_units(van)
    stocked = {sku for sku in carried if sku in warehouse_units(demo, van)}
    return max(stocked or carried, key=lambda sku: (carried[sku], sku))


def warehouse_units(demo: DemoShop, excluded: str) -> dict[str, int]:
    """Available units by SKU in warehouses."""
    warehouses = [
        name for name, location in demo.locations.items() if location["kind"] == "warehouse" and name != excluded
    ]
    return {sku: units for warehouse in warehouses for sku, units in demo.available_units(warehouse).items()}


def open_shift(demo: DemoShop, cashier: ApiClient) -> None:
    try:
        cashier.post("/shifts", {"opening": {"amount": 200_000, "currency": "IDR"}})
    except ApiError as error:
        if error.status != 409:  # a shift is open already
            raise


def find_credit_customer(client: ApiClient) -> tuple[str, str]:
    """The id of a demo customer with credit left, and the amount; empty if there is none."""
    for customer_id, *_ in CUSTOMERS:
        try:
            customer = client.get(f"/customers/{customer_id}")
        except ApiError:
            continue
        left = customer.get("credit_left") or {"amount": 0}
        if left["amount"] >= 300_000:
            return customer_id, format_amount(left)
    return "", ""


def run_scenario(demo: DemoShop, scenario: Scenario) -> Table:
    began = time.monotonic()
    order = scenario.client.post("/orders", scenario.body)
    routing = wait_for_routing(demo, order["id"])
    confirm_transfers(demo, order)
    result = claim_first_offer(demo, scenario, routing, began) or fulfill_from_locations(demo, routing)
    line = order["lines"][0]
    sentences = [
        f"{order['number']}  {scenario.title}: {line['name']}, {format_amount(order['total'])} by "
        f"{order['payments'][0]['method']}.",
        f"Nearby: {describe_candidates(routing)}.",
        f"Notified: {describe_notices(demo, order['id'])}.",
        result,
    ]
    return titled_paragraph(scenario.channel, f"{' '.join(sentences)}\n")


def titled_paragraph(title: str, text: str) -> Table:
    """A paragraph with its title to the left."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=11, style="bold", no_wrap=True)
    grid.add_column()
    grid.add_row(title, text)
    return grid


def wait_for_routing(demo: DemoShop, order_id: str) -> dict[str, Any]:
    """The order's routing, once it is decided and its recipients are notified. Raises DemoImpossible after a time."""
    for _ in poll():
        notices = demo.shop.owner_client.get(f"/orders/{order_id}/notices")["items"]
        routing: dict[str, Any] = demo.shop.owner_client.get(f"/orders/{order_id}/routing")
        if routing["fulfillments"] and any(notice["kind"] == "OfferOpened" for notice in notices):
            return routing
    raise DemoImpossible(
        f"No notice about {order_id} was sent within {TIMEOUT_SECONDS:.0f} s; see .local/dispatcher.log."
    )


def poll() -> Iterator[None]:
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(POLL_SECONDS)


def confirm_transfers(demo: DemoShop, order: dict[str, Any]) -> None:
    """Submit and confirm the proof of bank transfers."""
    for payment in order["payments"]:
        if payment["status"] == "awaiting_proof":
            demo.shop.owner_client.post(f"/payments/{payment['id']}/proof", {"reference": "TRF day"})
            demo.client_with_role("finance").post(f"/payments/{payment['id']}/confirm")


def describe_candidates(routing: dict[str, Any]) -> str:
    """The invited salesmen, and the nearest of the others with the reason for their exclusion."""
    candidates = [row for row in routing["decisions"][0]["candidates"] if row["distance_meters"] is not None]
    shown = [row for rank, row in enumerate(candidates) if rank < MAX_CANDIDATES_SHOWN or row["verdict"] == "invited"]
    texts = [f"{first_name(row['staff'])} {format_distance(row)}{format_verdict(row)}" for row in shown]
    return ", ".join(texts) or "none"


def format_distance(candidate: dict[str, Any]) -> str:
    return f"{candidate['distance_meters'] / 1000:.1f} km"


def format_verdict(candidate: dict[str, Any]) -> str:
    verdict = candidate["verdict"]
    return "" if verdict == "invited" else f" ({VERDICT_LABELS.get(verdict, verdict.replace('_', ' '))})"


def describe_notices(demo: DemoShop, order_id: str) -> str:
    notices = demo.shop.owner_client.get(f"/orders/{order_id}/notices")["items"]
    channels_of: dict[str, set[str]] = {}
    for notice in notices:
        channels_of.setdefault(party_name(demo, notice["to"]), set()).update(notice["channels"] or ["inbox"])
    return ", ".join(f"{name} ({'+'.join(sorted(channels))})" for name, channels in channels_of.items())


def party_name(demo: DemoShop, party: str) -> str:
    kind, _, identity = party.partition("#")
    if kind == "customer":
        return "the customer"
    return demo.location_name(identity) if kind == "location" else first_name(identity)


def claim_first_offer(demo: DemoShop, scenario: Scenario, routing: dict[str, Any], began: float) -> str:
    """Claim the open offer, deliver, and return a sentence about it; "" if the scenario has no offer or no claim."""
    offers = [offer for offer in routing["offers"] if offer["status"] == "open"]
    if not offers or not scenario.is_claimed:
        return ""
    salesman = offers[0]["invited"][0]
    work = demo.shop.client_of(salesman).post(f"/offers/{offers[0]['id']}/claim")["fulfillment"]
    seconds = time.monotonic() - began
    for step in ("dispatch", "deliver"):
        demo.shop.client_of(salesman).post(f"/fulfillments/{work['id']}/{step}")
    released = ", ".join(demo.location_name(row["location"]) for row in routing["fulfillments"])
    name = first_name(salesman)
    return f"[green]{name} claimed[/green] {seconds:.1f} s after the order and delivered; {released} was released."


def fulfill_from_locations(demo: DemoShop, routing: dict[str, Any]) -> str:
    """Do all steps at the assigned locations, and return a sentence about it."""
    invited = ", ".join(first_name(name) for offer in routing["offers"] for name in offer["invited"])
    names = []
    for work in routing["fulfillments"]:
        client = demo.client_at(work["location"])
        for step in ("accept", "pick", "ready", "dispatch", "deliver"):
            client.post(f"/fulfillments/{work['id']}/{step}")
        names.append(demo.location_name(work["location"]))
    unclaimed = f"{invited} did not claim" if invited else "No salesman was invited"
    return f"{unclaimed}; [yellow]{', '.join(names)}[/yellow] accepted, picked, dispatched and delivered."


def build_recap(demo: DemoShop) -> Table:
    """Today's sales by channel, once the event handlers have counted all orders."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
    items: list[dict[str, Any]] = []
    for _ in poll():
        items = demo.shop.owner_client.get(f"/reports/recap?from={today}&to={today}&by=channel")["items"]
        if len([row for row in items if row["orders"]]) >= len(SCENARIOS):
            break
    sums = ", ".join(f"{row['channel']} {row['orders']} = {format_amount(row['sales'])}" for row in items)
    return titled_paragraph("recap today", f"{sums}.\n")


def find_driver(demo: DemoShop, van: str) -> str:
    return next(name for name, person in demo.shop.people.items() if person["location"] == van)


def first_name(identity: str) -> str:
    """`Budi` for `salesman-budi`; a van may have no driver."""
    return identity.rpartition("-")[2].capitalize() or "no driver"


def format_amount(amount: dict[str, Any]) -> str:
    return format_money(from_json(amount))


if __name__ == "__main__":
    sys.exit(main())
