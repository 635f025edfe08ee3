"""A shop in the middle of its day: something stands ready behind every door, under a name that tests know it by.

`names` maps what the examples say (`ord_01KB`, `123456`) and what rows say (`a draft`) to what it is called here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers.code import code_for
from chalicelib.customers.keep import keep_customer
from chalicelib.customers.merge import merge
from chalicelib.customers.model import Customer
from chalicelib.customers.store import AskRow, ask_key
from chalicelib.customers.verify import ask, vouch
from chalicelib.fulfillment.store import link_token, load_case
from chalicelib.kit import db, journal
from chalicelib.kit.money import Money
from chalicelib.notify.store import NoticeRow
from chalicelib.notify.tell import tell
from chalicelib.pricing.keep import keep_price
from chalicelib.pricing.routes import PROMOTION_EXAMPLE
from tests.client import call
from tests.fulfillment.build import listen, parked
from tests.shop import an_order, open_shop, put, token, who

TEA, SOAP, RICE, SECRET = "TEH-001", "8990000000017", "8990800000015", "POS-ONLY"
GOODS = {TEA: 25_000, SOAP: 14_000, RICE: 12_500, SECRET: 9_000}
RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
STAFF = {"owner": RATNA, "cashier": SINTA, "salesman": BUDI, "agent": LIA, "warehouse": JOKO}
STAFF |= {"courier": AGUS, "finance": MAYA, "channel": TOKOKU}


@dataclass
class World:
    names: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # an order's own, by the name of the order
    keys: int = 0

    def key(self) -> str:
        self.keys += 1
        return f"a-key-of-this-world-{self.keys}"

    def order(self, name: str, by: str = "", **said: Any) -> str:
        """Placed through the door, and heard of by fulfillment."""
        body = an_order((said.pop("sku", TEA), said.pop("quantity", 1)), **said)
        answer = call("POST", "/api/orders", body, token=token(by) if by else "", key=self.key())
        assert answer.status == 201, answer.text
        self.names[name], self.tokens[name] = answer.json["id"], answer.json.get("token", "")
        listen(self.names[name])
        return self.names[name]

    def done(self, method: str, path: str, body: Any = None, by: str = RATNA) -> Any:
        answer = call(method, path, body, token=token(by), key=self.key())
        assert answer.status < 300, answer.text
        return answer.json


def a_world() -> World:
    world = World()
    for furnish in (goods, customers, orders, offers, work, money, transfers, the_rest):
        furnish(world)
    return world


def goods(world: World) -> None:
    open_shop()
    for sku, price in GOODS.items():
        channels = ("pos",) if sku == SECRET else ()
        keep_product(Product(sku, sku.title(), "Teh", "IDR", channels=channels, cost_minor=price // 2), "test")
        keep_price(sku, Money(price, "IDR"), (), "test")
        for location in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"):
            put(sku, location, 200)
    for van in ("van-budi", "van-dewi"):
        put(TEA, van, 20)
    parked(BUDI, DEWI)
    placements.keep(Placement("ig-bio", "social", "post"), who(RATNA))


def customers(world: World) -> None:
    limit = Money(10_000_000, "IDR")
    keep_customer(
        Customer("cus_01KB", "Toko Makmur", phone="+6281200000009", terms_days=14), "test", credit_limit=limit
    )
    for name, number in (("cus_twin", 21), ("cus_lost", 22), ("cus_home", 23)):
        keep_customer(Customer(name, name.title(), phone=f"+62812000000{number}"), "test")
    for name in ("cus_01KB", "cus_twin", "cus_lost", "cus_home"):
        vouch(who(RATNA), name, "phone")
    merge("cus_lost", into="cus_home", actor="test")
    keep_customer(Customer("cus_new", "Warung Baru", phone="+6281200000031"), "test")


def orders(world: World) -> None:
    transfer = [{"method": "transfer"}]
    world.order("ord_01KB")
    world.order("another order", customer={"name": "Bayu", "phone": "081252980000"})
    world.order("a waiting order", payments=transfer)
    world.order("a proven order", payments=transfer)
    world.names["a waiting payment"] = payment_of(world, "a waiting order")
    world.names["a proven payment"] = payment_of(world, "a proven order")
    world.done("POST", f"/api/payments/{world.names['a proven payment']}/proof", {"reference": "TRF 1"})
    draft = an_order((SOAP, 1), channel="phone", payments=transfer)
    world.names["a draft"] = world.done("POST", "/api/drafts", draft, by=LIA)["id"]
    link = world.done("POST", f"/api/drafts/{world.names['a draft']}/pay-link", by=LIA)["url"]
    world.tokens["a draft"] = link.rpartition("token=")[2]
    agreed = {"unit_price": {"amount": 13_000, "currency": "IDR"}}
    line = {"sku": SOAP, "quantity": 1, "agreed": agreed}
    world.order("a marketplace order", by=TOKOKU, channel="marketplace", ref="TK-1", lines=[line], payments=[])


def payment_of(world: World, order: str) -> str:
    return str(world.done("GET", f"/api/orders/{world.names[order]}")["payments"][0]["id"])


def offers(world: World) -> None:
    offer = load_case(world.names["ord_01KB"]).offers[-1]
    world.names["an offer"] = offer.id
    world.names["a claim link"] = link_token(offer.id, BUDI)
    world.order("a carried order")
    carried = load_case(world.names["a carried order"]).offers[-1]
    world.done("POST", f"/api/offers/{carried.id}/claim", by=BUDI)
    world.names["work on a van"] = load_case(world.names["a carried order"]).works[-1].id


def work(world: World) -> None:
    """Parcels at each stage in the warehouse; no van carries soap, so nobody else is asked."""
    steps = ("accept", "pick", "ready", "dispatch")
    for done, name in enumerate(("assigned", "accepted", "picking", "ready", "in transit")):
        order = world.order(f"an order {name}", sku=SOAP)
        parcel = load_case(order).works[-1].id
        for step in steps[:done]:
            world.done("POST", f"/api/fulfillments/{parcel}/{step}", by=JOKO)
        world.names[f"work {name}"] = parcel
    store = {"method": "pickup", "location": "store-tunjungan"}
    parcel = load_case(world.order("a pickup", delivery=store)).works[-1].id
    for step in steps[:3]:
        world.done("POST", f"/api/fulfillments/{parcel}/{step}", by=SINTA)
    world.names["work to collect"] = parcel


def money(world: World) -> None:
    owed = {"channel": "phone", "customer": {"id": "cus_01KB"}, "payments": [{"method": "credit"}], "quantity": 10}
    world.order("an order on credit", by=LIA, sku=TEA, **owed)


def transfers(world: World) -> None:
    def sent(name: str, source: str, destination: str) -> None:
        body = {"source": source, "destination": destination, "lines": [{"sku": TEA, "quantity": 5}]}
        world.names[name] = world.done("POST", "/api/stock/transfers", body)["id"]

    sent("a load", "wh-surabaya", "van-budi")
    sent("a delivery", "wh-sidoarjo", "wh-surabaya")


def the_rest(world: World) -> None:
    """A code that was sent, a coupon, and notices in inboxes."""
    order = world.done("GET", f"/api/orders/{world.names['ord_01KB']}")
    ask(order["customer_id"], "phone")
    key = ask_key(order["customer_id"], "phone")
    world.names["123456"] = code_for(db.get(AskRow, key.pk, key.sk).ask_id)  # type: ignore[union-attr]
    world.done("PUT", "/api/promotions", PROMOTION_EXAMPLE)
    for entry in journal.history(f"order#{world.names['ord_01KB']}"):
        tell(journal.to_journal_entry(entry))
    world.names["a notice"] = notice(f"staff#{BUDI}")


def notice(party: str) -> str:
    return str(db.query_all(NoticeRow, party, begins="evt_")[0].sk)


Prepare = Callable[[World], None]


def drawers(world: World) -> None:
    """Three open drawers, each with its float."""
    opening = {"opening": {"amount": 500_000, "currency": "IDR"}}
    for staff in (SINTA, BUDI, AGUS):
        world.names[f"drawer of {staff}"] = world.done("POST", "/api/shifts", opening, by=staff)["id"]


def counted(world: World) -> None:
    drawers(world)
    body = {"counted": {"amount": 500_000, "currency": "IDR"}}
    world.done("POST", f"/api/shifts/{world.names[f'drawer of {SINTA}']}/count", body, by=SINTA)
