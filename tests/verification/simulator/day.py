"""A day of the small shop over its HTTP endpoints: every kind of order, and every way one can end."""

from __future__ import annotations

from typing import Any

from chalicelib.customers.assign_salesman import assign_salesman
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill_backorders import fill_all_arrived
from chalicelib.fulfillment.reroute import retry_stranded
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import clock, config, db
from chalicelib.kit.effects import load_effects
from chalicelib.kit.journal import EntryRow
from chalicelib.kit.money import Money
from chalicelib.notify.escalate import escalate
from chalicelib.orders.events import expire_unpaid
from chalicelib.payments.opening_receivables import record_opening_receivable
from infra.invariants.snapshot import scan_table
from tests.client import call
from tests.fulfillment.build import freeze_at_noon, park_vans
from tests.shop import CUP, RARE, TEAPOT, TRAY, add_stock, advance_clock, an_order, open_shop, token

RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
TRANSFER, CREDIT, CASH = [{"method": "transfer"}], [{"method": "credit"}], [{"method": "cash"}]
MAKMUR = {"customer": {"id": "cus_makmur"}}
HEMAT_PROMOTION = {
    "id": "hemat",
    "name": "Hemat",
    "kind": "percent",
    "rate": "0.10",
    "starts_at": "2026-01-01T00:00:00Z",
    "terms": {"id": "Satu kali.", "en": "Once."},
    "coupon": {"code": "HEMAT", "cap": 50, "per_customer": 3},
}


def load_journal() -> list[EntryRow]:
    """Return every entry, over the connection that the application uses."""
    return [
        EntryRow.from_raw_data(dict(item)) for item in scan_table(db.connection().client, config.table_name("journal"))
    ]


class Day:
    def __init__(self) -> None:
        self.key_count, self.delivered = 0, set[tuple[str, int]]()
        self.orders: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None, by: str = RATNA, query: str = "") -> Any:
        self.key_count += 1
        key, session = f"a-key-of-this-day-{self.key_count:04}", token(by) if by else ""
        answer = call(method, f"/api{path}{query}", body, token=session, key=key)
        assert answer.status < 300, f"{method} {path}: {answer.text}"
        return answer.json

    def order(self, name: str, *lines: tuple[str, int], by: str = "", **kwargs: Any) -> Any:
        self.orders[name] = self.call("POST", "/orders", an_order(*lines, **kwargs), by=by)
        self.run_handlers()
        return self.orders[name]

    def run_handlers(self) -> None:
        """Start all effects of each new entry twice, until there are no new entries."""
        while entries := [entry for entry in load_journal() if (entry.pk, int(entry.sk)) not in self.delivered]:
            for entry in sorted(entries, key=lambda entry: (entry.occurred_at, entry.pk, entry.sk)):
                for effect in (*load_effects(), *load_effects()):
                    if entry.kind in effect.kinds:
                        effect.start(entry)
                self.delivered.add((entry.pk, int(entry.sk)))

    def step(self, name: str, *verbs: str, by: str, body: Any = None, work: int = -1) -> None:
        fulfillment = load_fulfillment_of_order(self.orders[name]["id"]).fulfillments[work]
        for verb in verbs:
            self.call("POST", f"/fulfillments/{fulfillment.id}/{verb}", body, by=by)
        self.run_handlers()

    def claim(self, name: str, by: str) -> None:
        offer = load_fulfillment_of_order(self.orders[name]["id"]).offers[-1]
        self.call("POST", f"/offers/{offer.id}/claim", by=by)
        self.run_handlers()

    def payment(self, name: str) -> str:
        return str(self.orders[name]["payments"][0]["id"])

    def run_scheduled_jobs(self) -> None:
        """Run the scheduled jobs and the event handlers."""
        expire_due()
        retry_stranded()
        fill_all_arrived()
        expire_unpaid()
        escalate()
        self.run_handlers()


def run_day() -> Day:
    freeze_at_noon()
    day = Day()
    for run_part in (
        morning,
        web_orders,
        counter_orders,
        credit_orders,
        transfer_orders,
        declined_and_rejected_orders,
        stock_movements,
        evening,
    ):
        run_part(day)
        day.run_handlers()
    return day


