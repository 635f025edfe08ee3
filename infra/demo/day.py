"""`make day`: one order in each of the seven channels of the running shop, each told as it happens.

Every order goes the usual way: shopper, cashier, salesman, agent or marketplace at the doors; then whoever was told
acts. Some salesmen claim, others are silent, and then the warehouse ships. Nothing here knows more than a client would.
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
NEARBY_DEGREES = 0.003  # some 300 m
SHOPPERS = {
    "web": ("Sari Wulandari", "081252981234"),
    "pos": ("Bambang Irawan", "081252981235"),
    "phone": ("Ibu Endang", "081252981236"),
    "social": ("Putri Ayu", "081252981237"),
    "whatsapp": ("Rudi Hartono", "081252981238"),
    "marketplace": ("Wati Susanti", "081252981239"),
}
VERDICT_LABELS = {"lacks_units": "lacks it", "too_far": "too far", "position_too_old": "not seen lately"}
MAX_CANDIDATES_SHOWN = 3


class DemoImpossible(Exception):
    """What this shop lacks for such a day."""


@dataclass
class DemoShop:
    """Who works where in the running shop, and what each van carries, as far as the doors tell."""

    shop: RunningShop
    locations: dict[str, dict[str, Any]]
    vans: list[str] = field(default_factory=list)  # with a salesman and something on board

    def client_at(self, location: str) -> ApiClient:
        found = [one for one in self.shop.people.values() if one["location"] == location]
        return ApiClient(self.shop.base, found[0]["token"]) if found else self.shop.owner_client

    def client_with_role(self, role: str) -> ApiClient:
        found = self.shop.clients_by_role(role)
        if not found:
            raise DemoImpossible(
                f"This shop has nobody who is {role}; `make run` with an empty .local/ makes a demo shop."
            )
        return found[0]

    def location_name(self, location: str) -> str:
        return str(self.locations.get(location, {}).get("name", location))

    def available_units(self, location: str) -> dict[str, int]:
        """Units that can be promised there."""
        items = self.shop.owner_client.get(f"/stock/locations/{location}")["items"]
        return {each["sku"]: each["available"] for each in items if each["available"] > 0}

    def position_near(self, location: str) -> dict[str, float]:
        point = self.locations[location]["position"] or {"lat": -7.2755, "lon": 112.735}
        return {"lat": point["lat"] + NEARBY_DEGREES, "lon": point["lon"]}


@dataclass(frozen=True)
class Scenario:
    channel: str
    title: str
    client: ApiClient
    body: dict[str, Any]
    is_claimed: bool = False  # whether the salesmen who are asked want it


def main() -> int:
    console = Console(highlight=False, soft_wrap=False)
    try:
        shop = connect()
        run_day(load_demo_shop(shop), console)
    except (NotRunning, DemoImpossible, ApiError) as why:
        console.print(f"[red]{why}[/red]")
        return 1
    return 0


def load_demo_shop(shop: RunningShop) -> DemoShop:
    listed = {each["id"]: each for each in shop.owner_client.get("/locations")["items"]}
    town = DemoShop(shop, listed)
    drivers = {one["location"] for one in shop.people.values() if one["role"] == "salesman"}
    town.vans = [name for name, each in listed.items() if each["kind"] == "van" and name in drivers]
    town.vans = [name for name in town.vans if town.available_units(name)]
    if not town.vans:
        raise DemoImpossible("No van of this shop has a salesman and something on board, so nobody could be near.")
    return town


def run_day(town: DemoShop, console: Console) -> None:
    console.print("[bold]A day in seven channels[/bold] (this shop and its people are made up)\n")
    for number, write in enumerate(SCENARIOS):
        van = town.vans[number % len(town.vans)]
        console.print(run_scenario(town, write(town, van)))
    console.print(build_recap(town))
    base = town.shop.base
    console.print(f"Every SMS: {base}/phones/   the desk: {base}/desk/   the API: {base}/api/docs")


def web_scenario(town: DemoShop, van: str) -> Scenario:
    body = build_order("web", choose_product(town, van), ship_near(town, van), "cod")
    return Scenario("web", "a shopper on the static shop", ApiClient(town.shop.base), body, is_claimed=True)


def pos_scenario(town: DemoShop, van: str) -> Scenario:
    """Endless aisle: his shelf is empty, another place has it, and it is paid for here."""
    cashier = town.client_with_role("cashier")
    here = next(one["location"] for one in town.shop.people.values() if one["token"] == cashier.token)
    open_shift(town, cashier)
    mine = town.available_units(here)
    wanted = next((sku for sku in warehouse_units(town, here) if sku not in mine), None)
    if wanted is None:
        raise DemoImpossible(
            f"{town.location_name(here)} has everything on its shelf; an endless aisle needs something it lacks."
        )
    body = build_order("pos", wanted, ship_near(town, here), "cash")
    return Scenario("pos", f"{town.location_name(here)} sells what its shelf lacks", cashier, body)


def sfa_scenario(town: DemoShop, van: str) -> Scenario:
    caller = town.client_at(van)
    customer, left = find_credit_customer(caller)
    who = {"customer": {"id": customer}} if customer else {"customer": build_contact("web")}
    body = build_order("sfa", choose_product(town, van), {"method": "ship"}, "credit" if customer else "cod") | who
    words = f"{first_name(find_driver(town, van))} sells on credit, {left} was left" if customer else "a salesman sells"
    return Scenario("sfa", words, caller, body)


def phone_scenario(town: DemoShop, van: str) -> Scenario:
    body = build_order("phone", choose_product(town, van), ship_near(town, van), "cod")
    return Scenario("phone", "an agent takes a call", town.client_with_role("agent"), body, is_claimed=True)


def social_scenario(town: DemoShop, van: str) -> Scenario:
    body = build_order("social", choose_product(town, van), ship_near(town, van), "transfer") | {"placement": "ig-bio"}
    return Scenario("social", "an agent answers a message under a post", town.client_with_role("agent"), body)


def whatsapp_scenario(town: DemoShop, van: str) -> Scenario:
    shopper, sku = ApiClient(town.shop.base), choose_product(town, van)
    cart = shopper.post("/carts", {"lines": [{"sku": sku, "quantity": 1}]})["cart"]
    body = build_order("whatsapp", sku, ship_near(town, van), "cod") | {"cart": cart}
    return Scenario("whatsapp", "a customer sends the shop's signed cart", shopper, body, is_claimed=True)


def marketplace_scenario(town: DemoShop, van: str) -> Scenario:
    sku = choose_product(town, van)
    body = build_order("marketplace", sku, ship_near(town, van), "transfer") | {"ref": f"PK-{uuid.uuid4().hex[:8]}"}
    price = town.shop.owner_client.get(f"/catalog/products/{sku}")["price"]
    body["lines"][0]["agreed"] = {"unit_price": price, "discount_rate": "0.05"}
    return Scenario(
        "marketplace", "an order made elsewhere, at the price agreed there", town.client_with_role("channel"), body
    )


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
    said = {"channel": channel, "lines": [{"sku": sku, "quantity": 1}], "delivery": delivery}
    said |= {"payments": [{"method": method}]}
    return said | ({"customer": build_contact(channel)} if channel in SHOPPERS else {})


def build_contact(channel: str) -> dict[str, str]:
    name, number = SHOPPERS[channel]
    return {"name": name, "phone": number}


def ship_near(town: DemoShop, near: str) -> dict[str, Any]:
    address = {"street": "Jl. Kenanga 5", "city": "Surabaya", "country": "ID", "position": town.position_near(near)}
    return {"method": "ship", "address": address}


def choose_product(town: DemoShop, van: str) -> str:
    """What the van has most of, so that a second day finds it too; and a warehouse has it in any case."""
    carried = town.available_units(van)
    also = {sku for sku in carried if sku in warehouse_units(town, van)}
    return max(also or carried, key=lambda sku: (carried[sku], sku))


def warehouse_units(town: DemoShop, but: str) -> dict[str, int]:
    """What warehouses have."""
    houses = [name for name, each in town.locations.items() if each["kind"] == "warehouse" and name != but]
    return {sku: units for house in houses for sku, units in town.available_units(house).items()}


def open_shift(town: DemoShop, cashier: ApiClient) -> None:
    try:
        cashier.post("/shifts", {"opening": {"amount": 200_000, "currency": "IDR"}})
    except ApiError as no:
        if no.status != 409:  # his drawer is open already
            raise


def find_credit_customer(caller: ApiClient) -> tuple[str, str]:
    """A customer of the demo with credit left, and how much."""
    for identity, *_ in CUSTOMERS:
        try:
            card = caller.get(f"/customers/{identity}")
        except ApiError:
            continue
        left = card.get("credit_left") or {"amount": 0}
        if left["amount"] >= 300_000:
            return identity, format_amount(left)
    return "", ""


def run_scenario(town: DemoShop, chapter: Scenario) -> Table:
    began = time.monotonic()
    placed = chapter.client.post("/orders", chapter.body)
    routed = wait_for_routing(town, placed["id"])
    confirm_transfers(town, placed)
    done = claim_first_offer(town, chapter, routed, began) or fulfill_from_locations(town, routed)
    line = placed["lines"][0]
    head = f"{placed['number']}  {chapter.title}: {line['name']}, "
    head += f"{format_amount(placed['total'])} by {placed['payments'][0]['method']}."
    said = [f"Near: {describe_candidates(town, routed)}.", f"Told: {describe_notices(town, placed['id'])}.", done]
    return titled_paragraph(chapter.channel, f"{head} {' '.join(said)}\n")


def titled_paragraph(title: str, words: str) -> Table:
    """One paragraph, hanging from its title."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=11, style="bold", no_wrap=True)
    grid.add_column()
    grid.add_row(title, words)
    return grid


