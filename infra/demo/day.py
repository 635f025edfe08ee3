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
from infra.demo.goods import BUYERS
from infra.local.api_client import ApiClient, ApiError
from infra.local.standing import NotRunning, Standing, standing

PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.05
NEAR_DEGREES = 0.003  # some 300 m
SHOPPERS = {
    "web": ("Sari Wulandari", "081252981234"),
    "pos": ("Bambang Irawan", "081252981235"),
    "phone": ("Ibu Endang", "081252981236"),
    "social": ("Putri Ayu", "081252981237"),
    "whatsapp": ("Rudi Hartono", "081252981238"),
    "marketplace": ("Wati Susanti", "081252981239"),
}
LACKS = {"lacks_units": "lacks it", "too_far": "too far", "position_too_old": "not seen lately"}
MOST_NEAR = 3


class CannotTell(Exception):
    """What this shop lacks for such a day."""


@dataclass
class Town:
    """Who works where in the running shop, and what each van carries, as far as the doors tell."""

    shop: Standing
    locations: dict[str, dict[str, Any]]
    vans: list[str] = field(default_factory=list)  # with a salesman and something on board

    def staff_of(self, location: str) -> ApiClient:
        found = [one for one in self.shop.people.values() if one["location"] == location]
        return ApiClient(self.shop.base, found[0]["token"]) if found else self.shop.owner

    def one(self, role: str) -> ApiClient:
        found = self.shop.having(role)
        if not found:
            raise CannotTell(f"This shop has nobody who is {role}; `make run` with an empty .local/ makes a demo shop.")
        return found[0]

    def name(self, location: str) -> str:
        return str(self.locations.get(location, {}).get("name", location))

    def carried(self, location: str) -> dict[str, int]:
        """Units that can be promised there."""
        items = self.shop.owner.get(f"/stock/locations/{location}")["items"]
        return {each["sku"]: each["available"] for each in items if each["available"] > 0}

    def near(self, location: str) -> dict[str, float]:
        point = self.locations[location]["position"] or {"lat": -7.2755, "lon": 112.735}
        return {"lat": point["lat"] + NEAR_DEGREES, "lon": point["lon"]}


@dataclass(frozen=True)
class Chapter:
    channel: str
    who: str
    caller: ApiClient
    body: dict[str, Any]
    claims: bool = False  # whether the salesmen who are asked want it


def main() -> int:
    console = Console(highlight=False, soft_wrap=False)
    try:
        shop = standing()
        live(town_of(shop), console)
    except (NotRunning, CannotTell, ApiError) as why:
        console.print(f"[red]{why}[/red]")
        return 1
    return 0


def town_of(shop: Standing) -> Town:
    listed = {each["id"]: each for each in shop.owner.get("/locations")["items"]}
    town = Town(shop, listed)
    drivers = {one["location"] for one in shop.people.values() if one["role"] == "salesman"}
    town.vans = [name for name, each in listed.items() if each["kind"] == "van" and name in drivers]
    town.vans = [name for name in town.vans if town.carried(name)]
    if not town.vans:
        raise CannotTell("No van of this shop has a salesman and something on board, so nobody could be near.")
    return town


def live(town: Town, console: Console) -> None:
    console.print("[bold]A day in seven channels[/bold] (this shop and its people are made up)\n")
    for number, write in enumerate(CHAPTERS):
        van = town.vans[number % len(town.vans)]
        console.print(story(town, write(town, van)))
    console.print(recap(town))
    base = town.shop.base
    console.print(f"Every SMS: {base}/phones/   the desk: {base}/desk/   the API: {base}/api/docs")


def web(town: Town, van: str) -> Chapter:
    body = order("web", goods(town, van), shipped(town, van), "cod")
    return Chapter("web", "a shopper on the static shop", ApiClient(town.shop.base), body, claims=True)


def pos(town: Town, van: str) -> Chapter:
    """Endless aisle: his shelf is empty, another place has it, and it is paid for here."""
    cashier = town.one("cashier")
    here = next(one["location"] for one in town.shop.people.values() if one["token"] == cashier.token)
    open_drawer(town, cashier)
    mine = town.carried(here)
    wanted = next((sku for sku in everywhere(town, here) if sku not in mine), None)
    if wanted is None:
        raise CannotTell(f"{town.name(here)} has everything on its shelf; an endless aisle needs something it lacks.")
    body = order("pos", wanted, shipped(town, here), "cash")
    return Chapter("pos", f"{town.name(here)} sells what its shelf lacks", cashier, body)


