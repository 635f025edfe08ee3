from pathlib import Path

import pytest

from infra import scan_secrets
from infra.custom_lint import (
    DIRECT_WRITE,
    FLOAT,
    MARKUP,
    PERSONAL,
    SLEEP,
    TEMPLATE,
    UNSIGNED,
    lint_markup,
    lint_python,
    list_violations,
)

SIGNED_FIRST = """
def hear(raw, header):
    verify(raw, header)
    return json.loads(raw)
"""
READ_FIRST = """
def hear(raw, header):
    said = json.loads(raw)
    if not hmac.compare_digest(sign(said["id"]), header):
        raise Forbidden()
"""


def lint(path: str, text: str) -> list[str]:
    return [why for _, why in lint_python(path, text)]


@pytest.mark.parametrize(
    "line",
    [
        "row.update(actions=[Row.available.add(-1)])",
        "row.update([Row.available.add(-1)])",
        "row.update([X.set(X - 1)])",
        "row.update([Row.x.set(Row.x - 1)], Row.x > 0)",
        "row.update(Row.x.add(-1))",
        "row.update(actions)",
        "row.update(*actions)",
        "row.update((Row.x.remove(),))",
        "row.save()",
        "row.delete()",
        "Row(pk, sk).delete(condition=Row.x == 1)",
        "with Row.batch_write() as batch: pass",
        "client.update_item(TableName=name, Key=key)",
        "client.put_item(TableName=name, Item=item)",
        "client.delete_item(TableName=name, Key=key)",
        "client.batch_write_item(RequestItems=items)",
        "dynamo.client().transact_write_items(TransactItems=items)",
        "client.execute_statement(Statement=text)",
        "from pynamodb.transactions import TransactWrite",
    ],
)
def test_a_write_that_does_not_go_through_commit_is_found(line: str):
    assert lint("chalicelib/stock/move.py", line) == [DIRECT_WRITE]
    assert lint("tests/stock/test_move.py", line) == []


@pytest.mark.parametrize(
    "line",
    [
        "db.update(row, Row.available.add(-1))",
        "db.update(row, *actions, when=Row.x > 0)",
        "db.delete(row, when=Row.pk.exists())",
        "facts.update(a=1)",
        "vars(fresh).update(vars(self))",
        "seen.add(name)",
        "client.get_item(TableName=name, Key=key)",
    ],
)
def test_what_only_makes_a_write_is_no_complaint(line: str):
    assert lint("chalicelib/stock/move.py", line) == []


def test_only_the_one_road_to_the_tables_sends():
    assert lint("chalicelib/kit/db.py", "TransactWrite()") == []
    assert lint("chalicelib/kit/idempotency.py", "client.put_item(TableName=name, Item=item)") == [DIRECT_WRITE]


def test_floating_money_is_found_where_money_lives_and_nowhere_else():
    assert lint("chalicelib/pricing/quote.py", "half = total / 2") == [FLOAT]
    assert lint("chalicelib/kit/money.py", "rate = 0.11") == [FLOAT]
    assert lint("chalicelib/payments/model.py", "float(amount)") == [FLOAT]
    assert lint("chalicelib/pricing/quote.py", "tax = round_half_up(amount * share / (1 + share))") == []
    assert lint("chalicelib/places/model.py", "half = lat / 2.0") == []


@pytest.mark.parametrize("room", ["channels", "customers", "exchange", "reporting", "fulfillment", "stock"])
@pytest.mark.parametrize("line", ["half = total / 2", "total /= 2", "float(amount)", "tax = total * 11 // 100 + 0.5"])
def test_floating_money_is_found_in_every_room_that_money_passes_through(room: str, line: str):
    assert lint(f"chalicelib/{room}/take.py", line) == [FLOAT]


@pytest.mark.parametrize(
    "line",
    [
        "half = total // 2",
        "rate = (net / gross).quantize(CENT, rounding=ROUND_HALF_UP)",
        "def coordinate(cell): return float(cell)",
        "EXAMPLE = {'position': {'lat': -7.28, 'lon': 112.73}}",
        "lat: float | None = None",
    ],
)
def test_a_division_that_names_its_rounding_and_the_place_of_something_are_no_complaint(line: str):
    assert lint("chalicelib/exchange/export_csv.py", line) == []


def test_a_rounding_that_nobody_named_is_found():
    assert lint("chalicelib/exchange/export_csv.py", "rate = (net / gross).quantize(CENT)") == [FLOAT]
    assert lint("chalicelib/exchange/export_csv.py", "EXAMPLE = {'lat': -7.28, 'price': 112.73}") == [FLOAT, FLOAT]


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(1)",
        "from time import sleep; sleep(1)",
        "from time import sleep as rest; rest(1)",
        "await asyncio.sleep(1)",
        "Event().wait(0.5)",
        "threading.Event().wait(0.5)",
        "page.wait_for_timeout(500)",
    ],
)
def test_a_test_that_sleeps_is_found(line: str):
    assert lint("tests/orders/test_place.py", line) == [SLEEP]
    assert lint("tests/verification/bench/virtual_time.py", line) == []


@pytest.mark.parametrize(
    "line",
    [
        "told.wait(5)",
        "gate.wait(PATIENCE_SECONDS)",
        "process.wait(60)",
        "page.wait_for_selector('h1')",
        "from time import sleep",
        "SimpleNamespace(sleep=waited.append)",
    ],
)
def test_a_test_that_waits_for_something_is_no_complaint(line: str):
    assert lint("tests/orders/test_place.py", line) == []


