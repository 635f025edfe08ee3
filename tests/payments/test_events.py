import json
import subprocess
import sys
from dataclasses import fields

from chalicelib.kit.events import Event
from chalicelib.kit.packages import import_models
from chalicelib.payments import events
from chalicelib.payments.project_ledger import load_ledger_report
from tests.payments.build import TODAY
from tests.payments.test_ledger import a_paid_order, an_order_placed_message


def test_the_handlers_work_without_other_imports():
    """In Lambda app.py is not imported for them."""
    alone = "import chalicelib.payments.events as events; print(callable(events.update_ledger_from_orders))"

    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "True\n"


def test_the_ledger_subscribes_to_every_event_that_can_carry_money():
    """A kind left out would be filtered away by its topic, and nobody would notice."""
    import_models()
    named = {"payments", "settled", "owed_minor", "from_till"}

    carry = {kind for kind, event in Event.kinds.items() if named & {field.name for field in fields(event)}}

    assert carry == events.SUBSCRIBED_KINDS


def test_every_topic_that_carries_money_has_a_handler(aws):
    payments = a_paid_order(("transfer", 100))
    message = json.dumps(an_order_placed_message("evt_1", payments))

    for hear in (
        events.update_ledger_from_orders,
        events.update_ledger_from_fulfillment,
        events.update_ledger_from_payments,
    ):
        hear({"Records": [{"Sns": {"Subject": "OrderPlaced", "Message": message, "MessageAttributes": {}}}]}, None)

    assert [each["count"] for each in load_ledger_report(TODAY)["items"]] == [1]