def wait_for_routing(town: DemoShop, order_id: str) -> dict[str, Any]:
    """The routing, as soon as it was decided and somebody has heard of it."""
    for _ in poll():
        notices = town.shop.owner_client.get(f"/orders/{order_id}/notices")["items"]
        routed: dict[str, Any] = town.shop.owner_client.get(f"/orders/{order_id}/routing")
        if routed["fulfillments"] and any(each["kind"] == "OfferOpened" for each in notices):
            return routed
    raise DemoImpossible(f"Nobody was told of {order_id} within {TIMEOUT_SECONDS:.0f} s; see .local/dispatcher.log.")


def poll() -> Iterator[None]:
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(POLL_SECONDS)


def confirm_transfers(town: DemoShop, placed: dict[str, Any]) -> None:
    """Who pays by transfer sends his proof, and finance finds the money on the account."""
    for payment in placed["payments"]:
        if payment["status"] == "awaiting_proof":
            town.client_with_role("agent").post(f"/payments/{payment['id']}/proof", {"reference": "TRF day"})
            town.client_with_role("finance").post(f"/payments/{payment['id']}/confirm")


def describe_candidates(town: DemoShop, routed: dict[str, Any]) -> str:
    """Who was asked, and the nearest few of the others with what spoke against each."""
    known = [each for each in routed["decisions"][0]["candidates"] if each["distance_meters"] is not None]
    shown = [each for place, each in enumerate(known) if place < MAX_CANDIDATES_SHOWN or each["verdict"] == "invited"]
    return (
        ", ".join(f"{first_name(each['staff'])} {format_distance(each)}{format_verdict(each)}" for each in shown)
        or "nobody"
    )


