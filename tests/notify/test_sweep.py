"""The sweep starts, once, what messages that were lost for good should have started."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from chalicelib.fulfillment import events as fulfillment
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.kit import clock, journal
from chalicelib.kit.effects import load_effects
from chalicelib.notify import sweep as sweeping
from chalicelib.notify.sweep import sweep
from chalicelib.payments.store import load_payments
from infra.local.invoke import invoke
from infra.local.schedule import build_event
from infra.local.streams import list_sources
from tests.client import call, gateway
from tests.fulfillment.build import freeze_at_noon, place_order_without_events
from tests.notify.build import DEWI, TEAM, a_shop_with_vans, inbox_kinds, place_order, sms_sent
from tests.notify.test_exception_board import list_board
from tests.shop import TEAPOT, a_credit_customer, advance_clock, an_order, token

OWNER, MAYA, JOKO = "owner-ratna", "finance-maya", "warehouse-joko"


@pytest.fixture(autouse=True)
def noon() -> None:
    freeze_at_noon()


def run_sweep() -> None:
    invoke("chalicelib.notify.events.sweep_journal", build_event("sweep_journal"))


def read(path: str, staff: str = OWNER) -> Any:
    answer = call("GET", f"/api{path}", token=token(staff))
    assert answer.status == 200, answer.text
    return answer.json


def post(path: str, staff: str, body: dict[str, Any] | None = None) -> Any:
    answer = call("POST", f"/api{path}", body, token=token(staff))
    assert answer.status < 300, answer.text
    return answer.json


def list_notices(order_id: str) -> list[tuple[str, str]]:
    return [(item["kind"], item["to"]) for item in read(f"/orders/{order_id}/notices")["items"]]


def swept_after(minutes: int) -> None:
    advance_clock(minutes=minutes)
    run_sweep()


def test_an_order_whose_messages_are_lost_gets_its_work_offer_and_notices(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi", "van-dewi")
    order_id = place_order()

    swept_after(3)

    order_fulfillment = load_fulfillment_of_order(order_id)
    assert [work.location for work in order_fulfillment.fulfillments] == ["wh-surabaya"]
    assert read(f"/orders/{order_id}")["fulfillment_status"] == "offered"
    assert ("OrderPlaced", f"customer#{order_id}") in list_notices(order_id)
    swept_after(3)  # the entry of the offer is old enough now
    assert inbox_kinds(DEWI) == ["offer"] and inbox_kinds(TEAM) == ["assigned"]


def test_a_sweep_before_two_minutes_leaves_the_order_to_its_message(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()

    swept_after(1)

    assert load_fulfillment_of_order(order_id).fulfillments == ()
    assert list_notices(order_id) == []


def test_late_and_repeated_messages_change_nothing_after_a_sweep(sns_and_ses: Any) -> None:
    a_shop_with_vans("van-budi")
    order_id = place_order()
    swept_after(3)
    swept_after(3)
    before = read(f"/orders/{order_id}/history"), list_notices(order_id), sms_sent()

    for entry in journal.history(f"order#{order_id}"):
        for effect in load_effects():
            if entry.kind in effect.kinds:
                effect.start(entry)
                effect.start(entry)
    run_sweep()
    swept_after(13)  # the second pass

    assert (read(f"/orders/{order_id}/history"), list_notices(order_id), sms_sent()) == before


def test_the_board_names_an_order_without_work_until_it_has_some(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()
    assert list_board() == []

    advance_clock(minutes=3)
    [waiting] = list_board()
    action = waiting["action"]
    call(action["method"], f"/api{action['path']}", token=token(OWNER))

    assert waiting["kind"] == "without_work" and waiting["order"] == order_id
    assert action == {"method": "POST", "path": f"/orders/{order_id}/reroute"}
    assert len(load_fulfillment_of_order(order_id).fulfillments) == 1
    assert list_board() == []


def test_an_order_that_cannot_be_assigned_stays_on_the_board_and_is_tried_again(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = place_order()

    def fail(entry: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setitem(fulfillment.HANDLERS, "OrderPlaced", fail)
        swept_after(3)
        run_sweep()
        [waiting] = list_board()
    run_sweep()

    assert waiting["kind"] == "without_work" and waiting["order"] == order_id
    assert list_board() == []
    assert len(load_fulfillment_of_order(order_id).fulfillments) == 1


def test_another_event_that_cannot_be_handled_is_on_the_board(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = place_order()
    swept_after(3)
    post(f"/orders/{order_id}/cancel", OWNER, {"reason": "changed their mind"})

    def fail(entry: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(fulfillment.HANDLERS, "OrderCancelled", fail)
    swept_after(3)

    unfinished = [item for item in list_board() if item["kind"] == "unfinished_event"]
    assert [(item["event"], item["order"]) for item in unfinished] == [("OrderCancelled", order_id)]
    assert unfinished[0]["action"] == {"method": "GET", "path": f"/orders/{order_id}/history"}


def test_rejected_work_is_routed_again_without_a_message(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()
    swept_after(3)
    [work] = load_fulfillment_of_order(order_id).fulfillments
    post(f"/fulfillments/{work.id}/reject", JOKO, {"reason": "not_found"})

    swept_after(3)

    assert [item["kind"] for item in list_board()] == ["stranded"]  # no other location has the goods
    assert ("OrderStranded", "role#owner") not in list_notices(order_id)
    swept_after(3)
    assert ("OrderStranded", "role#owner") in list_notices(order_id)


def test_work_of_a_cancelled_order_ends_without_a_message(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order()
    swept_after(3)
    post(f"/orders/{order_id}/cancel", OWNER, {"reason": "changed their mind"})

    swept_after(3)

    assert [work.status for work in load_fulfillment_of_order(order_id).fulfillments] == ["cancelled"]
    assert ("OrderCancelled", f"customer#{order_id}") in list_notices(order_id)


def test_ledger_recap_and_stock_history_are_completed_without_messages(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_order(payments=[{"method": "transfer"}])
    [payment] = load_payments(load_fulfillment_of_order(order_id).order.payment_ids)
    post(f"/payments/{payment.id}/confirm", MAYA)

    swept_after(3)
    swept_after(13)

    ledger = read("/reports/ledger?day=2026-11-22", MAYA)
    captured = [item for item in ledger["items"] if item["kind"] == "captured"]
    assert [(item["method"], item["amount"]["amount"]) for item in captured] == [("transfer", payment.amount.minor)]
    assert ledger["matched"] is True
    [total] = read("/reports/recap?from=2026-11-22&to=2026-11-22")["totals"]
    assert (total["orders"], total["noncash"]["amount"]) == (1, payment.amount.minor)
    movements = read(f"/stock/history?sku={TEAPOT}&location=wh-surabaya")["items"]
    assert order_id in str(movements)


def test_a_collected_debt_makes_its_order_paid_without_a_message(sns_and_ses: Any) -> None:
    a_shop_with_vans()
    order_id = place_credit_order(a_credit_customer(limit=300_000))
    collect_whole_debt(order_id)
    assert read(f"/orders/{order_id}")["payment_status"] == "on_credit"

    swept_after(3)

    assert read(f"/orders/{order_id}")["payment_status"] == "paid"


def place_credit_order(customer: str) -> str:
    body = an_order((TEAPOT, 1), channel="phone", customer={"id": customer}, payments=[{"method": "credit"}])
    answer = call("POST", "/api/orders", body, key="a-credit-order-key", token=token("agent-lia"))
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def collect_whole_debt(order_id: str) -> None:
    order = load_fulfillment_of_order(order_id).order
    body = {"customer": order.customer_id, "amount": order.total.to_json(), "method": "transfer"}
    assert call("POST", "/api/collections", body, key="a-collection-key", token=token(MAYA)).status < 300


def test_an_entry_written_by_a_slow_clock_is_found_by_the_second_pass(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHARD_COUNT", 1)
    a_shop_with_vans()
    advance_clock(minutes=10)
    place_order_without_events((TEAPOT, 1))
    swept_after(3)

    advance_clock(minutes=-6)
    order_id = place_order()
    advance_clock(minutes=6)
    swept_after(3)
    assert load_fulfillment_of_order(order_id).fulfillments == ()
    swept_after(13)

    assert len(load_fulfillment_of_order(order_id).fulfillments) == 1


def test_a_sweep_continues_where_the_last_one_ended(sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shop_with_vans()
    orders = [place_order_without_events((TEAPOT, 1)) for _ in range(3)]
    advance_clock(minutes=3)
    monkeypatch.setattr(sweeping, "PAGE_SIZE", 5)
    monkeypatch.setattr(sweeping, "MAX_PAGES", 1)

    examined = [sweep(load_effects()) for _ in range(20)]

    assert 0 < max(examined) <= 5 * journal.SHARD_COUNT and examined[-1] == 0
    assert all(len(load_fulfillment_of_order(order_id).fulfillments) == 1 for order_id in orders)


def test_an_examined_entry_whose_effects_exist_starts_nothing_and_writes_nothing(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_shop_with_vans()
    order_id = place_order()
    swept_after(3)
    placed, opened = journal.history(f"order#{order_id}")
    done = {
        effect.name: effect.find_done([entry for entry in (placed, opened) if entry.kind in effect.kinds])
        for effect in load_effects()
    }

    assert done.pop("payment_status") == set()
    assert done.pop("notices") == {placed.event_id}  # the offer's entry is not two minutes old
    assert done.pop("stock_history") == {placed.event_id}
    assert done == {name: {placed.event_id} for name in ("fulfillment", "ledger", "recap")}


def test_every_package_with_subscriptions_has_an_effect_of_the_same_kinds() -> None:
    app = gateway().app
    sources = [*list_sources(app, "SNSEventConfig"), *list_sources(app, "DynamoDBEventConfig")]
    modules = [import_module(name) for name in {source.handler_string.rpartition(".")[0] for source in sources}]

    for module in modules:
        assert all(kind in module.EFFECT.kinds for kind in getattr(module, "SUBSCRIBED_KINDS", ()))
    assert {effect.name for effect in load_effects()} == {module.EFFECT.name for module in modules}


def test_the_index_lists_entries_between_an_event_id_and_an_instant(
    sns_and_ses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SHARD_COUNT", 1)
    a_shop_with_vans()
    advance_clock(minutes=1)
    first, second = (journal.history(f"order#{place_order_without_events((TEAPOT, 1))}")[0] for _ in range(2))
    placed = sorted((first.event_id, second.event_id))
    later = clock.now() + clock.minutes(1)

    assert [entry.event_id for entry in journal.list_entries(0, "", later, 100)][-2:] == placed
    assert [entry.event_id for entry in journal.list_entries(0, placed[0], later, 100)] == placed[1:]
    assert [entry.event_id for entry in journal.list_entries(0, "", later, 1, newest_first=True)] == placed[1:]
    assert journal.list_entries(0, placed[1], first.occurred_at, 100) == []
