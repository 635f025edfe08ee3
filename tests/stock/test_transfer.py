"""Loading and unloading vans and replenishing stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kit import journal
from chalicelib.places import find as places
from chalicelib.places.model import NoSuchLocation
from chalicelib.places.save import save_location
from chalicelib.stock import transfer
from chalicelib.stock.find import list_availability
from chalicelib.stock.model import (
    Level,
    MoreThanSent,
    NotYourLocation,
    OutOfStock,
    SamePlace,
    TransferClosed,
)
from chalicelib.stock.store import list_open_transfers, load_transfer
from tests.shop import TEAPOT, add_stock, open_shop, principal_of
from tests.stock.build import STORE, VAN, WAREHOUSE, a_hold, load_level, store_holds

pytestmark = pytest.mark.usefixtures("aws")
JOKO, BUDI, OWNER = principal_of("warehouse-joko"), principal_of("salesman-budi"), principal_of("owner-ratna")


def load_on_hand(*locations: str) -> list[int]:
    return [(load_level(TEAPOT, location) or Level(TEAPOT, location)).on_hand for location in locations]


def send_van_load(quantity: int = 5, to: str = VAN) -> str:
    return transfer.send(JOKO, WAREHOUSE, to, {TEAPOT: quantity}, "morning load")["id"]


def test_a_van_is_loaded_when_its_salesman_confirms_it():
    open_shop(TEAPOT=9)

    sent = transfer.send(JOKO, WAREHOUSE, VAN, {TEAPOT: 5}, "morning load")
    under_way = load_on_hand(WAREHOUSE, VAN)
    received = transfer.receive(BUDI, sent["id"])

    assert (sent["status"], under_way) == ("in_transit", [4, 0])
    assert received["lines"] == [{"sku": TEAPOT, "sent": 5, "received": 5}]
    assert (received["status"], load_on_hand(WAREHOUSE, VAN)) == ("received", [4, 5])


@pytest.mark.parametrize("staff", ["owner-ratna", "warehouse-joko", "salesman-dewi", "cashier-sinta"])
def test_only_its_salesman_receives_the_load_of_a_van(staff):
    open_shop(TEAPOT=9)
    sent = send_van_load()

    with pytest.raises(NotYourLocation):
        transfer.receive(principal_of(staff), sent)

    assert load_on_hand(WAREHOUSE, VAN) == [4, 0]
    assert load_transfer(sent).status == "in_transit"


def test_units_in_transit_cannot_be_sold():
    open_shop(TEAPOT=5)

    send_van_load(5)

    assert list_availability([TEAPOT], include_vans=True)[0]["available"] == 0


def test_units_that_did_not_arrive_stay_in_transit_until_the_transfer_is_cancelled():
    open_shop(TEAPOT=9)
    sent = send_van_load(5)

    part = transfer.receive(BUDI, sent, {TEAPOT: 4})
    with pytest.raises(MoreThanSent):
        transfer.receive(BUDI, sent, {TEAPOT: 2})
    cancelled = transfer.cancel(JOKO, sent, "one is broken")

    assert (part["status"], cancelled["status"]) == ("partially_received", "cancelled")
    assert load_on_hand(WAREHOUSE, VAN) == [5, 4]


def test_cancelling_twice_returns_the_units_once():
    open_shop(TEAPOT=9)
    sent = send_van_load(5)

    first, second = (transfer.cancel(JOKO, sent, "rain") for _ in range(2))

    assert first == second
    assert load_on_hand(WAREHOUSE, VAN) == [9, 0]
    with pytest.raises(TransferClosed):
        transfer.receive(BUDI, sent)


def test_unloading_a_van_is_a_transfer_too():
    open_shop()
    add_stock(TEAPOT, VAN, 3)

    sent = transfer.send(BUDI, VAN, WAREHOUSE, {TEAPOT: 2}, "evening")
    transfer.receive(JOKO, sent["id"])

    assert load_on_hand(WAREHOUSE, VAN) == [2, 1]


def test_promised_units_and_units_of_other_locations_cannot_be_sent():
    open_shop(TEAPOT=5)
    store_holds(a_hold(4, minutes_left=10**6))

    with pytest.raises(OutOfStock) as refusal:
        send_van_load(2)
    with pytest.raises(NotYourLocation):
        transfer.send(BUDI, WAREHOUSE, VAN, {TEAPOT: 1}, "I help myself")
    with pytest.raises(NoSuchLocation):
        transfer.send(JOKO, WAREHOUSE, "van-unknown", {TEAPOT: 1}, "")
    with pytest.raises(SamePlace):
        transfer.send(JOKO, WAREHOUSE, WAREHOUSE, {TEAPOT: 1}, "")

    assert refusal.value.facts["short"] == [{"sku": TEAPOT, "wanted": 2, "available": 1}]
    assert load_on_hand(WAREHOUSE) == [5]
    assert list_open_transfers(WAREHOUSE) == []


def test_open_transfers_are_listed_at_both_locations():
    open_shop(TEAPOT=9)
    to_van, to_store = send_van_load(2), send_van_load(3, to=STORE)

    before = [{item.id for item in list_open_transfers(location)} for location in (WAREHOUSE, VAN, STORE)]
    transfer.receive(BUDI, to_van)
    transfer.cancel(JOKO, to_store, "rain")

    assert before == [{to_van, to_store}, {to_van}, {to_store}]
    assert [list_open_transfers(location) for location in (WAREHOUSE, VAN, STORE)] == [[], [], []]


def test_the_movements_of_all_entries_add_up_to_the_units_in_transit():
    open_shop(TEAPOT=9)
    sent = send_van_load(5)
    transfer.receive(BUDI, sent, {TEAPOT: 3})

    entries = [journal.row_to_entry(entry) for entry in journal.history(f"transfer#{sent}")]
    movements = [movement for entry in entries for movement in entry.event.movements]

    assert [(entry.kind, entry.actor) for entry in entries] == [
        ("TransferSent", "warehouse-joko"),
        ("TransferReceived", "salesman-budi"),
    ]
    assert -sum(movement.on_hand for movement in movements) == sum(load_transfer(sent).outstanding.values()) == 2


def test_a_closed_van_can_be_emptied_but_not_loaded():
    open_shop(TEAPOT=3)
    add_stock(TEAPOT, VAN, 2)
    save_location(replace(places.load_location(VAN), active=False), "test")

    transfer.send(OWNER, VAN, WAREHOUSE, {TEAPOT: 2}, "sold")
    with pytest.raises(NoSuchLocation):
        send_van_load(1)

    assert load_on_hand(WAREHOUSE, VAN) == [3, 0]