def format_distance(candidate: dict[str, Any]) -> str:
    return f"{candidate['distance_meters'] / 1000:.1f} km"


def format_verdict(candidate: dict[str, Any]) -> str:
    verdict = candidate["verdict"]
    return "" if verdict == "invited" else f" ({VERDICT_LABELS.get(verdict, verdict.replace('_', ' '))})"


def describe_notices(town: DemoShop, order_id: str) -> str:
    notices = town.shop.owner_client.get(f"/orders/{order_id}/notices")["items"]
    names: dict[str, set[str]] = {}
    for each in notices:
        names.setdefault(party_name(town, each["to"]), set()).update(each["channels"] or ["inbox"])
    return ", ".join(f"{name} ({'+'.join(sorted(ways))})" for name, ways in names.items())


def party_name(town: DemoShop, name: str) -> str:
    kind, _, identity = name.partition("#")
    if kind == "customer":
        return "the customer"
    return town.location_name(identity) if kind == "location" else first_name(identity)


def claim_first_offer(town: DemoShop, chapter: Scenario, routed: dict[str, Any], began: float) -> str:
    """Empty where nobody was asked, or nobody wants it."""
    offers = [each for each in routed["offers"] if each["status"] == "open"]
    if not offers or not chapter.is_claimed:
        return ""
    salesman = offers[0]["invited"][0]
    work = town.shop.client_of(salesman).post(f"/offers/{offers[0]['id']}/claim")["fulfillment"]
    after = time.monotonic() - began
    for step in ("dispatch", "deliver"):
        town.shop.client_of(salesman).post(f"/fulfillments/{work['id']}/{step}")
    houses = ", ".join(town.location_name(each["location"]) for each in routed["fulfillments"])
    name = first_name(salesman)
    return f"[green]{name} claimed[/green] {after:.1f} s after the order and delivered; {houses} stood down."


def fulfill_from_locations(town: DemoShop, routed: dict[str, Any]) -> str:
    asked = ", ".join(first_name(each) for offer in routed["offers"] for each in offer["invited"])
    houses = []
    for work in routed["fulfillments"]:
        caller = town.client_at(work["location"])
        for step in ("accept", "pick", "ready", "dispatch", "deliver"):
            caller.post(f"/fulfillments/{work['id']}/{step}")
        houses.append(town.location_name(work["location"]))
    silence = f"{asked} did not claim" if asked else "Nobody was asked"
    return f"{silence}; [yellow]{', '.join(houses)}[/yellow] accepted, picked, dispatched and delivered."


def build_recap(town: DemoShop) -> Table:
    """The owner's sums of today, once the listeners have added everything up."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
    items: list[dict[str, Any]] = []
    for _ in poll():
        items = town.shop.owner_client.get(f"/reports/recap?from={today}&to={today}&by=channel")["items"]
        if len([each for each in items if each["orders"]]) >= len(SCENARIOS):
            break
    sums = ", ".join(f"{each['channel']} {each['orders']} = {format_amount(each['sales'])}" for each in items)
    return titled_paragraph("recap today", f"{sums}.\n")


def find_driver(town: DemoShop, van: str) -> str:
    return next(name for name, one in town.shop.people.items() if one["location"] == van)


def first_name(identity: str) -> str:
    """`salesman-budi` is Budi to his colleagues."""
    return identity.rpartition("-")[2].capitalize() or "nobody"


def format_amount(said: dict[str, Any]) -> str:
    return format_money(from_json(said))


if __name__ == "__main__":
    sys.exit(main())
