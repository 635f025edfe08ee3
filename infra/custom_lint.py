"""Rules of this house that no bought linter knows, checked on the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

Violation = tuple[int, str]
MONEY_PACKAGES = (
    *("kit/money.py", "pricing/", "payments/", "orders/", "catalog/", "channels/", "customers/", "exchange/"),
    *("reporting/", "fulfillment/", "stock/"),
)
GEOGRAPHY_FUNCTIONS = {
    "coordinate",
    "find_destination",
    "_delivery_point",
    "_json_to_point",
    "_parse_point",
    "_format_distance",
}  # functions of where a place lies, and how far
DEGREES = {"lat", "lon"}
DIRECT_WRITE = "a write outside db.commit is applied twice when its reply is lost"
FLOAT = "money is counted in whole minor units; no floats, and a division names its rounding"
SLEEP = "a test waits for a condition, never for a time"
UNSIGNED = "what came over the wire is read before its signature was checked"
TEMPLATE = (
    "a template made of text at run time runs whatever that text says; only files and our own words are templates"
)
PERSONAL = "what is printed is kept for ever by somebody; log ids, and never a person"
MARKUP = "text goes in as text: an element made from a string runs what a stranger wrote in it"

SIGNATURE_CHECKS = re.compile(r"verif|signature|compare_digest|construct_event|unsign", re.I)
READS_JSON = {"json_body", "model_validate_json", "validate_json", "from_json"}
READERS = {"json": {"load", "loads"}, "compact_json": {"loads", "decompress"}}
MAY_SLEEP = (
    "tests/verification/bench/",
    "tests/verification/faults/kill_loop.py",
)  # a rate is kept, and who kills does it at no moment agreed
MAY_MAKE_TEMPLATES = (
    "chalicelib/notify/message_templates.py",
    "storefront/manifest.py",
)  # texts of our catalogue, and cards that we rendered
TEMPLATE_CONSTRUCTORS = {"Template", "from_string", "Markup"}
PERSONAL_FIELDS = {
    *("phone", "email", "street", "address", "contact", "recipient", "note", "bank_account"),
    *("token", "secret", "secrets", "password", "authorization"),
}
PERSON_OBJECTS = {
    "customer",
    "contact",
    "recipient",
    "person",
    "staff",
    "who",
    "principal",
}  # whose `.name` names somebody
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
    said = []
    for folder, ending, rule in LINTERS:
        for file in sorted((root / folder).rglob(f"*{ending}")):
            path = file.relative_to(root).as_posix()
            said += [f"{path}:{line}: {why}" for line, why in rule(path, file.read_text())]
    return said


def lint_python(path: str, text: str) -> Iterator[Violation]:
    room = path.removeprefix("chalicelib/")
    tree = ast.parse(text)
    rounded = {
        id(part) for node in ast.walk(tree) if names_rounding(node) or is_geography(node) for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if path.startswith("chalicelib/") and room != "kit/db.py" and is_direct_write(node):
            yield node.lineno, DIRECT_WRITE  # type: ignore[attr-defined]
        if room.startswith(MONEY_PACKAGES) and path != room and is_floating(node) and id(node) not in rounded:
            yield node.lineno, FLOAT  # type: ignore[attr-defined]
        if path.startswith("tests/") and not path.startswith(MAY_SLEEP) and is_sleep(node):
            yield node.lineno, SLEEP  # type: ignore[attr-defined]
        if not path.startswith("tests/"):
            yield from lint_untrusted_input(path, node)


def lint_untrusted_input(path: str, node: ast.AST) -> Iterator[Violation]:
    if isinstance(node, ast.FunctionDef) and (line := line_of_unverified_read(node)):
        yield line, UNSIGNED
    if isinstance(node, ast.Call) and path not in MAY_MAKE_TEMPLATES and name_of(node.func) in TEMPLATE_CONSTRUCTORS:
        yield node.lineno, TEMPLATE
    if isinstance(node, ast.Call) and path.startswith("chalicelib/") and logs_personal_data(node):
        yield node.lineno, PERSONAL


def lint_markup(path: str, text: str) -> Iterator[Violation]:
    for number, line in enumerate(text.splitlines(), start=1):
        if UNSAFE_MARKUP.search(line):
            yield number, MARKUP


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
    """A verb that sends at once, PynamoDB's or botocore's; `db.update(…)` and `db.delete(…)` only make a Write."""
    if isinstance(node, ast.Name | ast.alias):
        name = node.id if isinstance(node, ast.Name) else node.name
        return name in ("TransactWrite", "BatchWrite")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    verb, whose = node.func.attr, node.func.value
    if verb == "update":
        return name_of(whose) != "db" and (
            has_row_update_arguments(node) or any(is_update_action(arg) for arg in argument_nodes(node))
        )
    return verb in WRITE_METHODS or (verb == "delete" and name_of(whose) != "db")


def has_row_update_arguments(call: ast.Call) -> bool:
    """Told by its words; or it is given more than a dict is, which here is joined with `|` anyway."""
    if {keyword.arg for keyword in call.keywords} & {"actions", "condition"}:
        return True
    given = [arg.value if isinstance(arg, ast.Starred) else arg for arg in call.args]
    return any(isinstance(arg, ast.List | ast.Tuple) or name_of(arg) == "actions" for arg in given)


def argument_nodes(call: ast.Call) -> Iterator[ast.AST]:
    return (part for given in (*call.args, *call.keywords) for part in ast.walk(given))


def is_update_action(part: ast.AST) -> bool:
    """`Row.available.add(-1)`: an attribute of a row, told what becomes of it."""
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
        return False
    return part.func.attr in ("add", "set", "remove", "delete") and isinstance(part.func.value, ast.Attribute)


def names_rounding(node: ast.AST) -> bool:
    """`round_half_up(a / b)`, or `(a / b).quantize(…, rounding=…)`: the division names its rounding."""
    if not isinstance(node, ast.Call):
        return False
    if name_of(node.func) == "quantize":
        return any(keyword.arg == "rounding" for keyword in node.keywords)
    return isinstance(node.func, ast.Name) and node.func.id == "round_half_up"


def is_geography(node: ast.AST) -> bool:
    """No money is in them: a function of places, and the position in an example."""
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant)} == DEGREES
    return isinstance(node, ast.FunctionDef) and node.name in GEOGRAPHY_FUNCTIONS


def is_floating(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def is_sleep(node: ast.AST) -> bool:
    """By whatever name; waiting for an event made on the spot, which nobody can set, is sleeping too."""
    match node:
        case ast.alias(name="sleep", asname=str()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=made), attr="wait")):
            return name_of(made) == "Event"
        case ast.Call(func=called):
            return name_of(called) in ("sleep", "wait_for_timeout")
    return False


def line_of_unverified_read(function: ast.FunctionDef) -> int:
    """The line where JSON is read in a function that checks a signature further down; 0 where all is well."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Call | ast.Attribute)]
    checks = [
        node.lineno for node in found if isinstance(node, ast.Call) and SIGNATURE_CHECKS.search(name_of(node.func))
    ]
    reads = [node.lineno for node in found if is_json_read(node)]
    return next((line for line in sorted(reads) if checks and line <= min(checks)), 0)