def morning(day: Day) -> None:
    open_shop(TEAPOT=40, CUP=60, RARE=2, TRAY=20)
    for sku, place, units in ((CUP, "store-tunjungan", 9), (TEAPOT, "van-budi", 6), (TEAPOT, "van-dewi", 6)):
        add_stock(sku, place, units)
    add_stock(TRAY, "wh-sidoarjo", 5)
    park_vans(BUDI, DEWI)
    owed = Money(300_000, "IDR")
    customer = Customer("cus_makmur", "Toko Makmur", phone="+6281200000009", terms_days=14)
    debt = record_opening_receivable(customer.id, owed, clock.day_of(clock.now(), config.zone()), "test")
    save_customer(customer, "test", credit_limit=Money(5_000_000, "IDR"), opening_balance=owed, extra_writes=debt)
    assign_salesman(customer.id, BUDI, actor="test")
    for staff in (SINTA, BUDI):
        opened = day.call("POST", "/shifts", {"opening": {"amount": 500_000, "currency": "IDR"}}, by=staff)
        day.orders[f"shift of {staff}"] = opened
    day.call("PUT", "/promotions", HEMAT_PROMOTION)


def web_orders(day: Day) -> None:
    """Orders that are claimed and delivered for cash, left to the warehouse, cancelled, or returned undelivered."""
    day.order("claimed", (TEAPOT, 2), coupons=["HEMAT"])
    day.claim("claimed", BUDI)
    day.step("claimed", "dispatch", "deliver", by=BUDI)
    day.order("left to the warehouse", (TEAPOT, 3))
    advance_clock(11)
    day.run_scheduled_jobs()
    day.step("left to the warehouse", "accept", "pick", "ready", by=JOKO)
    day.step("left to the warehouse", "dispatch", "deliver", by=AGUS)
    cancelled = day.order("cancelled", (CUP, 4), coupons=["HEMAT"])
    day.call("POST", f"/orders/{cancelled['id']}/cancel", {"reason": "changed their mind"})
    day.order("came back", (CUP, 1))
    day.step("came back", "accept", "pick", "ready", by=JOKO)
    day.step("came back", "dispatch", by=AGUS)
    day.step("came back", "fail", by=AGUS, body={"reason": "customer not at home"})
    day.step("came back", "fail", by=AGUS, body={"reason": "moved away", "back": True})


def counter_orders(day: Day) -> None:
    """Orders handed over for cash, paid with two tenders, picked up, and sold from a van."""
    day.order("at the till", (CUP, 2), by=SINTA, channel="pos", payments=CASH, delivery={"method": "handover"})
    split = [{"method": "cash", "amount": {"amount": 20_000, "currency": "IDR"}}, {"method": "credit"}]
    day.order("split", (CUP, 2), by=SINTA, channel="pos", payments=split, delivery={"method": "handover"}, **MAKMUR)
    store = {"method": "pickup", "location": "store-tunjungan"}
    day.order("pickup", (CUP, 1), delivery=store)
    day.step("pickup", "accept", "pick", "ready", "handover", by=SINTA)
    van = {"method": "handover"}
    day.order("from the van", (TEAPOT, 1), by=BUDI, channel="sfa", payments=CASH, delivery=van)
    day.order("elsewhere", (TRAY, 2), by=SINTA, channel="pos", payments=CASH, delivery=an_order()["delivery"])


def credit_orders(day: Day) -> None:
    """Receivables collected in part, oldest first; one order is cancelled afterwards."""
    first = day.order("on credit", (TEAPOT, 2), by=LIA, channel="phone", payments=CREDIT, **MAKMUR)
    day.order("more credit", (CUP, 10), by=BUDI, channel="sfa", payments=CREDIT, **MAKMUR)
    part = {"customer": "cus_makmur", "amount": {"amount": 400_000, "currency": "IDR"}}
    day.call("POST", "/collections", part, by=BUDI)
    day.call("POST", f"/orders/{first['id']}/cancel", {"reason": "too many"}, by=LIA)
    rest = {"customer": "cus_makmur", "amount": {"amount": 20_000, "currency": "IDR"}, "method": "transfer"}
    day.call("POST", "/collections", rest, by=MAYA)


