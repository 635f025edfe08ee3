"""A day of the small shop, told through its doors: every kind of order, and everything that can become of one."""

from __future__ import annotations

from typing import Any

from chalicelib.customers.keep import keep_customer
from chalicelib.customers.model import Customer
from chalicelib.fulfillment import events as fulfillment
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill import fill_arrived
from chalicelib.fulfillment.reroute import try_stranded
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import clock, config, db, journal
from chalicelib.kit.journal import Entry
from chalicelib.kit.money import Money
from chalicelib.notify.escalate import escalate
from chalicelib.notify.tell import tell
from chalicelib.orders.events import expire_unpaid
from chalicelib.payments.opening import opening_debt
from infra.invariants.world import scan
from tests.client import call
from tests.fulfillment.build import it_is_noon, parked
from tests.shop import CUP, RARE, TEAPOT, TRAY, an_order, later, open_shop, put, token

RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
TRANSFER, CREDIT, CASH = [{"method": "transfer"}], [{"method": "credit"}], [{"method": "cash"}]
MAKMUR = {"customer": {"id": "cus_makmur"}}
FIFTY = {
    "id": "hemat",
    "name": "Hemat",
    "kind": "percent",
    "rate": "0.10",
    "starts_at": "2026-01-01T00:00:00Z",
    "terms": {"id": "Satu kali.", "en": "Once."},
    "coupon": {"code": "HEMAT", "cap": 50, "per_customer": 3},
}


def the_journal() -> list[Entry]:
    """Every entry, over the connection that the shop uses."""
    return [Entry.from_raw_data(dict(item)) for item in scan(db.connection().client, config.table("journal"))]


class Day:
    def __init__(self) -> None:
        self.keys, self.heard = 0, set[tuple[str, int]]()
        self.orders: dict[str, Any] = {}

    def done(self, method: str, path: str, body: Any = None, by: str = RATNA, query: str = "") -> Any:
        self.keys += 1
        key, said = f"a-key-of-this-day-{self.keys:04}", token(by) if by else ""
        answer = call(method, f"/api{path}{query}", body, token=said, key=key)
        assert answer.status < 300, f"{method} {path}: {answer.text}"
        return answer.json

    def order(self, name: str, *lines: tuple[str, int], by: str = "", **said: Any) -> Any:
        self.orders[name] = self.done("POST", "/orders", an_order(*lines, **said), by=by)
        self.all_hear()
        return self.orders[name]

    def all_hear(self) -> None:
        """Each entry comes to both kinds of listeners, twice, until nobody has more to say."""
        while news := [entry for entry in the_journal() if (entry.pk, int(entry.sk)) not in self.heard]:
            for entry in sorted(news, key=lambda each: (each.occurred_at, each.pk, each.sk)):
                for _ in "again":
                    fulfillment.hear(journal.entry_to_message(entry))
                tell(journal.to_journal_entry(entry))
                tell(journal.to_journal_entry(entry))
                self.heard.add((entry.pk, int(entry.sk)))

    def step(self, name: str, *verbs: str, by: str, body: Any = None, work: int = -1) -> None:
        found = load_case(self.orders[name]["id"]).works[work]
        for verb in verbs:
            self.done("POST", f"/fulfillments/{found.id}/{verb}", body, by=by)
        self.all_hear()

    def claim(self, name: str, by: str) -> None:
        offer = load_case(self.orders[name]["id"]).offers[-1]
        self.done("POST", f"/offers/{offer.id}/claim", by=by)
        self.all_hear()

    def payment(self, name: str) -> str:
        return str(self.orders[name]["payments"][0]["id"])

    def minute(self) -> None:
        """What the clock does."""
        expire_due()
        try_stranded()
        fill_arrived()
        expire_unpaid()
        escalate()
        self.all_hear()


def a_day() -> Day:
    it_is_noon()
    day = Day()
    for chapter in (morning, web, counter, on_credit, transfers_of_money, no_and_no_again, stock_moves, evening):
        chapter(day)
        day.all_hear()
    return day


