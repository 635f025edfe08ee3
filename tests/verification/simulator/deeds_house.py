"""The house itself: goods and cash go about, terms and codes change, the clock comes by, news arrive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.keep import configure_channel
from chalicelib.catalog.model import Channel
from chalicelib.customers.grant import grant_terms
from chalicelib.customers.merge import merge, unmerge
from chalicelib.fulfillment.expire import expire_due
from chalicelib.fulfillment.fill import fill_arrived
from chalicelib.fulfillment.reroute import try_stranded
from chalicelib.kit import clock, config, requests
from chalicelib.notify.escalate import escalate
from chalicelib.orders.events import expire_unpaid
from chalicelib.payments import handover as cash
from chalicelib.payments import shift as drawers
from chalicelib.payments.collect import collect
from chalicelib.places.keep import keep_staff
from chalicelib.places.move import report_position
from chalicelib.pricing.bodies import PromotionBody
from chalicelib.pricing.keep import keep_price, keep_promotion
from chalicelib.stock import count, keep, move, spread, transfer
from chalicelib.stock.expect import expect
from tests.shop import HERE, RARE, STAFF, who
from tests.verification.simulator.deeds import DEBTORS, SKUS, STORE, VANS, WAREHOUSES, asked, owner, rupiah
from tests.verification.simulator.sim import Sim

HEMAT: dict[str, Any] = {"id": "hemat", "name": "Hemat", "kind": "percent", "rate": "0.10"}
HEMAT |= {"starts_at": "2026-01-01T00:00:00Z", "terms": {"id": "Sekali.", "en": "Once."}}
HEMAT |= {"coupon": {"code": "HEMAT", "cap": 3}}
LAGI = HEMAT | {"id": "lagi", "name": "Lagi", "rate": "0.05", "coupon": {"code": "LAGI", "per_customer": 1}}
LAGI |= {"combinable": True}


def promise_a_discount(said: dict[str, Any]) -> bool:
    body = PromotionBody.model_validate_json(requests.json.dumps(said))
    return keep_promotion(body.promotion(), "owner-ratna", body.opened_by())


# -- stock -------------------------------------------------------------------------------------------------------------


def goods_move(sim: Sim) -> str:
    by, sku, units = owner(), sim.chance.choice(SKUS), sim.chance.randint(1, 3)
    place, other = sim.chance.sample((*WAREHOUSES, STORE, "van-budi"), 2)
    kept = keep.Kept(sku, units + 2, safety=units - 1, display=units % 2)
    deeds: dict[str, Callable[[str], Any]] = {
        "come in": lambda key: move.receive(by, place, {sku: units}, "bought", asked(by, key, "in")),
        "are missed": lambda key: move.adjust(by, place, {sku: -units}, "lost", asked(by, key, "out")),
        "are counted": lambda key: count.count(by, place, {sku: units + 2}, "count", asked(by, key, "count")),
        "are shown": lambda key: move.display(by, place, {sku: units}, "show", asked(by, key, "show")),
        "are put away": lambda key: move.display(by, place, {sku: -units}, "no show", asked(by, key, "away")),
        "are spread": lambda key: spread.spread(by, place, sku, units + 1, "hot", asked(by, key, "spread")),
        "are sent": lambda key: transfer.send(by, place, other, {sku: units}, "load", asked(by, key, "send")),
        "are kept": lambda key: {"changed": keep.keep_levels(by, place, [kept]) and key},
    }
    verb = sim.chance.choice(sorted(deeds))
    if verb == "are kept":  # an import says it again until it is so
        deeds[verb]("")
        return f"{kept.on_hand} {sku} of which {kept.safety} for safety are at {place}"
    answer = sim.asking(f"{units} {sku} {verb}", deeds[verb])
    if verb == "are sent":
        sim.loads.append((answer["id"], other))
    return f"{units} {sku} {verb} at {place}"


def goods_are_bought(sim: Sim) -> str:
    """Expected for a day, or fewer of them after all."""
    by, sku, units = owner(), sim.chance.choice((RARE, RARE, *SKUS)), sim.chance.choice((0, 3, 6, 9))
    place, days = sim.chance.choice(WAREHOUSES), sim.chance.choice((0, 9, 9))
    on = clock.day_of(clock.now(), config.zone()) + timedelta(days=days)
    said = f"expected {on}"
    sim.asking(said, lambda key: expect(by, place, on, {sku: units}, "bought", asked(by, key, said)))
    sim.bought.append((place, sku))
    return f"{units} {sku} are expected at {place} in {days} days"


def what_was_bought_comes(sim: Sim) -> str:
    """Sooner or later than it was expected, and more or less of it."""
    by, units = owner(), sim.chance.randint(1, 4)
    place, sku = sim.chance.choice((("wh-surabaya", RARE), *sim.bought))
    sim.asking("it comes", lambda key: move.receive(by, place, {sku: units}, "bought", asked(by, key, "it comes")))
    return f"{units} {sku} came to {place}"


def a_load_arrives(sim: Sim) -> str:
    if not sim.loads:
        return "none is on its way"
    load, there = sim.chance.choice(sim.loads)
    if sim.chance.random() < 0.3:
        transfer.cancel(owner(), load, "not needed")
        return f"{load[-6:]} called back"
    by = who(VANS[0]) if there == "van-budi" else owner()
    with sim.undisturbed():
        outstanding = transfer.load_transfer(load).outstanding
    came = sim.chance.choice((None, dict.fromkeys(outstanding, 1)))
    sim.asking(f"{load} arrives", lambda key: transfer.receive(by, load, came, asked(by, key, str(came))))
    return f"{'some of ' if came else ''}{load[-6:]} at {there}"


# -- cash --------------------------------------------------------------------------------------------------------------


def the_debtor_pays(sim: Sim) -> str:
    amount, method = rupiah(sim.chance.choice((10_000, 50_000))), sim.chance.choice(("cash", "transfer"))
    by = who("finance-maya") if method == "transfer" else who("salesman-budi")
    debtor = sim.chance.choice((*DEBTORS, DEBTORS[0]))
    sim.asking("collection", lambda key: collect(by, debtor, amount, method, asked(by, key, [debtor, method])))
    return f"{debtor} {amount.minor} by {method}"


def a_drawer_opens_or_shuts(sim: Sim) -> str:
    by = who(sim.chance.choice(("cashier-sinta", *VANS)))
    with sim.undisturbed():
        standing = drawers.shift_store.shift_in_hand(by.id)
        found = drawers.shift_store.load_shift(standing.id) if standing else None
    if found is None:
        sim.asking("open", lambda key: drawers.open_shift(by, "", rupiah(100_000), asked(by, key, "open")))
        return f"{by.id} opens"
    if found.status == "open" and sim.chance.random() < 0.7:
        return f"{by.id} goes on"
    if found.status == "open":
        counted = found.expected if sim.chance.random() < 0.7 else rupiah(max(0, found.expected.minor - 1_000))
        sim.asking("count", lambda key: drawers.count_shift(by, found.id, counted, asked(by, key, counted.minor)))
        return f"{by.id} counts {counted.minor}"
    sim.asking("close", lambda key: drawers.close_shift(by, found.id, "as counted", asked(by, key, "close")))
    return f"{by.id} closes"


def cash_changes_hands(sim: Sim) -> str:
    """From bags and drawers into the safe, or into the drawer of whoever takes it."""
    by = who(sim.chance.choice(("owner-ratna", "finance-maya", "cashier-sinta")))
    giver = sim.chance.choice(("cod:courier-agus", "cod:salesman-budi", "cod:warehouse-joko", *VANS))
    with sim.undisturbed():
        drawer = drawers.shift_store.shift_in_hand(giver) if giver in VANS else None
    given, amount = drawer.id if drawer else giver, sim.chance.choice((None, rupiah(12_500)))
    sim.asking("handover", lambda key: cash.hand_over(by, given, amount, asked(by, key, [given, str(amount)])))
    return f"{giver} gives {by.id} {amount.minor if amount else 'all'}"


# -- terms -------------------------------------------------------------------------------------------------------------


def terms_change(sim: Sim) -> str:
    debtor, limit = sim.chance.choice(DEBTORS), sim.chance.choice((50_000, 400_000, 1_500_000))
    cap, price = sim.chance.choice((2, 5, None)), sim.chance.choice((9_000, 14_000))
    away = replace(next(one for one in STAFF if one.id == VANS[1]), active=sim.chance.random() < 0.6)
    deeds: dict[str, Callable[[], Any]] = {
        f"{debtor} is trusted with {limit}": lambda: grant_terms(
            debtor, rupiah(limit), 14, "", reason="he asked", actor="owner-ratna"
        ),
        f"HEMAT is good for {cap or 'all'}": lambda: promise_a_discount(
            HEMAT | {"coupon": {"code": "HEMAT"} | ({"cap": cap} if cap else {})}
        ),
        f"a cup is {price}": lambda: keep_price("CUP", rupiah(price), (), "owner-ratna"),
        f"the web keeps {cap or 0} back": lambda: configure_channel(
            Channel("web", safety_units=cap or 0), "owner-ratna"
        ),
        f"dewi {'is here' if away.active else 'is away'}": lambda: keep_staff(away, "owner-ratna"),
    }
    verb = sim.chance.choice(sorted(deeds))
    deeds[verb]()
    return verb


def customers_turn_out_to_be_one(sim: Sim) -> str:
    """Or two again."""
    one, other = DEBTORS if sim.chance.random() < 0.7 else reversed(DEBTORS)
    if sim.chance.random() < 0.4:
        unmerge(other, "agent-lia")
        return f"{other} is himself again"
    merge(other, one, "agent-lia")
    return f"{other} is {one}"


# -- the house ---------------------------------------------------------------------------------------------------------


def news_arrive(sim: Sim) -> str:
    if not sim.news.come(sim.memory.stream):
        return "none"
    return sim.deliver(sim.chance.randrange(min(4, len(sim.news.waiting))))


def the_minute(sim: Sim) -> str:
    done = [sweep() for sweep in (expire_due, expire_unpaid, try_stranded, fill_arrived, escalate)]
    return f"{done} ended, unpaid, brought after all, filled, reminded"


def time_passes(sim: Sim) -> str:
    minutes = sim.chance.choice((2, 6, 11, 11, 24 * 60))
    sim.now += timedelta(minutes=minutes)
    with sim.undisturbed():
        for staff in VANS:
            report_position(who(staff), who(staff).location or "", HERE)
    return f"{minutes} minutes"
