"""Lint rules of this project that no linter provides, checked on the syntax tree; part of `make check`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

Violation = tuple[int, str]  # line, message
MONEY_PACKAGES = (
    *("kit/money.py", "pricing/", "payments/", "orders/", "catalog/", "channels/", "customers/", "exchange/"),
    *("reporting/", "fulfillment/", "stock/"),
)
# Functions that compute with coordinates and distances instead of money.
GEOGRAPHY_FUNCTIONS = {
    "coordinate",
    "find_destination",
    "_delivery_point",
    "_json_to_point",
    "_parse_point",
    "_format_distance",
}
DEGREES = {"lat", "lon"}
DIRECT_WRITE_MESSAGE = "write through db.commit: a direct write is applied twice when its reply is lost"
FLOAT_MESSAGE = "money is whole minor units: use no floats, and name the rounding of a division"
SLEEP_MESSAGE = "wait for a condition instead of sleeping"
SIGNATURE_MESSAGE = "check the signature before parsing the body"
TEMPLATE_MESSAGE = "load templates from files: a template built from run-time text can execute it"
PERSONAL_DATA_MESSAGE = "log ids only: personal data in logs cannot be erased"
MARKUP_MESSAGE = "insert text as text: markup built from a string can execute it"
SIGNATURE_CHECKS = re.compile(r"verif|signature|compare_digest|construct_event|unsign", re.I)
JSON_PARSERS = {"json_body", "model_validate_json", "validate_json", "from_json"}
JSON_MODULE_FUNCTIONS = {"json": {"load", "loads"}, "compact_json": {"loads", "decompress"}}
# Benchmarks send at a fixed rate, and the kill loop kills at random moments.
PATHS_THAT_MAY_SLEEP = ("tests/verification/bench/", "tests/verification/faults/kill_loop.py")
# Templates from the message catalog, and images rendered by the build.
PATHS_THAT_MAY_BUILD_TEMPLATES = ("chalicelib/notify/message_templates.py", "storefront/manifest.py")
TEMPLATE_CONSTRUCTORS = {"Template", "from_string", "Markup"}
PERSONAL_FIELDS = {
    *("phone", "email", "street", "address", "contact", "recipient", "note", "bank_account"),
    *("token", "secret", "secrets", "password", "authorization"),
}
# Variables whose `.name` is the name of a person.
PERSON_OBJECTS = {"customer", "contact", "recipient", "person", "staff", "member", "principal"}
WRITE_METHODS = {
    "save",
    "batch_write",
    "put_item",
    "update_item",
    "delete_item",
    "batch_write_item",
    "transact_write_items",
}
WRITE_METHODS |= {"execute_statement", "batch_execute_statement", "execute_transaction"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
LOG_METHODS = {"warning", "info", "debug", "error", "exception", "critical"}
UNSAFE_MARKUP = re.compile(
    r"\.(inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|\|\s*safe\b|\bautoescape"
)


def list_violations(root: Path) -> list[str]:
    """All violations under `root` as `path:line: message`."""
    violations = []
    for folder, ending, rule in LINTERS:
        for file in sorted((root / folder).rglob(f"*{ending}")):
            path = file.relative_to(root).as_posix()
            violations += [f"{path}:{line}: {message}" for line, message in rule(path, file.read_text())]
    return violations


def lint_python(path: str, text: str) -> Iterator[Violation]:
    in_product, module = path.startswith("chalicelib/"), path.removeprefix("chalicelib/")
    tree = ast.parse(text)
    may_use_floats = {
        id(part) for node in ast.walk(tree) if names_rounding(node) or is_geography(node) for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if in_product and module != "kit/db.py" and is_direct_write(node):
            yield node.lineno, DIRECT_WRITE_MESSAGE  # type: ignore[attr-defined]
        if in_product and module.startswith(MONEY_PACKAGES) and is_float(node) and id(node) not in may_use_floats:
            yield node.lineno, FLOAT_MESSAGE  # type: ignore[attr-defined]
        if path.startswith("tests/") and not path.startswith(PATHS_THAT_MAY_SLEEP) and is_sleep(node):
            yield node.lineno, SLEEP_MESSAGE  # type: ignore[attr-defined]
        if not path.startswith("tests/"):
            yield from lint_untrusted_input(path, node)


def lint_untrusted_input(path: str, node: ast.AST) -> Iterator[Violation]:
    if isinstance(node, ast.FunctionDef) and (line := find_unverified_read(node)):
        yield line, SIGNATURE_MESSAGE
    if not isinstance(node, ast.Call):
        return
    if name_of(node.func) in TEMPLATE_CONSTRUCTORS and path not in PATHS_THAT_MAY_BUILD_TEMPLATES:
        yield node.lineno, TEMPLATE_MESSAGE
    if path.startswith("chalicelib/") and logs_personal_data(node):
        yield node.lineno, PERSONAL_DATA_MESSAGE


def lint_markup(path: str, text: str) -> Iterator[Violation]:
    for number, line in enumerate(text.splitlines(), start=1):
        if UNSAFE_MARKUP.search(line):
            yield number, MARKUP_MESSAGE


LINTERS = (
    ("chalicelib", ".py", lint_python),
    ("storefront", ".py", lint_python),
    ("infra", ".py", lint_python),
    ("tests", ".py", lint_python),
    ("storefront/assets", ".js", lint_markup),
    ("storefront/templates", ".html", lint_markup),
    ("chalicelib/templates", ".html", lint_markup),
)


def is_direct_write(node: ast.AST) -> bool:
    """Whether the node is a call of PynamoDB or botocore that writes. `db.update(…)` only builds a Write."""
    if isinstance(node, ast.Name | ast.alias):
        name = node.id if isinstance(node, ast.Name) else node.name
        return name in ("TransactWrite", "BatchWrite")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    method, target = node.func.attr, node.func.value
    if method == "update":
        return name_of(target) != "db" and (
            has_row_update_arguments(node) or any(is_update_action(arg) for arg in argument_nodes(node))
        )
    return method in WRITE_METHODS or (method == "delete" and name_of(target) != "db")


def has_row_update_arguments(call: ast.Call) -> bool:
    """Whether an `update` has the arguments of PynamoDB's method, which `dict.update` does not take."""
    if {keyword.arg for keyword in call.keywords} & {"actions", "condition"}:
        return True
    values = [arg.value if isinstance(arg, ast.Starred) else arg for arg in call.args]
    return any(isinstance(arg, ast.List | ast.Tuple) or name_of(arg) == "actions" for arg in values)