def transfer_orders(day: Day) -> None:
    """Bank transfers in time, rejected once, replaced by cash, missing, too late, and for a draft."""
    order = day.order("in time", (CUP, 3), channel="social", by=LIA, payments=TRANSFER)
    paid = day.payment("in time")
    day.call("POST", f"/payments/{paid}/proof", {"reference": "TRF 1"}, by=LIA)
    day.call("POST", f"/payments/{paid}/reject", {"reason": "unreadable"}, by=MAYA)
    day.call("POST", f"/payments/{paid}/proof", {"reference": "TRF 2"}, by=LIA)
    day.call("POST", f"/payments/{paid}/confirm", by=MAYA)
    day.run_handlers()
    cash = day.order("in cash after all", (CUP, 1), payments=TRANSFER)
    day.call("POST", f"/orders/{cash['id']}/payments", {"method": "cash"}, by=SINTA)
    agreed = {"unit_price": {"amount": 11_000, "currency": "IDR"}, "discount_rate": "0.15"}
    line = {"sku": CUP, "quantity": 3, "agreed": agreed}
    day.order("agreed", by=TOKOKU, channel="marketplace", ref="TK-1", lines=[line], payments=[])
    day.call("POST", f"/payments/{day.payment('agreed')}/confirm", by=MAYA)
    day.order("claimed while it waits", (TEAPOT, 1), payments=TRANSFER)
    day.claim("claimed while it waits", DEWI)
    day.order("never", (TRAY, 1), payments=TRANSFER)
    day.order("too late", (RARE, 2), payments=TRANSFER)
    advance_clock(24 * 60 + 1)
    day.order("quicker", (RARE, 2))
    day.call("POST", f"/payments/{day.payment('too late')}/confirm", by=MAYA)
    day.run_scheduled_jobs()
    assert order["status"] == "placed"
    draft = an_order((CUP, 1), channel="phone", payments=TRANSFER)
    created = day.call("POST", "/drafts", draft, by=LIA)
    day.call("POST", f"/drafts/{created['id']}/pay-link", by=LIA)
    day.call("POST", f"/drafts/{created['id']}/submit", by=LIA)


def declined_and_rejected_orders(day: Day) -> None:
    """Orders declined by all, rejected and fulfilled from another location, and not found anywhere."""
    park_vans(BUDI, DEWI)
    day.order("declined", (TEAPOT, 1))
    for staff in (BUDI, DEWI):
        offer = load_fulfillment_of_order(day.orders["declined"]["id"]).offers[-1]
        if offer.status == "open" and staff in {invitation.staff for invitation in offer.invitations}:
            day.call("POST", f"/offers/{offer.id}/decline", by=staff)
    day.run_handlers()
    day.order("rejected", (TRAY, 2))
    day.step("rejected", "accept", by=JOKO)
    day.step("rejected", "reject", by=JOKO, body={"reason": "not_found"})
    day.order("claim given up", (TEAPOT, 1))
    day.claim("claim given up", BUDI)
    day.step("claim given up", "reject", by=BUDI, body={"reason": "damaged"})
    day.run_scheduled_jobs()


def stock_movements(day: Day) -> None:
    load = {"source": "wh-surabaya", "destination": "van-budi", "lines": [{"sku": CUP, "quantity": 5}]}
    sent = day.call("POST", "/stock/transfers", load, by=JOKO)
    received = {"lines": [{"sku": CUP, "quantity": 3}]}
    day.call("POST", f"/stock/transfers/{sent['id']}/receive", received, by=BUDI)
    day.call("POST", "/stock/transfers", load | {"destination": "store-tunjungan"}, by=JOKO)
    counted = {"location": "wh-surabaya", "lines": [{"sku": CUP, "counted": 45}]}
    day.call("POST", "/stock/counts", counted, by=JOKO)
    sharding = {"location": "wh-surabaya", "sku": TEAPOT, "shelves": 4}
    day.call("POST", "/stock/shelves", sharding)
    day.order("from a shard", (TEAPOT, 9))


def evening(day: Day) -> None:
    """The courier hands over the collected cash; the shift is counted short; one order still awaits payment."""
    day.order("still waits", (CUP, 2), payments=TRANSFER)
    day.call("POST", f"/shifts/cod:{AGUS}/handover", {}, by=SINTA)
    path = f"/shifts/{day.orders[f'shift of {SINTA}']['id']}"
    expected = day.call("GET", path, by=SINTA)["expected"]["amount"]
    day.call("POST", f"{path}/count", {"counted": {"amount": expected - 1_000, "currency": "IDR"}}, by=SINTA)
    day.call("POST", f"{path}/close", {"reason": "a coin short"}, by=SINTA)
    day.run_scheduled_jobs()