def is_json_read(node: ast.Call | ast.Attribute) -> bool:
    """By Python's reader, by pydantic's or by the shop's; `money.from_json` reads a dict."""
    if isinstance(node, ast.Attribute):
        return node.attr in READS_JSON and name_of(node.value) != "money"
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in READERS.get(name_of(node.func.value), ())
    return name_of(node.func) in ("loads", "from_json")


def logs_personal_data(call: ast.Call) -> bool:
    """A log line about one, or a print of anything: what runs on AWS has nobody to print for."""
    if name_of(call.func) in ("print", "pprint") or any(name_of(part) in STREAMS for part in ast.walk(call.func)):
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOG_METHODS:
        return False
    logs = call.func.value.func if isinstance(call.func.value, ast.Call) else call.func.value
    if not re.fullmatch(r"_?(get)?log(ger|ging)?", name_of(logs), re.I):
        return False
    return any(is_personal_data(part) for part in ast.walk(call) if part is not call.func)


def is_personal_data(part: ast.AST) -> bool:
    if isinstance(part, ast.keyword):
        return part.arg in PERSONAL_FIELDS | {"name"}
    whose, what = owner_and_field(part)
    return what in PERSONAL_FIELDS or (what == "name" and owner_and_field(whose)[1] in PERSON_OBJECTS)


def owner_and_field(part: ast.AST) -> tuple[ast.AST, str]:
    """Of whom and what: `order.phone`, `order["phone"]`, `order.get("phone")` and `getattr(order, "phone")`."""
    match part:
        case ast.Subscript(value=whose, slice=ast.Constant(value=str(what))):
            return whose, what
        case ast.Call(func=ast.Attribute(value=whose, attr="get"), args=[ast.Constant(value=str(what)), *_]):
            return whose, what
        case ast.Call(func=ast.Name(id="getattr"), args=[whose, ast.Constant(value=str(what)), *_]):
            return whose, what
        case ast.Attribute(value=whose, attr=what):
            return whose, what
    return part, name_of(part)


def name_of(node: ast.AST) -> str:
    """`send` of `send`, of `carrier.send` and of `carriers[0].send`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