def test_what_is_read_before_its_signature_was_checked_is_found():
    assert lint("chalicelib/payments/hear.py", READ_FIRST) == [UNSIGNED]
    assert lint("chalicelib/payments/hear.py", "def f(c): return c.request.json_body, verify(c)") == [UNSIGNED]
    assert lint("chalicelib/payments/hear.py", SIGNED_FIRST) == []
    assert lint("chalicelib/orders/events.py", "def hear(event): return json.loads(event.message)") == []


@pytest.mark.parametrize(
    "reader",
    [
        "compact_json.loads(raw)",
        "compact_json.decompress(raw)",
        "from_json(raw)",
        "pydantic_core.from_json(raw)",
        "json.load(raw)",
        "loads(raw)",
        "Body.model_validate_json(raw)",
        "ADAPTER.validate_json(raw)",
    ],
)
def test_whoever_reads_it_does_so_after_the_signature_was_checked(reader: str):
    assert lint("chalicelib/payments/hear.py", READ_FIRST.replace("json.loads(raw)", reader)) == [UNSIGNED]
    assert lint("chalicelib/payments/hear.py", SIGNED_FIRST.replace("json.loads(raw)", reader)) == []


@pytest.mark.parametrize("other", ["money.from_json(raw)", "URLSafeSerializer(key).loads(raw)", "rows.read(raw)"])
def test_what_reads_no_text_from_the_wire_may_come_before(other: str):
    assert lint("chalicelib/payments/hear.py", READ_FIRST.replace("json.loads(raw)", other)) == []


@pytest.mark.parametrize(
    "line", ["jinja2.Template(order.note)", "engine.from_string(text).render()", "Markup(customer.name)"]
)
def test_a_template_made_of_somebodys_text_is_found(line: str):
    assert lint("chalicelib/notify/deliver.py", line) == [TEMPLATE]
    assert lint("storefront/build.py", line) == [TEMPLATE]
    assert lint("chalicelib/notify/message_templates.py", line) == []


def test_a_template_from_a_file_is_no_complaint():
    assert lint("storefront/build.py", "engine.get_template('home.html').render(name=name)") == []


@pytest.mark.parametrize(
    "line",
    [
        "print(order.id)",
        "log.info('sent', to=recipient.phone)",
        "log.warning('no mail', email=email)",
        "log.error('broke', name=who.name)",
        "log.info(f'sent to {customer.name}')",
        "logging.getLogger('x').info('%s', contact)",
        "_logger.error(token)",
        "log.info('sent', order=order['phone'])",
        "log.info('sent', order=order.get('phone', ''))",
        "log.info('sent', order=getattr(order, 'phone'))",
        "log.info('sent', order=order['customer']['name'])",
        "log.info('sent', order=order.customer.name)",
        "sys.stdout.write(order.phone)",
        "sys.stderr.buffer.write(said)",
        "stdout.write(order.id)",
        "pprint.pprint(order)",
    ],
)
def test_a_line_that_prints_a_person_is_found(line: str):
    assert lint("chalicelib/notify/deliver.py", line) == [PERSONAL]


def test_a_line_with_ids_is_no_complaint():
    assert lint("chalicelib/notify/deliver.py", "log.info('sent', order=order.id, door=door.name)") == []
    assert lint("chalicelib/notify/deliver.py", "log.info('sent', order=order['id'], kind=said.get('kind'))") == []
    assert lint("chalicelib/notify/deliver.py", "phone = order['phone']; file.write(phone)") == []
    assert lint("infra/deploy.py", "print('ready'); sys.stdout.write('ready')") == []


@pytest.mark.parametrize(
    "line",
    [
        "place.innerHTML = order.note;",
        "row.insertAdjacentHTML('beforeend', name)",
        "document.write(name)",
        "eval(said)",
        "<p>{{ note|safe }}</p>",
        "{% autoescape false %}",
    ],
)
def test_an_element_made_from_a_string_is_found(line: str):
    assert [why for _, why in lint_markup("storefront/assets/desk/work.js", line)] == [MARKUP]


def test_an_element_made_from_text_is_no_complaint():
    assert list(lint_markup("storefront/assets/desk/work.js", "place.textContent = order.note;")) == []


def test_this_house_keeps_its_rules():
    assert list_violations(Path(__file__).parents[2]) == []


def test_a_key_left_in_a_file_is_found_and_a_made_up_one_is_known(tmp_path: Path):
    left = tmp_path / "settings.py"
    left.write_text('AWS_KEY = "AKIA' + 'IOSFODNN7EXAMPLQ"\npassword = "correct-horse' + '-battery"\n')
    fine = tmp_path / "fine.py"
    fine.write_text('AWS_SECRET_ACCESS_KEY = "test"\nname = "Sari"\n')

    found = list(scan_secrets.find_secrets([left, fine]))

    assert [line.split(" (")[0].replace(f"{left}:", "") for line in found] == ["1: AWS Access Key", "2: Secret Keyword"]


def test_hidden_folders_are_not_looked_into_but_for_two_of_ours(tmp_path: Path):
    for folder in (".venv", ".local", ".chalice", "chalicelib", "build"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.json").write_text("{}")

    assert [file.parent.name for file in scan_secrets.list_files(tmp_path)] == [".chalice", "chalicelib"]
