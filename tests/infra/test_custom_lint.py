from pathlib import Path

import pytest

from infra import scan_secrets
from infra.custom_lint import (
    DIRECT_WRITE_MESSAGE,
    FLOAT_MESSAGE,
    MARKUP_MESSAGE,
    PERSONAL_DATA_MESSAGE,
    SIGNATURE_MESSAGE,
    SLEEP_MESSAGE,
    TEMPLATE_MESSAGE,
    lint_markup,
    lint_python,
    list_violations,
)

SIGNED_FIRST = """
def handle(raw, header):
    verify(raw, header)
    return json.loads(raw)
"""
READ_FIRST = """
def handle(raw, header):
    body = json.loads(raw)
    if not hmac.compare_digest(sign(body["id"]), header):
        raise Forbidden()
"""


def lint(path: str, text: str) -> list[str]:
    return [message for _, message in lint_python(path, text)]


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
def test_a_write_that_bypasses_commit_is_reported(line: str):
    assert lint("chalicelib/stock/movements.py", line) == [DIRECT_WRITE_MESSAGE]
    assert lint("tests/stock/test_movements.py", line) == []


@pytest.mark.parametrize(
    "line",
    [
        "db.update(row, Row.available.add(-1))",
        "db.update(row, *actions, when=Row.x > 0)",
        "db.delete(row, when=Row.pk.exists())",
        "facts.update(a=1)",
        "vars(fresh).update(vars(self))",
        "names.add(name)",
        "client.get_item(TableName=name, Key=key)",
    ],
)
def test_code_that_sends_no_write_is_accepted(line: str):
    assert lint("chalicelib/stock/movements.py", line) == []


def test_only_the_module_db_may_send_writes():
    assert lint("chalicelib/kit/db.py", "TransactWrite()") == []
    assert lint("chalicelib/kit/idempotency.py", "client.put_item(TableName=name, Item=item)") == [DIRECT_WRITE_MESSAGE]


def test_float_arithmetic_is_reported_in_code_about_money_and_nowhere_else():
    assert lint("chalicelib/pricing/quote.py", "half = total / 2") == [FLOAT_MESSAGE]
    assert lint("chalicelib/kit/money.py", "rate = 0.11") == [FLOAT_MESSAGE]
    assert lint("chalicelib/payments/model.py", "float(amount)") == [FLOAT_MESSAGE]
    assert lint("chalicelib/pricing/quote.py", "tax = round_half_up(amount * share / (1 + share))") == []
    assert lint("chalicelib/places/model.py", "half = lat / 2.0") == []


@pytest.mark.parametrize("package", ["channels", "customers", "exchange", "reporting", "fulfillment", "stock"])
@pytest.mark.parametrize("line", ["half = total / 2", "total /= 2", "float(amount)", "tax = total * 11 // 100 + 0.5"])
def test_float_arithmetic_is_reported_in_every_package_with_money(package: str, line: str):
    assert lint(f"chalicelib/{package}/find.py", line) == [FLOAT_MESSAGE]


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
def test_a_division_with_a_rounding_and_coordinates_are_accepted(line: str):
    assert lint("chalicelib/exchange/export_csv.py", line) == []


def test_a_quantize_without_a_rounding_is_reported():
    assert lint("chalicelib/exchange/export_csv.py", "rate = (net / gross).quantize(CENT)") == [FLOAT_MESSAGE]
    assert lint("chalicelib/exchange/export_csv.py", "EXAMPLE = {'lat': -7.28, 'price': 112.73}") == [
        FLOAT_MESSAGE,
        FLOAT_MESSAGE,
    ]


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
def test_a_sleep_in_a_test_is_reported(line: str):
    assert lint("tests/orders/test_place.py", line) == [SLEEP_MESSAGE]
    assert lint("tests/verification/bench/virtual_time.py", line) == []


@pytest.mark.parametrize(
    "line",
    [
        "changed.wait(5)",
        "gate.wait(PATIENCE_SECONDS)",
        "process.wait(60)",
        "page.wait_for_selector('h1')",
        "from time import sleep",
        "SimpleNamespace(sleep=waited.append)",
    ],
)
def test_a_wait_for_a_condition_is_accepted(line: str):
    assert lint("tests/orders/test_place.py", line) == []


