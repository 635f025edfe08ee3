"""Who does what in a simulated shop; each deed tells in a few words what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from typing import Any

from chalicelib.customers.keep import keep_customer
from chalicelib.customers.model import Contact, Customer
from chalicelib.fulfillment.accept import accept
from chalicelib.fulfillment.claim import claim
from chalicelib.fulfillment.decline import decline
from chalicelib.fulfillment.deliver import deliver
from chalicelib.fulfillment.dispatch import dispatch
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fail import fail
from chalicelib.fulfillment.handover import handover
from chalicelib.fulfillment.model import Case, Fulfillment
from chalicelib.fulfillment.pick import pick
from chalicelib.fulfillment.ready import ready
from chalicelib.fulfillment.reject import reject
from chalicelib.fulfillment.reroute import try_stranded
from chalicelib.fulfillment.store import load_case
from chalicelib.kit import requests
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.money import Money
from chalicelib.kit.requests import Asked
from chalicelib.notify.escalate import escalate
from chalicelib.orders import cancel as ending
from chalicelib.orders import settle
from chalicelib.orders.command import PlaceOrder, Tender, Wanted
from chalicelib.orders.events import expire_unpaid
from chalicelib.orders.model import Delivery, Order
from chalicelib.orders.place import place
from chalicelib.payments import handover as cash
from chalicelib.payments import shift as drawers
from chalicelib.payments.collect import collect
from chalicelib.payments.store import load_payments
from chalicelib.places.move import report_position
from chalicelib.pricing.bodies import PromotionBody
from chalicelib.pricing.keep import keep_promotion
from chalicelib.stock import count, move, spread, transfer
from tests.proof.memory import Table
from tests.proof.sim import Sim
from tests.shop import CUP, HERE, RARE, TEAPOT, TRAY, open_shop, put, who

SKUS = (TEAPOT, CUP, RARE, TRAY)
VANS = ("salesman-budi", "salesman-dewi")
STORE, WAREHOUSES = "store-tunjungan", ("wh-surabaya", "wh-sidoarjo")
WORKERS = {"wh-surabaya": "warehouse-joko", STORE: "cashier-sinta", "van-budi": VANS[0], "van-dewi": VANS[1]}
TO_SARI = Delivery("ship", None, {"street": "Jl. Kenanga 5", "country": "ID"}, HERE.as_json())
SARI = Contact("Sari", "+6281252981234")
HEMAT: dict[str, Any] = {"id": "hemat", "name": "Hemat", "kind": "percent", "rate": "0.10"}
HEMAT |= {"starts_at": "2026-01-01T00:00:00Z", "terms": {"id": "Sekali.", "en": "Once."}}
HEMAT |= {"coupon": {"code": "HEMAT", "cap": 3}}


@cache
def opened() -> dict[str, Table]:
    """The shop before its first customer, the same for every history."""
    with Sim(0).shop() as sim:
        open_shop(TEAPOT=9, CUP=20, RARE=1, TRAY=6)
        for staff in ("cashier-sinta", "salesman-budi"):
            drawers.open_shift(who(staff), "", Money(100_000, "IDR"))
        for sku, location in ((CUP, STORE), (RARE, STORE), (TRAY, "wh-sidoarjo")):
            put(sku, location, 1 if sku == RARE else 4)
        for van in ("van-budi", "van-dewi"):
            put(TEAPOT, van, 3)
            put(CUP, van, 3)
        makmur = Customer("cus_makmur", "Toko Makmur", phone="+6281200000009", terms_days=14)
        keep_customer(makmur, "test", credit_limit=Money(400_000, "IDR"))
        body = PromotionBody.model_validate_json(requests.json.dumps(HEMAT))
        keep_promotion(body.promotion(), "test", body.opened_by())
        for staff in VANS:
            report_position(who(staff), who(staff).location or "", HERE)
        return sim.memory.snapshot()


def asked(by: Principal, key: str, body: Any) -> Asked:
    return requests.asked(by.actor, "sim", key, body)


# -- placing -----------------------------------------------------------------------------------------------------------


def an_order(sim: Sim, channel: str, by: Principal, delivery: Delivery, *tenders: str, **said: Any) -> str:
    skus = sim.chance.sample(SKUS, sim.chance.choice((1, 1, 1, 2)))
    wanted = tuple(Wanted(sku, sim.chance.randint(1, 3)) for sku in skus)
    payments = tuple(Tender(method) for method in tenders)
    command = PlaceOrder(channel, wanted, delivery, payments, by, **said)

    def ask(key: str) -> Any:
        return place(sim_replace(command, asked(by, key, [str(wanted), tenders])))

    answer = sim.asking(channel, ask)
    if answer["id"] not in sim.orders:
        sim.orders.append(answer["id"])
    goods = ", ".join(f"{each.quantity} {each.sku}" for each in wanted)
    return f"{goods} by {' and '.join(tenders)}: {answer['id'][-6:]}"


def sim_replace(command: PlaceOrder, key: Asked) -> PlaceOrder:
    return PlaceOrder(**(command.__dict__ | {"asked": key}))


def a_shopper_orders(sim: Sim) -> str:
    coupons = ("HEMAT",) if sim.chance.random() < 0.3 else ()
    method = sim.chance.choice(("cod", "cod", "transfer"))
    return an_order(sim, "web", ANYONE, TO_SARI, method, contact=SARI, coupons=coupons)


def the_cashier_sells(sim: Sim) -> str:
    return an_order(sim, "pos", who("cashier-sinta"), Delivery("handover", STORE), "cash")


def the_cashier_sells_what_is_elsewhere(sim: Sim) -> str:
    delivery = sim.chance.choice((TO_SARI, Delivery("pickup", STORE)))
    return an_order(sim, "pos", who("cashier-sinta"), delivery, "cash", contact=SARI)


def a_customer_phones(sim: Sim) -> str:
    return an_order(sim, "phone", who("agent-lia"), TO_SARI, "credit", customer_id="cus_makmur")


def a_salesman_sells(sim: Sim) -> str:
    staff = who(sim.chance.choice(VANS))
    method = sim.chance.choice(("cash", "credit"))
    return an_order(sim, "sfa", staff, Delivery("handover", staff.location), method, customer_id="cus_makmur")


# -- orders ------------------------------------------------------------------------------------------------------------


def an_order_of(sim: Sim) -> tuple[Case, list[Any]]:
    if not sim.orders:
        raise settle.NotFound()
    with sim.undisturbed():
        case = load_case(sim.chance.choice(sim.orders[-12:]))
        return case, load_payments(case.order.payment_ids)


def somebody_cancels(sim: Sim) -> str:
    case, _ = an_order_of(sim)
    ending.cancel(who("agent-lia"), case.order.id, "changed his mind")
    return name(case.order)


def money_moves(sim: Sim) -> str:
    case, payments = an_order_of(sim)
    waiting = [one for one in payments if one.method == "transfer"]
    if not waiting:
        return "nothing waits"
    payment = sim.chance.choice(waiting).id
    deeds: dict[str, Callable[[], Any]] = {
        "proof": lambda: settle.submit_proof(who("agent-lia"), payment, f"TRF {sim.keys}"),
        "rejected": lambda: settle.reject(who("finance-maya"), payment, "unreadable"),
        "cash instead": lambda: settle.pay_in_cash(who("cashier-sinta"), case.order.id),
        "confirmed": lambda: settle.confirm(who("finance-maya"), payment),
    }
    verb = sim.chance.choice(sorted(deeds))
    deeds[verb]()
    return f"{name(case.order)} {verb}"


def name(order: Order) -> str:
    return order.id[-6:]


# -- work --------------------------------------------------------------------------------------------------------------


def a_salesman_answers(sim: Sim) -> str:
    case, _ = an_order_of(sim)
    offer = case.open_offer or (case.offers[-1] if case.offers else None)
    if offer is None:
        return "nobody is asked"
    staff, deed = sim.chance.choice(VANS), sim.chance.choice((claim, claim, decline))
    deed(staff, offer.id)
    return f"{staff} {deed.__name__}s {name(case.order)}"


NEXT = {"assigned": ("accept",), "accepted": ("pick", "dispatch"), "picking": ("ready",)}
NEXT |= {"ready": ("dispatch", "handover"), "in_transit": ("deliver", "fail"), "failed_attempt": ("dispatch", "back")}
STEPS: dict[str, Callable[[Principal, str], Any]] = {
    "accept": accept,
    "pick": pick,
    "ready": ready,
    "dispatch": dispatch,
    "deliver": deliver,
    "handover": handover,
    "fail": partial(fail, reason="nobody at home"),
    "back": partial(fail, reason="moved away", back=True),
    "reject": partial(reject, reason="not_found"),
    "call damaged": partial(reject, reason="damaged"),
    "refuse": partial(reject, reason="too_busy"),
}


def somebody_works(sim: Sim) -> str:
    case, _ = an_order_of(sim)
    if not case.works:
        return "no work yet"
    work = sim.chance.choice(case.works)
    likely = NEXT.get(work.status, ())
    verb = sim.chance.choice(likely if likely and sim.chance.random() < 0.8 else sorted(STEPS))
    by = at_it(sim, work)
    STEPS[verb](by, work.id)
    return f"{by.id} {verb} {work.id[-8:]}"


def at_it(sim: Sim, work: Fulfillment) -> Principal:
    if work.status in ("ready", "in_transit", "failed_attempt") and work.kind != "van" and sim.chance.random() < 0.5:
        return who("courier-agus")
    return who(WORKERS.get(work.location, "owner-ratna"))


# -- stock and cash ----------------------------------------------------------------------------------------------------


def goods_move(sim: Sim) -> str:
    owner, sku, units = who("owner-ratna"), sim.chance.choice(SKUS), sim.chance.randint(1, 3)
    place, other = sim.chance.sample((*WAREHOUSES, STORE, "van-budi"), 2)
    deeds: dict[str, Callable[[str], Any]] = {
        "come in": lambda key: move.receive(owner, place, {sku: units}, "bought", asked(owner, key, "in")),
        "are missed": lambda key: move.adjust(owner, place, {sku: -units}, "lost", asked(owner, key, "out")),
        "are counted": lambda key: count.count(owner, place, {sku: units + 2}, "count", asked(owner, key, "count")),
        "are shown": lambda key: move.display(owner, place, {sku: units}, "show", asked(owner, key, "show")),
        "are spread": lambda key: spread.spread(owner, place, sku, units + 1, "hot", asked(owner, key, "spread")),
        "are sent": lambda key: transfer.send(owner, place, other, {sku: units}, "load", asked(owner, key, "send")),
    }
    verb = sim.chance.choice(sorted(deeds))
    answer = sim.asking(f"{units} {sku} {verb}", deeds[verb])
    if verb == "are sent":
        sim.loads.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def a_load_arrives(sim: Sim) -> str:
    if not sim.loads:
        return "none is on its way"
    load, there = sim.chance.choice(sim.loads)
    if sim.chance.random() < 0.3:
        transfer.cancel(who("owner-ratna"), load, "not needed")
        return f"{load[-6:]} called back"
    by = who(VANS[0]) if there == "van-budi" else who("owner-ratna")
    sim.asking(f"{load} arrives", lambda key: transfer.receive(by, load, None, asked(by, key, "all")))
    return f"{load[-6:]} at {there}"


def the_debtor_pays(sim: Sim) -> str:
    amount, method = Money(sim.chance.choice((10_000, 50_000)), "IDR"), sim.chance.choice(("cash", "transfer"))
    by = who("finance-maya") if method == "transfer" else who("salesman-budi")
    sim.asking("collection", lambda key: collect(by, "cus_makmur", amount, method, asked(by, key, method)))
    return f"{amount.minor} by {method}"


def a_drawer_opens_or_shuts(sim: Sim) -> str:
    by = who(sim.chance.choice(("cashier-sinta", *VANS)))
    float_ = Money(100_000, "IDR")
    with sim.undisturbed():
        standing = drawers.store.shift_in_hand(by.id)
        found = drawers.store.load_shift(standing.id) if standing else None
    if found is None:
        sim.asking("open", lambda key: drawers.open_shift(by, "", float_, asked(by, key, "open")))
        return f"{by.id} opens"
    if found.status == "open" and sim.chance.random() < 0.7:
        return f"{by.id} goes on"
    if found.status == "open":
        sim.asking("count", lambda key: drawers.count_shift(by, found.id, found.expected, asked(by, key, "count")))
        return f"{by.id} counts {found.expected.minor}"
    sim.asking("close", lambda key: drawers.close_shift(by, found.id, "", asked(by, key, "close")))
    return f"{by.id} closes"


def a_bag_is_emptied(sim: Sim) -> str:
    by, giver = who("owner-ratna"), sim.chance.choice(("cod:courier-agus", "cod:salesman-budi", "cod:warehouse-joko"))
    sim.asking("handover", lambda key: cash.hand_over(by, giver, None, asked(by, key, "all")))
    return f"{giver} gives all"


# -- the house itself --------------------------------------------------------------------------------------------------


def news_arrive(sim: Sim) -> str:
    sim.news()
    if not sim.waiting:
        return "none"
    return sim.deliver(sim.chance.randrange(min(4, len(sim.waiting))))


def the_minute(sim: Sim) -> str:
    done = [sweep() for sweep in (expire_due, expire_unpaid, try_stranded, escalate)]
    return f"{done} ended, unpaid, brought after all, reminded"


def time_passes(sim: Sim) -> str:
    minutes = sim.chance.choice((2, 6, 11, 11, 24 * 60))
    sim.now += timedelta(minutes=minutes)
    with sim.undisturbed():
        for staff in VANS:
            report_position(who(staff), who(staff).location or "", HERE)
    return f"{minutes} minutes"


ACTORS: list[tuple[int, Callable[[Sim], str]]] = [
    (14, a_shopper_orders),
    (4, the_cashier_sells),
    (3, the_cashier_sells_what_is_elsewhere),
    (4, a_customer_phones),
    (3, a_salesman_sells),
    (4, somebody_cancels),
    (8, money_moves),
    (12, a_salesman_answers),
    (24, somebody_works),
    (5, goods_move),
    (3, a_load_arrives),
    (3, the_debtor_pays),
    (4, a_drawer_opens_or_shuts),
    (1, a_bag_is_emptied),
    (50, news_arrive),
    (5, the_minute),
    (4, time_passes),
]