def sfa(town: Town, van: str) -> Chapter:
    caller = town.staff_of(van)
    customer, left = creditor(caller)
    who = {"customer": {"id": customer}} if customer else {"customer": contact("web")}
    body = order("sfa", goods(town, van), {"method": "ship"}, "credit" if customer else "cod") | who
    words = f"{first(driver_of(town, van))} sells on credit, {left} was left" if customer else "a salesman sells"
    return Chapter("sfa", words, caller, body)


def phone(town: Town, van: str) -> Chapter:
    body = order("phone", goods(town, van), shipped(town, van), "cod")
    return Chapter("phone", "an agent takes a call", town.one("agent"), body, claims=True)


def social(town: Town, van: str) -> Chapter:
    body = order("social", goods(town, van), shipped(town, van), "transfer") | {"placement": "ig-bio"}
    return Chapter("social", "an agent answers a message under a post", town.one("agent"), body)


def whatsapp(town: Town, van: str) -> Chapter:
    shopper, sku = ApiClient(town.shop.base), goods(town, van)
    cart = shopper.post("/carts", {"lines": [{"sku": sku, "quantity": 1}]})["cart"]
    body = order("whatsapp", sku, shipped(town, van), "cod") | {"cart": cart}
    return Chapter("whatsapp", "a customer sends the shop's signed cart", shopper, body, claims=True)


def marketplace(town: Town, van: str) -> Chapter:
    sku = goods(town, van)
    body = order("marketplace", sku, shipped(town, van), "transfer") | {"ref": f"PK-{uuid.uuid4().hex[:8]}"}
    price = town.shop.owner.get(f"/catalog/products/{sku}")["price"]
    body["lines"][0]["agreed"] = {"unit_price": price, "discount_rate": "0.05"}
    return Chapter("marketplace", "an order made elsewhere, at the price agreed there", town.one("channel"), body)


CHAPTERS: list[Callable[[Town, str], Chapter]] = [web, pos, sfa, phone, social, whatsapp, marketplace]


def order(channel: str, sku: str, delivery: dict[str, Any], method: str) -> dict[str, Any]:
    said = {"channel": channel, "lines": [{"sku": sku, "quantity": 1}], "delivery": delivery}
    said |= {"payments": [{"method": method}]}
    return said | ({"customer": contact(channel)} if channel in SHOPPERS else {})


def contact(channel: str) -> dict[str, str]:
    name, number = SHOPPERS[channel]
    return {"name": name, "phone": number}


def shipped(town: Town, near: str) -> dict[str, Any]:
    address = {"street": "Jl. Kenanga 5", "city": "Surabaya", "country": "ID", "position": town.near(near)}
    return {"method": "ship", "address": address}


def goods(town: Town, van: str) -> str:
    """What the van has most of, so that a second day finds it too; and a warehouse has it in any case."""
    carried = town.carried(van)
    also = {sku for sku in carried if sku in everywhere(town, van)}
    return max(also or carried, key=lambda sku: (carried[sku], sku))


def everywhere(town: Town, but: str) -> dict[str, int]:
    """What warehouses have."""
    houses = [name for name, each in town.locations.items() if each["kind"] == "warehouse" and name != but]
    return {sku: units for house in houses for sku, units in town.carried(house).items()}


def open_drawer(town: Town, cashier: ApiClient) -> None:
    try:
        cashier.post("/shifts", {"opening": {"amount": 200_000, "currency": "IDR"}})
    except ApiError as no:
        if no.status != 409:  # his drawer is open already
            raise


def creditor(caller: ApiClient) -> tuple[str, str]:
    """A customer of the demo with credit left, and how much."""
    for identity, *_ in BUYERS:
        try:
            card = caller.get(f"/customers/{identity}")
        except ApiError:
            continue
        left = card.get("credit_left") or {"amount": 0}
        if left["amount"] >= 300_000:
            return identity, money(left)
    return "", ""


def story(town: Town, chapter: Chapter) -> Table:
    began = time.monotonic()
    placed = chapter.caller.post("/orders", chapter.body)
    routed = when_told(town, placed["id"])
    pay(town, placed)
    done = claimed(town, chapter, routed, began) or shipped_by_house(town, routed)
    line = placed["lines"][0]
    head = f"{placed['number']}  {chapter.who}: {line['name']}, "
    head += f"{money(placed['total'])} by {placed['payments'][0]['method']}."
    said = [f"Near: {near(town, routed)}.", f"Told: {told(town, placed['id'])}.", done]
    return told_in(chapter.channel, f"{head} {' '.join(said)}\n")