def morning(day: Day) -> None:
    open_shop(TEAPOT=40, CUP=60, RARE=2, TRAY=20)
    for sku, place, units in ((CUP, "store-tunjungan", 9), (TEAPOT, "van-budi", 6), (TEAPOT, "van-dewi", 6)):
        put(sku, place, units)
    put(TRAY, "wh-sidoarjo", 5)
    parked(BUDI, DEWI)
    owed = Money(300_000, "IDR")
    customer = Customer("cus_makmur", "Toko Makmur", phone="+6281200000009", terms_days=14)
    debt = opening_debt(customer.id, owed, clock.day_of(clock.now(), config.zone()), "test")
    keep_customer(customer, "test", credit_limit=Money(5_000_000, "IDR"), opening=owed, along=debt)
    for staff in (SINTA, BUDI):
        opened = day.done("POST", "/shifts", {"opening": {"amount": 500_000, "currency": "IDR"}}, by=staff)
        day.orders[f"shift of {staff}"] = opened
    day.done("PUT", "/promotions", FIFTY)


def web(day: Day) -> None:
    """Claimed and delivered for cash; left to the warehouse; cancelled; failed and brought back."""
    day.order("claimed", (TEAPOT, 2), coupons=["HEMAT"])
    day.claim("claimed", BUDI)
    day.step("claimed", "dispatch", "deliver", by=BUDI)
    day.order("left to the warehouse", (TEAPOT, 3))
    later(11)
    day.minute()
    day.step("left to the warehouse", "accept", "pick", "ready", by=JOKO)
    day.step("left to the warehouse", "dispatch", "deliver", by=AGUS)
    cancelled = day.order("cancelled", (CUP, 4), coupons=["HEMAT"])
    day.done("POST", f"/orders/{cancelled['id']}/cancel", {"reason": "changed his mind"})
    day.order("came back", (CUP, 1))
    day.step("came back", "accept", "pick", "ready", by=JOKO)
    day.step("came back", "dispatch", by=AGUS)
    day.step("came back", "fail", by=AGUS, body={"reason": "nobody at home"})
    day.step("came back", "fail", by=AGUS, body={"reason": "moved away", "back": True})


def counter(day: Day) -> None:
    """Handed over for cash, paid in two ways, to be collected, and sold from a van."""
    day.order("at the till", (CUP, 2), by=SINTA, channel="pos", payments=CASH, delivery={"method": "handover"})
    split = [{"method": "cash", "amount": {"amount": 20_000, "currency": "IDR"}}, {"method": "credit"}]
    day.order("split", (CUP, 2), by=SINTA, channel="pos", payments=split, delivery={"method": "handover"}, **MAKMUR)
    store = {"method": "pickup", "location": "store-tunjungan"}
    day.order("pickup", (CUP, 1), delivery=store)
    day.step("pickup", "accept", "pick", "ready", "handover", by=SINTA)
    van = {"method": "handover"}
    day.order("from the van", (TEAPOT, 1), by=BUDI, channel="sfa", payments=CASH, delivery=van)
    day.order("elsewhere", (TRAY, 2), by=SINTA, channel="pos", payments=CASH, delivery=an_order()["delivery"])


def on_credit(day: Day) -> None:
    """Collected in part, oldest first; one cancelled after that."""
    first = day.order("on credit", (TEAPOT, 2), by=LIA, channel="phone", payments=CREDIT, **MAKMUR)
    day.order("more credit", (CUP, 10), by=BUDI, channel="sfa", payments=CREDIT, **MAKMUR)
    part = {"customer": "cus_makmur", "amount": {"amount": 400_000, "currency": "IDR"}}
    day.done("POST", "/collections", part, by=BUDI)
    day.done("POST", f"/orders/{first['id']}/cancel", {"reason": "too many"}, by=LIA)
    rest = {"customer": "cus_makmur", "amount": {"amount": 20_000, "currency": "IDR"}, "method": "transfer"}
    day.done("POST", "/collections", rest, by=MAYA)


