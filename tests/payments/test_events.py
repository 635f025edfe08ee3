import json
import subprocess
import sys
from dataclasses import fields

from chalicelib.kit.events import Event
from chalicelib.kit.packages import import_models
from chalicelib.payments import events
from chalicelib.payments.book import report
from tests.payments.build import TODAY
from tests.payments.test_ledger import an_order_paid, placed


def test_the_listeners_work_where_nothing_else_was_imported():
    """In Lambda app.py is not imported for them."""
    alone = "import chalicelib.payments.events as events; print(callable(events.book_orders))"

    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "True\n"


def test_the_ledger_hears_every_kind_that_can_carry_money():
    """A kind left out would be filtered away by its topic, and nobody would notice."""
    import_models()
    named = {"payments", "settled", "owed_minor", "from_till"}

    carry = {kind for kind, event in Event.kinds.items() if named & {field.name for field in fields(event)}}

    assert carry == events.HEARS


def test_every_topic_that_carries_money_is_heard(aws):
    payments = an_order_paid(("transfer", 100))
    message = json.dumps(placed("evt_1", payments))

    for hear in (events.book_orders, events.book_work, events.book_payments):
        hear({"Records": [{"Sns": {"Subject": "OrderPlaced", "Message": message, "MessageAttributes": {}}}]}, None)

    assert [each["count"] for each in report(TODAY)["items"]] == [1]
