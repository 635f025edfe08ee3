"""Back-office actions: customers and their identities, reference data, imports and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers import verify
from chalicelib.customers.find import load_customer
from chalicelib.customers.model import Customer
from chalicelib.customers.save import register_customer
from chalicelib.customers.store import row_to_verification_code, verification_code_key
from chalicelib.customers.verification_code import derive_code
from chalicelib.exchange.export_csv import export_file
from chalicelib.exchange.import_csv import ImportOptions, import_folder
from chalicelib.kit import clock, config, db
from chalicelib.notify import exception_board
from chalicelib.payments import project_ledger
from chalicelib.places.save import save_location, save_staff
from chalicelib.pricing.find import list_running_promotions
from chalicelib.reporting import recap
from chalicelib.stock.find import list_history, list_location_levels
from tests.shop import LOCATIONS, PRICES, STAFF
from tests.verification.simulator.action_helpers import (
    DEBTORS,
    SKUS,
    agent_principal,
    build_idempotency_key,
    choose_recent_order,
    owner_principal,
)
from tests.verification.simulator.actions_operations import CAPPED_PROMOTION, save_promotion_from_json
from tests.verification.simulator.sim import Sim

CUSTOMER_PHONES = ("+6281252981234", "+6281252985555", "+6281252986666")  # every guest has the first
CALLER_ADDRESS = "203.0.113.9"


# -- customers ---------------------------------------------------------------------------------------------------------


def verify_identity(sim: Sim) -> str:
    """Verify a customer's phone by staff, or by a code that is sometimes wrong or entered twice."""
    customer = sim.rng.choice((choose_recent_order(sim).order.customer_id, *DEBTORS, *sim.customers))
    if sim.rng.random() < 0.2:
        verify.verify_by_staff(agent_principal(), customer, "phone")
        return f"{customer[-6:]} at the desk"
    verify.request_code(customer, "phone", CALLER_ADDRESS)
    key = verification_code_key(customer, "phone")
    with sim.without_faults():
        row = db.get(key.row, key.pk, key.sk)
    if row is None:
        return f"{customer[-6:]} has nothing to verify"
    code = derive_code(row_to_verification_code(row).id) if sim.rng.random() < 0.7 else "000000"
    verify.confirm_code(customer, "phone", code)
    return f"{customer[-6:]} by code"


def create_customer(sim: Sim) -> str:
    """Register a new customer, or a known one under another phone number."""
    name, phone = f"Toko {sim.key_count}", sim.rng.choice((*CUSTOMER_PHONES[1:], f"+62812700{sim.key_count:05}"))
    customer = Customer("", name, phone=phone)
    answer = sim.call_with_retries("new customer", lambda key: register_customer_to_json(customer, key))
    if answer["id"] not in sim.customers:
        sim.customers.append(answer["id"])
    return f"{answer['id'][-6:]} at {phone[-4:]}"


def register_customer_to_json(customer: Customer, key: str) -> Any:
    return register_customer(
        customer, "agent-lia", build_idempotency_key(agent_principal(), key, customer.name)
    ).to_json()


# -- reference data ----------------------------------------------------------------------------------------------------


def change_reference_data(sim: Sim) -> str:
    """Save a product, location, staff member, promotion or placement."""
    sku, times = sim.rng.choice(SKUS), sim.rng.randint(1, 3)
    product = Product(sku, sku.title(), f"Dapur {times}", "IDR", cost_minor=PRICES[sku] // 2, reorder_level=times)
    ends_at = clock.iso(clock.now() + timedelta(days=times - 2))
    van, joko = LOCATIONS[3], STAFF[5]
    actions: dict[str, Callable[[], Any]] = {
        f"{sku} is in category {times}": lambda: save_product(product, "owner-ratna"),
        f"a van is called {times}": lambda: save_location(replace(van, name=f"Mobil {times}"), "owner-ratna"),
        f"joko has number {times}": lambda: save_staff(replace(joko, phone=f"+628110000008{times}"), "owner-ratna"),
        f"HEMAT ends in {times - 2} days": lambda: save_promotion_from_json(CAPPED_PROMOTION | {"ends_at": ends_at}),
        f"a link leads to {sku}": lambda: placements.save_placement(
            Placement("feed", "social", "feed", sku), owner_principal()
        ),
    }
    name = sim.rng.choice(sorted(actions))
    actions[name]()
    return name


# -- files and reports -------------------------------------------------------------------------------------------------

IMPORT_FILES = {
    "products": "sku,name,price,category\nCUP,Cup,{number}000,Dapur\nBOWL,Bowl,30000,Dapur\n",
    "locations": "id,kind,name\nwh-malang,warehouse,Gudang {number}\n",
    "postcodes": "postcode,country,area\n5000{number},MY,Kuala {number}\n",
    "stock": "sku,location,on_hand,safety_stock\nCUP,wh-sidoarjo,1{number},1\nTRAY,wh-sidoarjo,{number},0\n",
    "customers": "id,name,phone,credit_limit,terms_days,opening_receivable\n"
    "cus_lama{number},Toko Lama,+62812600000{number},500000,14,2{number}000\n",
}

HISTORY = {
    "orders": "ref,placed_at,channel,payment_method,historical\n"
    "OLD-{number},2026-10-0{number}T09:00:00Z,phone,transfer,yes\n",
    "order_lines": "ref,sku,quantity,unit_price\nOLD-{number},CUP,{number},12000\n",
}


def import_files(sim: Sim) -> str:
    """Import two files, sometimes with an order of an earlier system. What was imported before changes nothing."""
    names = sim.rng.sample(sorted(IMPORT_FILES), 2)
    number, is_dry_run = str(sim.rng.randint(1, 3)), sim.rng.random() < 0.1
    entries_before = len(sim.memory.stream)
    files = {name: IMPORT_FILES[name] for name in names} | (HISTORY if sim.rng.random() < 0.3 else {})
    folder = {name: text.format(number=number) for name, text in files.items()}
    report = import_folder(folder, owner_principal(), ImportOptions(dry_run=is_dry_run))
    if is_dry_run and len(sim.memory.stream) > entries_before:  # no action is interleaved, as it commits nothing
        sim.fail(f"a dry run wrote {len(sim.memory.stream) - entries_before} journal entries")
    if "customers" in names and not is_dry_run and f"cus_lama{number}" not in sim.customers:
        sim.customers.append(f"cus_lama{number}")
    return f"{' and '.join(names)}: {sum(report.changed.values())} new, {report.errors.count} errors"


def read_reports(sim: Sim) -> str:
    today = clock.day_of(clock.now(), config.zone())
    actions: dict[str, Callable[[], Any]] = {
        "ledger": lambda: project_ledger.load_ledger_report(today),
        "recap": lambda: recap.load_rows(today, today, ("channel", "location")),
        "orders of the recap": lambda: recap.list_orders(today, today, {"channel": "web"}, 5, None),
        "unresolved exceptions": lambda: exception_board.build_board(clock.now())["items"],
        "the stock levels": lambda: list_location_levels("wh-surabaya"),
        "stock history": lambda: list_history("CUP", "wh-surabaya"),
        "the promotions": lambda: list_running_promotions(clock.now()),
        "customer": lambda: load_customer(DEBTORS[0]),
        "export of orders": lambda: export_file("orders"),
        "export of stock": lambda: export_file("stock"),
    }
    name = sim.rng.choice(sorted(actions))
    actions[name]()
    return name