def transfers_of_money(day: Day) -> None:
    """In time, rejected once, in cash after all, never, too late for the goods, and for a draft."""
    order = day.order("in time", (CUP, 3), channel="social", by=LIA, payments=TRANSFER)
    paid = day.payment("in time")
    day.done("POST", f"/payments/{paid}/proof", {"reference": "TRF 1"}, by=LIA)
    day.done("POST", f"/payments/{paid}/reject", {"reason": "unreadable"}, by=MAYA)
    day.done("POST", f"/payments/{paid}/proof", {"reference": "TRF 2"}, by=LIA)
    day.done("POST", f"/payments/{paid}/confirm", by=MAYA)
    day.all_hear()
    cash = day.order("in cash after all", (CUP, 1), payments=TRANSFER)
    day.done("POST", f"/orders/{cash['id']}/payments", {"method": "cash"}, by=SINTA)
    agreed = {"unit_price": {"amount": 11_000, "currency": "IDR"}, "discount_rate": "0.15"}
    line = {"sku": CUP, "quantity": 3, "agreed": agreed}
    day.order("agreed", by=TOKOKU, channel="marketplace", ref="TK-1", lines=[line], payments=[])
    day.done("POST", f"/payments/{day.payment('agreed')}/confirm", by=MAYA)
    day.order("claimed while it waits", (TEAPOT, 1), payments=TRANSFER)
    day.claim("claimed while it waits", DEWI)
    day.order("never", (TRAY, 1), payments=TRANSFER)
    day.order("too late", (RARE, 2), payments=TRANSFER)
    later(24 * 60 + 1)
    day.order("quicker", (RARE, 2))
    day.done("POST", f"/payments/{day.payment('too late')}/confirm", by=MAYA)
    day.minute()
    assert order["status"] == "placed"
    draft = an_order((CUP, 1), channel="phone", payments=TRANSFER)
    made = day.done("POST", "/drafts", draft, by=LIA)
    day.done("POST", f"/drafts/{made['id']}/pay-link", by=LIA)
    day.done("POST", f"/drafts/{made['id']}/submit", by=LIA)


def no_and_no_again(day: Day) -> None:
    """Declined by all, rejected and brought by another, not to be found anywhere."""
    parked(BUDI, DEWI)
    day.order("declined", (TEAPOT, 1))
    for staff in (BUDI, DEWI):
        offer = load_case(day.orders["declined"]["id"]).offers[-1]
        if offer.status == "open" and staff in {each.staff for each in offer.invited}:
            day.done("POST", f"/offers/{offer.id}/decline", by=staff)
    day.all_hear()
    day.order("rejected", (TRAY, 2))
    day.step("rejected", "accept", by=JOKO)
    day.step("rejected", "reject", by=JOKO, body={"reason": "not_found"})
    day.order("claim given up", (TEAPOT, 1))
    day.claim("claim given up", BUDI)
    day.step("claim given up", "reject", by=BUDI, body={"reason": "damaged"})
    day.minute()


def stock_moves(day: Day) -> None:
    load = {"source": "wh-surabaya", "destination": "van-budi", "lines": [{"sku": CUP, "quantity": 5}]}
    sent = day.done("POST", "/stock/transfers", load, by=JOKO)
    came = {"lines": [{"sku": CUP, "quantity": 3}]}
    day.done("POST", f"/stock/transfers/{sent['id']}/receive", came, by=BUDI)
    day.done("POST", "/stock/transfers", load | {"destination": "store-tunjungan"}, by=JOKO)
    counted = {"location": "wh-surabaya", "lines": [{"sku": CUP, "counted": 45}]}
    day.done("POST", "/stock/counts", counted, by=JOKO)
    hot = {"location": "wh-surabaya", "sku": TEAPOT, "shelves": 4}
    day.done("POST", "/stock/shelves", hot)
    day.order("from a shelf", (TEAPOT, 9))


def evening(day: Day) -> None:
    """The courier's bag is emptied into the store's drawer, which is counted one coin short; one order still waits."""
    day.order("still waits", (CUP, 2), payments=TRANSFER)
    day.done("POST", f"/shifts/cod:{AGUS}/handover", {}, by=SINTA)
    path = f"/shifts/{day.orders[f'shift of {SINTA}']['id']}"
    expected = day.done("GET", path, by=SINTA)["expected"]["amount"]
    day.done("POST", f"{path}/count", {"counted": {"amount": expected - 1_000, "currency": "IDR"}}, by=SINTA)
    day.done("POST", f"{path}/close", {"reason": "a coin short"}, by=SINTA)
    day.minute()