def told_in(title: str, words: str) -> Table:
    """One paragraph, hanging from its title."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(min_width=11, style="bold", no_wrap=True)
    grid.add_column()
    grid.add_row(title, words)
    return grid


def when_told(town: Town, order_id: str) -> dict[str, Any]:
    """The routing, as soon as it was decided and somebody has heard of it."""
    for _ in looks():
        notices = town.shop.owner.get(f"/orders/{order_id}/notices")["items"]
        routed: dict[str, Any] = town.shop.owner.get(f"/orders/{order_id}/routing")
        if routed["fulfillments"] and any(each["kind"] == "OfferOpened" for each in notices):
            return routed
    raise CannotTell(f"Nobody was told of {order_id} within {PATIENCE_SECONDS:.0f} s; see .local/dispatcher.log.")


def looks() -> Iterator[None]:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(LOOK_SECONDS)


def pay(town: Town, placed: dict[str, Any]) -> None:
    """Who pays by transfer sends his proof, and finance finds the money on the account."""
    for payment in placed["payments"]:
        if payment["status"] == "awaiting_proof":
            town.one("agent").post(f"/payments/{payment['id']}/proof", {"reference": "TRF day"})
            town.one("finance").post(f"/payments/{payment['id']}/confirm")


def near(town: Town, routed: dict[str, Any]) -> str:
    """Who was asked, and the nearest few of the others with what spoke against each."""
    known = [each for each in routed["decisions"][0]["candidates"] if each["distance_meters"] is not None]
    shown = [each for place, each in enumerate(known) if place < MOST_NEAR or each["verdict"] == "invited"]
    return ", ".join(f"{first(each['staff'])} {kilometers(each)}{against(each)}" for each in shown) or "nobody"


def kilometers(candidate: dict[str, Any]) -> str:
    return f"{candidate['distance_meters'] / 1000:.1f} km"


def against(candidate: dict[str, Any]) -> str:
    verdict = candidate["verdict"]
    return "" if verdict == "invited" else f" ({LACKS.get(verdict, verdict.replace('_', ' '))})"


def told(town: Town, order_id: str) -> str:
    notices = town.shop.owner.get(f"/orders/{order_id}/notices")["items"]
    names: dict[str, set[str]] = {}
    for each in notices:
        names.setdefault(party(town, each["to"]), set()).update(each["channels"] or ["inbox"])
    return ", ".join(f"{name} ({'+'.join(sorted(ways))})" for name, ways in names.items())


def party(town: Town, name: str) -> str:
    kind, _, identity = name.partition("#")
    if kind == "customer":
        return "the customer"
    return town.name(identity) if kind == "location" else first(identity)


def claimed(town: Town, chapter: Chapter, routed: dict[str, Any], began: float) -> str:
    """Empty where nobody was asked, or nobody wants it."""
    offers = [each for each in routed["offers"] if each["status"] == "open"]
    if not offers or not chapter.claims:
        return ""
    salesman = offers[0]["invited"][0]
    work = town.shop.person(salesman).post(f"/offers/{offers[0]['id']}/claim")["fulfillment"]
    after = time.monotonic() - began
    for step in ("dispatch", "deliver"):
        town.shop.person(salesman).post(f"/fulfillments/{work['id']}/{step}")
    houses = ", ".join(town.name(each["location"]) for each in routed["fulfillments"])
    name = first(salesman)
    return f"[green]{name} claimed[/green] {after:.1f} s after the order and delivered; {houses} stood down."


def shipped_by_house(town: Town, routed: dict[str, Any]) -> str:
    asked = ", ".join(first(each) for offer in routed["offers"] for each in offer["invited"])
    houses = []
    for work in routed["fulfillments"]:
        caller = town.staff_of(work["location"])
        for step in ("accept", "pick", "ready", "dispatch", "deliver"):
            caller.post(f"/fulfillments/{work['id']}/{step}")
        houses.append(town.name(work["location"]))
    silence = f"{asked} did not claim" if asked else "Nobody was asked"
    return f"{silence}; [yellow]{', '.join(houses)}[/yellow] accepted, picked, dispatched and delivered."


def recap(town: Town) -> Table:
    """The owner's sums of today, once the listeners have added everything up."""
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
    items: list[dict[str, Any]] = []
    for _ in looks():
        items = town.shop.owner.get(f"/reports/recap?from={today}&to={today}&by=channel")["items"]
        if len([each for each in items if each["orders"]]) >= len(CHAPTERS):
            break
    sums = ", ".join(f"{each['channel']} {each['orders']} = {money(each['sales'])}" for each in items)
    return told_in("recap today", f"{sums}.\n")


def driver_of(town: Town, van: str) -> str:
    return next(name for name, one in town.shop.people.items() if one["location"] == van)


def first(identity: str) -> str:
    """`salesman-budi` is Budi to his colleagues."""
    return identity.rpartition("-")[2].capitalize() or "nobody"


def money(said: dict[str, Any]) -> str:
    return format_money(from_json(said))


if __name__ == "__main__":
    sys.exit(main())