def argument_nodes(call: ast.Call) -> Iterator[ast.AST]:
    return (part for argument in (*call.args, *call.keywords) for part in ast.walk(argument))


def is_update_action(part: ast.AST) -> bool:
    """Whether the node is an update action on an attribute of a row, such as `Row.available.add(-1)`."""
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
        return False
    return part.func.attr in ("add", "set", "remove", "delete") and isinstance(part.func.value, ast.Attribute)


def names_rounding(node: ast.AST) -> bool:
    """Whether the node is `round_half_up(a / b)` or `(a / b).quantize(…, rounding=…)`."""
    if not isinstance(node, ast.Call):
        return False
    if name_of(node.func) == "quantize":
        return any(keyword.arg == "rounding" for keyword in node.keywords)
    return isinstance(node.func, ast.Name) and node.func.id == "round_half_up"


def is_geography(node: ast.AST) -> bool:
    """Whether the node is a function that computes with coordinates, or a coordinate in an example."""
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant)} == DEGREES
    return isinstance(node, ast.FunctionDef) and node.name in GEOGRAPHY_FUNCTIONS


def is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def is_sleep(node: ast.AST) -> bool:
    """Whether the node sleeps, under any name. `Event().wait(1)` is a sleep too: no other code can set that event."""
    match node:
        case ast.alias(name="sleep", asname=str()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=constructor), attr="wait")):
            return name_of(constructor) == "Event"
        case ast.Call(func=function):
            return name_of(function) in ("sleep", "wait_for_timeout")
    return False


def find_unverified_read(function: ast.FunctionDef) -> int:
    """The line where JSON is parsed in a function that checks a signature only later; 0 if there is none."""
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.Call | ast.Attribute)]
    checks = [
        node.lineno for node in nodes if isinstance(node, ast.Call) and SIGNATURE_CHECKS.search(name_of(node.func))
    ]
    reads = [node.lineno for node in nodes if is_json_read(node)]
    return next((line for line in sorted(reads) if checks and line <= min(checks)), 0)


def is_json_read(node: ast.Call | ast.Attribute) -> bool:
    """Whether the node parses JSON with Python, pydantic or the kit. `money.from_json` takes a dict."""
    if isinstance(node, ast.Attribute):
        return node.attr in JSON_PARSERS and name_of(node.value) != "money"
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in JSON_MODULE_FUNCTIONS.get(name_of(node.func.value), ())
    return name_of(node.func) in ("loads", "from_json")


def logs_personal_data(call: ast.Call) -> bool:
    """Whether the call logs personal data, or prints: the output of a Lambda function is part of its log."""
    if name_of(call.func) in ("print", "pprint") or any(name_of(part) in STREAMS for part in ast.walk(call.func)):
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOG_METHODS:
        return False
    logger = call.func.value.func if isinstance(call.func.value, ast.Call) else call.func.value
    if not re.fullmatch(r"_?(get)?log(ger|ging)?", name_of(logger), re.I):
        return False
    return any(is_personal_data(part) for part in ast.walk(call) if part is not call.func)


def is_personal_data(part: ast.AST) -> bool:
    if isinstance(part, ast.keyword):
        return part.arg in PERSONAL_FIELDS | {"name"}
    owner, field = owner_and_field(part)
    return field in PERSONAL_FIELDS or (field == "name" and owner_and_field(owner)[1] in PERSON_OBJECTS)


def owner_and_field(part: ast.AST) -> tuple[ast.AST, str]:
    """Split `order.phone`, `order["phone"]`, `order.get("phone")` or `getattr(order, "phone")`."""
    match part:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(field))):
            return owner, field
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(field)), *_]):
            return owner, field
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(field)), *_]):
            return owner, field
        case ast.Attribute(value=owner, attr=field):
            return owner, field
    return part, name_of(part)


def name_of(node: ast.AST) -> str:
    """`send` for `send`, `carrier.send` and `carriers[0].send`; empty for other nodes."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
