"""The desk and its papers: who people are, what goods and places are called, files that come, books that are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers import verify
from chalicelib.customers.code import code_for
from chalicelib.customers.find import customer as customer_of
from chalicelib.customers.keep import write_down
from chalicelib.customers.model import Customer
from chalicelib.customers.store import as_ask, ask_key
from chalicelib.exchange.bring import bring
from chalicelib.exchange.take import take
from chalicelib.kit import clock, config, db
from chalicelib.notify import exceptions
from chalicelib.payments import book
from chalicelib.places.keep import keep_location, keep_staff
from chalicelib.pricing.find import promotions
from chalicelib.reporting import recap
from chalicelib.stock.find import history, of_location
from tests.shop import LOCATIONS, PRICES, STAFF
from tests.verification.simulator.deeds import DEBTORS, SKUS, agent, an_order_of, asked, owner
from tests.verification.simulator.deeds_house import HEMAT, promise_a_discount
from tests.verification.simulator.sim import Sim

PHONES = ("+6281252981234", "+6281252985555", "+6281252986666")  # the first is that of every guest
CALLER = "203.0.113.9"


# -- customers ---------------------------------------------------------------------------------------------------------


def somebody_proves_who_he_is(sim: Sim) -> str:
    """By a code that he asks for, then gives, wrongly at times and at times twice; or he shows himself at the desk."""
    customer = sim.chance.choice((an_order_of(sim).order.customer_id, *DEBTORS, *sim.people))
    if sim.chance.random() < 0.2:
        verify.vouch(agent(), customer, "phone")
        return f"{customer[-6:]} at the desk"
    verify.ask(customer, "phone", CALLER)
    key = ask_key(customer, "phone")
    with sim.undisturbed():
        standing = db.get(key.row, key.pk, key.sk)
    if standing is None:
        return f"{customer[-6:]} has nothing to prove"
    code = code_for(as_ask(standing).id) if sim.chance.random() < 0.7 else "000000"
    verify.confirm(customer, "phone", code)
    return f"{customer[-6:]} by his code"


def a_customer_is_written_down(sim: Sim) -> str:
    """New at the desk, or known and moved to another number."""
    name, phone = f"Toko {sim.keys}", sim.chance.choice((*PHONES[1:], f"+62812700{sim.keys:05}"))
    new = Customer("", name, phone=phone)
    answer = sim.asking("new customer", lambda key: written(new, key))
    if answer["id"] not in sim.people:
        sim.people.append(answer["id"])
    return f"{answer['id'][-6:]} at {phone[-4:]}"


def written(new: Customer, key: str) -> Any:
    return write_down(new, "agent-lia", asked(agent(), key, new.name)).as_json()


# -- what everything is called -----------------------------------------------------------------------------------------


def names_change(sim: Sim) -> str:
    """Goods, places, promotions, links and people, as the owner keeps them."""
    sku, times = sim.chance.choice(SKUS), sim.chance.randint(1, 3)
    product = Product(sku, sku.title(), f"Dapur {times}", "IDR", cost_minor=PRICES[sku] // 2, reorder_level=times)
    ends = clock.iso(clock.now() + timedelta(days=times - 2))
    van, joko = LOCATIONS[3], STAFF[5]
    deeds: dict[str, Callable[[], Any]] = {
        f"{sku} is in category {times}": lambda: keep_product(product, "owner-ratna"),
        f"a van is called {times}": lambda: keep_location(replace(van, name=f"Mobil {times}"), "owner-ratna"),
        f"joko has number {times}": lambda: keep_staff(replace(joko, phone=f"+628110000008{times}"), "owner-ratna"),
        f"HEMAT ends in {times - 2} days": lambda: promise_a_discount(HEMAT | {"ends_at": ends}),
        f"a link leads to {sku}": lambda: placements.keep(Placement("feed", "social", "feed", sku), owner()),
    }
    verb = sim.chance.choice(sorted(deeds))
    deeds[verb]()
    return verb


# -- files and books ---------------------------------------------------------------------------------------------------

FILES = {
    "products": "sku,name,price,category\nCUP,Cup,{some}000,Dapur\nBOWL,Bowl,30000,Dapur\n",
    "locations": "id,kind,name\nwh-malang,warehouse,Gudang {some}\n",
    "postcodes": "postcode,country,area\n5000{some},MY,Kuala {some}\n",
    "stock": "sku,location,on_hand,safety_stock\nCUP,wh-sidoarjo,1{some},1\nTRAY,wh-sidoarjo,{some},0\n",
    "customers": "id,name,phone,credit_limit,terms_days,opening_receivable\n"
    "cus_lama{some},Toko Lama,+62812600000{some},500000,14,2{some}000\n",
}


def a_file_comes(sim: Sim) -> str:
    """The same may come twice; the second changes nothing."""
    names = sim.chance.sample(sorted(FILES), 2)
    some, dry = str(sim.chance.randint(1, 3)), sim.chance.random() < 0.1
    report = bring({name: FILES[name].format(some=some) for name in names}, owner(), dry)
    if dry and any(report.changed.values()):
        sim.wrong(f"a dry run changed {report.changed}")
    if "customers" in names and not dry and f"cus_lama{some}" not in sim.people:
        sim.people.append(f"cus_lama{some}")
    return f"{' and '.join(names)}: {sum(report.changed.values())} new, {len(report.troubles)} in trouble"


def somebody_reads_the_books(sim: Sim) -> str:
    today = clock.day_of(clock.now(), config.zone())
    deeds: dict[str, Callable[[], Any]] = {
        "the ledger": lambda: book.report(today),
        "the recap": lambda: recap.rows(today, today, ("channel", "location")),
        "the orders of the recap": lambda: recap.behind(today, today, {"channel": "web"}, 5, None),
        "what is wrong": lambda: exceptions.exceptions(clock.now()),
        "what is there": lambda: of_location("wh-surabaya"),
        "what became of cups": lambda: history("CUP", "wh-surabaya"),
        "what is promised": lambda: promotions(clock.now()),
        "a customer": lambda: customer_of(DEBTORS[0]),
        "a file of orders": lambda: take("orders"),
        "a file of stock": lambda: take("stock"),
    }
    verb = sim.chance.choice(sorted(deeds))
    deeds[verb]()
    return verb