def test_a_body_parsed_before_its_signature_check_is_reported():
    assert lint("chalicelib/payments/webhook.py", READ_FIRST) == [SIGNATURE_MESSAGE]
    assert lint("chalicelib/payments/webhook.py", "def f(c): return c.request.json_body, verify(c)") == [
        SIGNATURE_MESSAGE
    ]
    assert lint("chalicelib/payments/webhook.py", SIGNED_FIRST) == []
    assert lint("chalicelib/orders/events.py", "def handle(event): return json.loads(event.message)") == []


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
def test_every_parser_must_come_after_the_signature_check(reader: str):
    assert lint("chalicelib/payments/webhook.py", READ_FIRST.replace("json.loads(raw)", reader)) == [SIGNATURE_MESSAGE]
    assert lint("chalicelib/payments/webhook.py", SIGNED_FIRST.replace("json.loads(raw)", reader)) == []


@pytest.mark.parametrize("other", ["money.from_json(raw)", "URLSafeSerializer(key).loads(raw)", "rows.read(raw)"])
def test_code_that_parses_no_body_may_come_before_the_signature_check(other: str):
    assert lint("chalicelib/payments/webhook.py", READ_FIRST.replace("json.loads(raw)", other)) == []


@pytest.mark.parametrize(
    "line", ["jinja2.Template(order.note)", "engine.from_string(text).render()", "Markup(customer.name)"]
)
def test_a_template_made_from_run_time_text_is_reported(line: str):
    assert lint("chalicelib/notify/deliver.py", line) == [TEMPLATE_MESSAGE]
    assert lint("storefront/build.py", line) == [TEMPLATE_MESSAGE]
    assert lint("chalicelib/notify/message_templates.py", line) == []


def test_a_template_from_a_file_is_accepted():
    assert lint("storefront/build.py", "engine.get_template('home.html').render(name=name)") == []


@pytest.mark.parametrize(
    "line",
    [
        "print(order.id)",
        "log.info('sent', to=recipient.phone)",
        "log.warning('no mail', email=email)",
        "log.error('broke', name=member.name)",
        "log.info(f'sent to {customer.name}')",
        "logging.getLogger('x').info('%s', contact)",
        "_logger.error(token)",
        "log.info('sent', order=order['phone'])",
        "log.info('sent', order=order.get('phone', ''))",
        "log.info('sent', order=getattr(order, 'phone'))",
        "log.info('sent', order=order['customer']['name'])",
        "log.info('sent', order=order.customer.name)",
        "sys.stdout.write(order.phone)",
        "sys.stderr.buffer.write(text)",
        "stdout.write(order.id)",
        "pprint.pprint(order)",
    ],
)
def test_a_log_line_with_personal_data_is_reported(line: str):
    assert lint("chalicelib/notify/deliver.py", line) == [PERSONAL_DATA_MESSAGE]


def test_a_log_line_with_ids_is_accepted():
    assert lint("chalicelib/notify/deliver.py", "log.info('sent', order=order.id, endpoint=endpoint.name)") == []
    assert lint("chalicelib/notify/deliver.py", "log.info('sent', order=order['id'], kind=body.get('kind'))") == []
    assert lint("chalicelib/notify/deliver.py", "phone = order['phone']; file.write(phone)") == []
    assert lint("infra/deploy.py", "print('ready'); sys.stdout.write('ready')") == []


@pytest.mark.parametrize(
    "line",
    [
        "place.innerHTML = order.note;",
        "row.insertAdjacentHTML('beforeend', name)",
        "document.write(name)",
        "eval(text)",
        "<p>{{ note|safe }}</p>",
        "{% autoescape false %}",
    ],
)
def test_markup_made_from_a_string_is_reported(line: str):
    assert [message for _, message in lint_markup("storefront/assets/desk/work.js", line)] == [MARKUP_MESSAGE]


def test_an_element_with_text_content_is_accepted():
    assert list(lint_markup("storefront/assets/desk/work.js", "place.textContent = order.note;")) == []


def test_this_project_has_no_violations():
    assert list_violations(Path(__file__).parents[2]) == []


def test_a_secret_in_a_file_is_reported_and_a_known_test_value_is_not(tmp_path: Path):
    leak = tmp_path / "settings.py"
    leak.write_text('AWS_KEY = "AKIA' + 'IOSFODNN7EXAMPLQ"\npassword = "correct-horse' + '-battery"\n')
    fine = tmp_path / "fine.py"
    fine.write_text('AWS_SECRET_ACCESS_KEY = "test"\nname = "Sari"\n')

    findings = list(scan_secrets.find_secrets([leak, fine]))

    assert [line.split(" (")[0].replace(f"{leak}:", "") for line in findings] == [
        "1: AWS Access Key",
        "2: Secret Keyword",
    ]


def test_hidden_folders_are_not_scanned_except_two(tmp_path: Path):
    for folder in (".venv", ".local", ".chalice", "chalicelib", "build"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.json").write_text("{}")

    assert [file.parent.name for file in scan_secrets.list_files(tmp_path)] == [".chalice", "chalicelib"]
