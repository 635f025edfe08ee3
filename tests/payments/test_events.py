import json
import subprocess
import sys
from dataclasses import fields
from types import SimpleNamespace

from chalicelib.kit.events import Event
from chalicelib.kit.packages import import_models
from chalicelib.payments import events
from chalicelib.payments.project_ledger import load_ledger_report
from tests.payments.build import TODAY
from tests.payments.test_ledger import a_paid_order, an_order_placed_message


def test_the_handlers_work_without_other_imports():
    """Lambda imports the module of a handler without app.py."""
    script = "import chalicelib.payments.events as events; print(callable(events.update_ledger_from_orders))"

    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)

    assert process.stdout == "True\n"


def test_the_ledger_subscribes_to_every_event_that_can_carry_money():
    """The subscription filter drops a kind that is left out, without any error."""
    import_models()
    money_fields = {"payments", "settled", "owed_minor", "from_till", "refunds"}

    kinds = {kind for kind, event in Event.kinds.items() if money_fields & {field.name for field in fields(event)}}

    assert kinds - {"HistoricalOrderRecorded"} == events.SUBSCRIBED_KINDS  # money of an earlier system


def test_every_topic_that_carries_money_has_a_handler(aws):
    payments = a_paid_order(("transfer", 100))
    message = json.dumps(an_order_placed_message("evt_1", payments))
    context = SimpleNamespace(aws_request_id="invocation-1")

    for handle in (
        events.update_ledger_from_orders,
        events.update_ledger_from_fulfillment,
        events.update_ledger_from_payments,
    ):
        handle({"Records": [{"Sns": {"Subject": "OrderPlaced", "Message": message, "MessageAttributes": {}}}]}, context)

    assert [item["count"] for item in load_ledger_report(TODAY)["items"]] == [1]
