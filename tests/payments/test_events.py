import json
import subprocess
import sys

from chalicelib.payments import events
from chalicelib.payments.book import report
from tests.payments.build import TODAY
from tests.payments.test_ledger import an_order_paid, placed


def test_the_listeners_work_where_nothing_else_was_imported():
    """In Lambda app.py is not imported for them."""
    alone = "import chalicelib.payments.events as events; print(callable(events.book_orders))"

    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "True\n"


def test_every_topic_that_carries_money_is_heard(aws):
    payments = an_order_paid(("transfer", 100))
    message = json.dumps(placed("evt_1", payments))

    for hear in (events.book_orders, events.book_work, events.book_payments):
        hear({"Records": [{"Sns": {"Subject": "OrderPlaced", "Message": message, "MessageAttributes": {}}}]}, None)

    assert [each["count"] for each in report(TODAY)["items"]] == [1]
