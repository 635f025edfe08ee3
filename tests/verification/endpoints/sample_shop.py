"""A shop in the middle of its day: something stands ready behind every door, under a name that tests know it by.

`names` maps what the examples say (`ord_01KB`, `123456`) and what rows say (`a draft`) to what it is called here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers.merge import merge
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import VerificationCodeRow, verification_code_key
from chalicelib.customers.verification_code import derive_code
from chalicelib.customers.verify import request_code, verify_by_staff
from chalicelib.fulfillment.store import build_link_token, load_fulfillment_of_order
from chalicelib.kit import db, journal
from chalicelib.kit.money import Money
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.store import NoticeRow
from chalicelib.pricing.routes import PROMOTION_EXAMPLE
from chalicelib.pricing.save import save_price
from tests.client import call
from tests.fulfillment.build import deliver_events, park_vans
from tests.shop import add_stock, an_order, open_shop, principal_of, token

TEA, SOAP, RICE, POS_ONLY = "TEH-001", "8990000000017", "8990800000015", "POS-ONLY"
GOODS = {TEA: 25_000, SOAP: 14_000, RICE: 12_500, POS_ONLY: 9_000}
RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
STAFF = {"owner": RATNA, "cashier": SINTA, "salesman": BUDI, "agent": LIA, "warehouse": JOKO}
STAFF |= {"courier": AGUS, "finance": MAYA, "channel": TOKOKU}


@dataclass
class SampleShop:
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # an order's own, by the name of the order
    keys: int = 0

    def next_key(self) -> str:
        self.keys += 1
        return f"a-key-of-this-world-{self.keys}"

    def place_order(self, name: str, by: str = "", **said: Any) -> str:
        """Placed through the door, and heard of by fulfillment."""
        body = an_order((said.pop("sku", TEA), said.pop("quantity", 1)), **said)
        answer = call("POST", "/api/orders", body, token=token(by) if by else "", key=self.next_key())
        assert answer.status == 201, answer.text
        self.ids[name], self.tokens[name] = answer.json["id"], answer.json.get("token", "")
        deliver_events(self.ids[name])
        return self.ids[name]

    def send_ok(self, method: str, path: str, body: Any = None, by: str = RATNA) -> Any:
        answer = call(method, path, body, token=token(by), key=self.next_key())
        assert answer.status < 300, answer.text
        return answer.json


def build_sample_shop() -> SampleShop:
    world = SampleShop()
    for furnish in (
        add_products,
        add_customers,
        add_orders,
        add_offers,
        add_fulfillments,
        add_credit_order,
        add_transfers,
        add_notices,
    ):
        furnish(world)
    return world


def add_products(world: SampleShop) -> None:
    open_shop()
    for sku, price in GOODS.items():
        channels = ("pos",) if sku == POS_ONLY else ()
        save_product(Product(sku, sku.title(), "Teh", "IDR", channels=channels, cost_minor=price // 2), "test")
        save_price(sku, Money(price, "IDR"), (), "test")
        for location in ("wh-surabaya", "wh-sidoarjo", "store-tunjungan"):
            add_stock(sku, location, 200)
    for van in ("van-budi", "van-dewi"):
        add_stock(TEA, van, 20)
    park_vans(BUDI, DEWI)
    placements.save_placement(Placement("ig-bio", "social", "post"), principal_of(RATNA))


def add_customers(world: SampleShop) -> None:
    limit = Money(10_000_000, "IDR")
    save_customer(
        Customer("cus_01KB", "Toko Makmur", phone="+6281200000009", terms_days=14), "test", credit_limit=limit
    )
    for name, number in (("cus_twin", 21), ("cus_lost", 22), ("cus_home", 23)):
        save_customer(Customer(name, name.title(), phone=f"+62812000000{number}"), "test")
    for name in ("cus_01KB", "cus_twin", "cus_lost", "cus_home"):
        verify_by_staff(principal_of(RATNA), name, "phone")
    merge("cus_lost", into="cus_home", actor="test")
    save_customer(Customer("cus_new", "Warung Baru", phone="+6281200000031"), "test")


def add_orders(world: SampleShop) -> None:
    transfer = [{"method": "transfer"}]
    world.place_order("ord_01KB")
    world.place_order("another order", customer={"name": "Bayu", "phone": "081252980000"})
    world.place_order("a waiting order", payments=transfer)
    world.place_order("a proven order", payments=transfer)
    world.ids["a waiting payment"] = load_payment_id(world, "a waiting order")
    world.ids["a proven payment"] = load_payment_id(world, "a proven order")
    world.send_ok("POST", f"/api/payments/{world.ids['a proven payment']}/proof", {"reference": "TRF 1"})
    draft = an_order((SOAP, 1), channel="phone", payments=transfer)
    world.ids["a draft"] = world.send_ok("POST", "/api/drafts", draft, by=LIA)["id"]
    link = world.send_ok("POST", f"/api/drafts/{world.ids['a draft']}/pay-link", by=LIA)["url"]
    world.tokens["a draft"] = link.rpartition("token=")[2]
    agreed = {"unit_price": {"amount": 13_000, "currency": "IDR"}}
    line = {"sku": SOAP, "quantity": 1, "agreed": agreed}
    world.place_order("a marketplace order", by=TOKOKU, channel="marketplace", ref="TK-1", lines=[line], payments=[])


def load_payment_id(world: SampleShop, order: str) -> str:
    return str(world.send_ok("GET", f"/api/orders/{world.ids[order]}")["payments"][0]["id"])


def add_offers(world: SampleShop) -> None:
    offer = load_fulfillment_of_order(world.ids["ord_01KB"]).offers[-1]
    world.ids["an offer"] = offer.id
    world.ids["a claim link"] = build_link_token(offer.id, BUDI)
    world.place_order("a carried order")
    carried = load_fulfillment_of_order(world.ids["a carried order"]).offers[-1]
    world.send_ok("POST", f"/api/offers/{carried.id}/claim", by=BUDI)
    world.ids["work on a van"] = load_fulfillment_of_order(world.ids["a carried order"]).fulfillments[-1].id


def add_fulfillments(world: SampleShop) -> None:
    """Parcels at each stage in the warehouse; no van carries soap, so nobody else is asked."""
    steps = ("accept", "pick", "ready", "dispatch")
    for done, name in enumerate(("assigned", "accepted", "picking", "ready", "in transit")):
        order = world.place_order(f"an order {name}", sku=SOAP)
        parcel = load_fulfillment_of_order(order).fulfillments[-1].id
        for step in steps[:done]:
            world.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=JOKO)
        world.ids[f"work {name}"] = parcel
    world.ids["work that came back"] = bring_back(world, world.place_order("an order that came back", sku=SOAP))
    store = {"method": "pickup", "location": "store-tunjungan"}
    parcel = load_fulfillment_of_order(world.place_order("a pickup", delivery=store)).fulfillments[-1].id
    for step in steps[:3]:
        world.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=SINTA)
    world.ids["work to collect"] = parcel


def bring_back(world: SampleShop, order: str) -> str:
    """Send the parcel of this order and let it come back; return its fulfillment."""
    parcel = load_fulfillment_of_order(order).fulfillments[-1].id
    for step in ("accept", "pick", "ready", "dispatch"):
        world.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=JOKO)
    for back in (False, True):
        world.send_ok("POST", f"/api/fulfillments/{parcel}/fail", {"reason": "refused", "back": back}, by=JOKO)
    return parcel


def add_credit_order(world: SampleShop) -> None:
    owed = {"channel": "phone", "customer": {"id": "cus_01KB"}, "payments": [{"method": "credit"}], "quantity": 10}
    world.place_order("an order on credit", by=LIA, sku=TEA, **owed)


def add_transfers(world: SampleShop) -> None:
    def sent(name: str, source: str, destination: str) -> None:
        body = {"source": source, "destination": destination, "lines": [{"sku": TEA, "quantity": 5}]}
        world.ids[name] = world.send_ok("POST", "/api/stock/transfers", body)["id"]

    sent("a load", "wh-surabaya", "van-budi")
    sent("a delivery", "wh-sidoarjo", "wh-surabaya")


def add_notices(world: SampleShop) -> None:
    """A code that was sent, a coupon, and notices in inboxes."""
    order = world.send_ok("GET", f"/api/orders/{world.ids['ord_01KB']}")
    request_code(order["customer_id"], "phone")
    key = verification_code_key(order["customer_id"], "phone")
    world.ids["123456"] = derive_code(db.get(VerificationCodeRow, key.pk, key.sk).ask_id)  # type: ignore[union-attr]
    world.send_ok("PUT", "/api/promotions", PROMOTION_EXAMPLE)
    for entry in journal.history(f"order#{world.ids['ord_01KB']}"):
        deliver_messages(journal.row_to_entry(entry))
    world.ids["a notice"] = load_notice_id(f"staff#{BUDI}")


def load_notice_id(party: str) -> str:
    return str(db.query_all(NoticeRow, party, begins_with="evt_")[0].sk)


Prepare = Callable[[SampleShop], None]


def open_shifts(world: SampleShop) -> None:
    """Three open drawers, each with its float."""
    opening = {"opening": {"amount": 500_000, "currency": "IDR"}}
    for staff in (SINTA, BUDI, AGUS):
        world.ids[f"drawer of {staff}"] = world.send_ok("POST", "/api/shifts", opening, by=staff)["id"]


def count_shift(world: SampleShop) -> None:
    open_shifts(world)
    body = {"counted": {"amount": 500_000, "currency": "IDR"}}
    world.send_ok("POST", f"/api/shifts/{world.ids[f'drawer of {SINTA}']}/count", body, by=SINTA)
