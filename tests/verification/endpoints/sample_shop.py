"""A sample shop in the middle of a business day, with objects for every endpoint: orders, offers, work, payments.

`SampleShop.ids` maps the names used in examples (`ord_01KB`, `123456`) and in the access table (`a draft`) to the ids
in this shop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers.assign_salesman import assign_salesman
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
from chalicelib.sessions.model import Device, Identity
from chalicelib.sessions.one_time_code import derive_code as derive_sign_in_code
from chalicelib.sessions.request_code import Origin
from chalicelib.sessions.request_code import request_code as request_code_to_sign_in
from chalicelib.sessions.sign_in import sign_in
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
    tokens: dict[str, str] = field(default_factory=dict)  # order tokens by the name of the order
    keys: int = 0

    def next_key(self) -> str:
        self.keys += 1
        return f"sample-shop-key-{self.keys}"

    def place_order(self, name: str, by: str = "", **fields: Any) -> str:
        """Place an order through the API, deliver its events to fulfillment and return its id."""
        body = an_order((fields.pop("sku", TEA), fields.pop("quantity", 1)), **fields)
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
    sample = SampleShop()
    for add in (
        add_products,
        add_customers,
        add_orders,
        add_offers,
        add_fulfillments,
        add_credit_order,
        add_transfers,
        add_notices,
        add_sign_in,
    ):
        add(sample)
    return sample


def add_products(sample: SampleShop) -> None:
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


def add_customers(sample: SampleShop) -> None:
    limit = Money(10_000_000, "IDR")
    save_customer(
        Customer("cus_01KB", "Toko Makmur", phone="+6281200000009", terms_days=14), "test", credit_limit=limit
    )
    for name, number in (("cus_twin", 21), ("cus_lost", 22), ("cus_home", 23)):
        save_customer(Customer(name, name.title(), phone=f"+62812000000{number}"), "test")
    for name in ("cus_01KB", "cus_twin", "cus_lost", "cus_home"):
        verify_by_staff(principal_of(RATNA), name, "phone")
    merge("cus_lost", into="cus_home", actor="test")
    assign_salesman("cus_01KB", BUDI, actor="test")
    save_customer(Customer("cus_new", "Warung Baru", phone="+6281200000031"), "test")


def add_orders(sample: SampleShop) -> None:
    transfer = [{"method": "transfer"}]
    sample.place_order("ord_01KB")
    sample.place_order("another order", customer={"name": "Bayu", "phone": "081252980000"})
    sample.place_order("a waiting order", payments=transfer)
    sample.place_order("a proven order", payments=transfer)
    sample.ids["a waiting payment"] = load_payment_id(sample, "a waiting order")
    sample.ids["a proven payment"] = load_payment_id(sample, "a proven order")
    sample.send_ok("POST", f"/api/payments/{sample.ids['a proven payment']}/proof", {"reference": "TRF 1"})
    sample.place_order("an order owed back", payments=transfer)
    sample.send_ok("POST", f"/api/payments/{load_payment_id(sample, 'an order owed back')}/confirm")
    sample.send_ok("POST", f"/api/orders/{sample.ids['an order owed back']}/cancel", {"reason": "too late"})
    draft = an_order((SOAP, 1), channel="phone", payments=transfer)
    sample.ids["a draft"] = sample.send_ok("POST", "/api/drafts", draft, by=LIA)["id"]
    link = sample.send_ok("POST", f"/api/drafts/{sample.ids['a draft']}/pay-link", by=LIA)["url"]
    sample.tokens["a draft"] = link.rpartition("token=")[2]
    agreed = {"unit_price": {"amount": 13_000, "currency": "IDR"}}
    line = {"sku": SOAP, "quantity": 1, "agreed": agreed}
    sample.place_order("a marketplace order", by=TOKOKU, channel="marketplace", ref="TK-1", lines=[line], payments=[])


def load_payment_id(sample: SampleShop, order: str) -> str:
    return str(sample.send_ok("GET", f"/api/orders/{sample.ids[order]}")["payments"][0]["id"])


def add_offers(sample: SampleShop) -> None:
    offer = load_fulfillment_of_order(sample.ids["ord_01KB"]).offers[-1]
    sample.ids["an offer"] = offer.id
    sample.ids["a claim link"] = build_link_token(offer.id, BUDI)
    sample.place_order("a carried order")
    carried = load_fulfillment_of_order(sample.ids["a carried order"]).offers[-1]
    sample.send_ok("POST", f"/api/offers/{carried.id}/claim", by=BUDI)
    sample.ids["work on a van"] = load_fulfillment_of_order(sample.ids["a carried order"]).fulfillments[-1].id


def add_fulfillments(sample: SampleShop) -> None:
    """Add work of each status in the warehouse. It is for soap, which no van carries, so no offers are opened."""
    steps = ("accept", "pick", "ready", "dispatch")
    for done, name in enumerate(("assigned", "accepted", "picking", "ready", "in transit")):
        order = sample.place_order(f"an order {name}", sku=SOAP)
        parcel = load_fulfillment_of_order(order).fulfillments[-1].id
        for step in steps[:done]:
            sample.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=JOKO)
        sample.ids[f"work {name}"] = parcel
    sample.ids["work that came back"] = bring_back(sample, sample.place_order("an order that came back", sku=SOAP))
    store = {"method": "pickup", "location": "store-tunjungan"}
    parcel = load_fulfillment_of_order(sample.place_order("a pickup", delivery=store)).fulfillments[-1].id
    for step in steps[:3]:
        sample.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=SINTA)
    sample.ids["work to collect"] = parcel


def bring_back(sample: SampleShop, order: str) -> str:
    """Send the parcel of this order and let it come back; return its fulfillment."""
    parcel = load_fulfillment_of_order(order).fulfillments[-1].id
    for step in ("accept", "pick", "ready", "dispatch"):
        sample.send_ok("POST", f"/api/fulfillments/{parcel}/{step}", by=JOKO)
    for back in (False, True):
        sample.send_ok("POST", f"/api/fulfillments/{parcel}/fail", {"reason": "refused", "back": back}, by=JOKO)
    return parcel


def add_credit_order(sample: SampleShop) -> None:
    owed = {"channel": "phone", "customer": {"id": "cus_01KB"}, "payments": [{"method": "credit"}], "quantity": 10}
    sample.place_order("an order on credit", by=LIA, sku=TEA, **owed)


def add_transfers(sample: SampleShop) -> None:
    def send(name: str, source: str, destination: str) -> None:
        body = {"source": source, "destination": destination, "lines": [{"sku": TEA, "quantity": 5}]}
        sample.ids[name] = sample.send_ok("POST", "/api/stock/transfers", body)["id"]

    send("a load", "wh-surabaya", "van-budi")
    send("a delivery", "wh-sidoarjo", "wh-surabaya")


def add_notices(sample: SampleShop) -> None:
    """Add a verification code, a promotion with a coupon, and notices in inboxes."""
    order = sample.send_ok("GET", f"/api/orders/{sample.ids['ord_01KB']}")
    request_code(order["customer_id"], "phone")
    key = verification_code_key(order["customer_id"], "phone")
    sample.ids["123456"] = derive_code(db.get(VerificationCodeRow, key.pk, key.sk).ask_id)  # type: ignore[union-attr]
    sample.send_ok("PUT", "/api/promotions", PROMOTION_EXAMPLE)
    for entry in journal.history(f"order#{sample.ids['ord_01KB']}"):
        deliver_messages(journal.row_to_entry(entry))
    sample.ids["a notice"] = load_notice_id(f"staff#{BUDI}")


def add_sign_in(sample: SampleShop) -> None:
    """Add a signed-in device, and an open sign-in attempt with its code."""
    phone = Identity("phone", "+6281100000003")
    first = request_code_to_sign_in(phone, Origin("a network"))
    sample.ids["a session"] = sign_in(
        first.id, derive_sign_in_code(first.code_id), Device("Chrome, Android")
    ).session.id
    attempt = request_code_to_sign_in(phone, Origin())
    sample.ids |= {"att_01KB": attempt.id, "654321": derive_sign_in_code(attempt.code_id)}


def load_notice_id(party: str) -> str:
    return str(db.query_all(NoticeRow, party, begins_with="evt_")[0].sk)


Prepare = Callable[[SampleShop], None]


def open_shifts(sample: SampleShop) -> None:
    """Open the shifts of three members of staff, each with a float."""
    opening = {"opening": {"amount": 500_000, "currency": "IDR"}}
    for staff in (SINTA, BUDI, AGUS):
        sample.ids[f"shift of {staff}"] = sample.send_ok("POST", "/api/shifts", opening, by=staff)["id"]


def count_shift(sample: SampleShop) -> None:
    open_shifts(sample)
    body = {"counted": {"amount": 500_000, "currency": "IDR"}}
    sample.send_ok("POST", f"/api/shifts/{sample.ids[f'shift of {SINTA}']}/count", body, by=SINTA)
