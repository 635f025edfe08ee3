"""Rules of this house that no bought linter knows, checked on the syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

Found = tuple[int, str]
MONEY_ROOMS = (
    *("kit/money.py", "pricing/", "payments/", "orders/", "catalog/", "channels/", "customers/", "exchange/"),
    *("reporting/", "fulfillment/", "stock/"),
)
WHERE = {"coordinate", "destination", "_point", "_kilometers"}  # functions of where a place lies, and how far
DEGREES = {"lat", "lon"}
BARE = "a write outside db.commit is applied twice when its reply is lost"
FLOAT = "money is counted in whole minor units; no floats, and a division names its rounding"
SLEEP = "a test waits for a condition, never for a time"
UNSIGNED = "what came over the wire is read before its signature was checked"
TEMPLATE = (
    "a template made of text at run time runs whatever that text says; only files and our own words are templates"
)
PERSONAL = "what is printed is kept for ever by somebody; log ids, and never a person"
MARKUP = "text goes in as text: an element made from a string runs what a stranger wrote in it"

CHECKS = re.compile(r"verif|signature|compare_digest|construct_event|unsign", re.I)
READS_JSON = {"json_body", "model_validate_json", "validate_json", "from_json"}
READERS = {"json": {"load", "loads"}, "compact": {"read", "unpack"}}
KEEP_TIME = (
    "tests/verification/bench/",
    "tests/verification/faults/kill.py",
)  # a rate is kept, and who kills does it at no moment agreed
OURS = ("chalicelib/notify/words.py", "storefront/manifest.py")  # texts of our catalogue, and cards that we rendered
MAKES_TEMPLATES = {"Template", "from_string", "Markup"}
PERSON = {
    *("phone", "email", "street", "address", "contact", "recipient", "note", "bank_account"),
    *("token", "secret", "secrets", "password", "authorization"),
}
PEOPLE = {"customer", "contact", "recipient", "person", "staff", "who", "principal"}  # whose `.name` names somebody
SENDS = {"save", "batch_write", "put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items"}
SENDS |= {"execute_statement", "batch_execute_statement", "execute_transaction"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
LOGS = {"decision", "warning", "bug", "info", "debug", "error", "exception", "critical"}
MAKES_ELEMENTS = re.compile(
    r"\.(inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function\(|\|\s*safe\b|\bautoescape"
)


def complaints(root: Path) -> list[str]:
    said = []
    for folder, ending, rule in ROADS:
        for file in sorted((root / folder).rglob(f"*{ending}")):
            path = file.relative_to(root).as_posix()
            said += [f"{path}:{line}: {why}" for line, why in rule(path, file.read_text())]
    return said


def complaints_of(path: str, text: str) -> Iterator[Found]:
    room = path.removeprefix("chalicelib/")
    tree = ast.parse(text)
    rounded = {id(part) for node in ast.walk(tree) if rounds(node) or is_of_places(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if path.startswith("chalicelib/") and room != "kit/db.py" and writes_alone(node):
            yield node.lineno, BARE  # type: ignore[attr-defined]
        if room.startswith(MONEY_ROOMS) and path != room and is_floating(node) and id(node) not in rounded:
            yield node.lineno, FLOAT  # type: ignore[attr-defined]
        if path.startswith("tests/") and not path.startswith(KEEP_TIME) and sleeps(node):
            yield node.lineno, SLEEP  # type: ignore[attr-defined]
        if not path.startswith("tests/"):
            yield from said_of_strangers(path, node)


def said_of_strangers(path: str, node: ast.AST) -> Iterator[Found]:
    if isinstance(node, ast.FunctionDef) and (line := reads_before_checking(node)):
        yield line, UNSIGNED
    if isinstance(node, ast.Call) and path not in OURS and name_of(node.func) in MAKES_TEMPLATES:
        yield node.lineno, TEMPLATE
    if isinstance(node, ast.Call) and path.startswith("chalicelib/") and tells_of_a_person(node):
        yield node.lineno, PERSONAL


def complaints_of_pages(path: str, text: str) -> Iterator[Found]:
    for number, line in enumerate(text.splitlines(), start=1):
        if MAKES_ELEMENTS.search(line):
            yield number, MARKUP


ROADS = (
    ("chalicelib", ".py", complaints_of),
    ("storefront", ".py", complaints_of),
    ("infra", ".py", complaints_of),
    ("tests", ".py", complaints_of),
    ("storefront/assets", ".js", complaints_of_pages),
    ("storefront/templates", ".html", complaints_of_pages),
    ("chalicelib/templates", ".html", complaints_of_pages),
)


def writes_alone(node: ast.AST) -> bool:
    """A verb that sends at once, PynamoDB's or botocore's; `db.update(…)` and `db.delete(…)` only make a Write."""
    if isinstance(node, ast.Name | ast.alias):
        name = node.id if isinstance(node, ast.Name) else node.name
        return name in ("TransactWrite", "BatchWrite")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    verb, whose = node.func.attr, node.func.value
    if verb == "update":
        return name_of(whose) != "db" and (updates_a_row(node) or any(is_an_action(arg) for arg in parts_of(node)))
    return verb in SENDS or (verb == "delete" and name_of(whose) != "db")


def updates_a_row(call: ast.Call) -> bool:
    """Told by its words; or it is given more than a dict is, which here is joined with `|` anyway."""
    if {keyword.arg for keyword in call.keywords} & {"actions", "condition"}:
        return True
    given = [arg.value if isinstance(arg, ast.Starred) else arg for arg in call.args]
    return any(isinstance(arg, ast.List | ast.Tuple) or name_of(arg) == "actions" for arg in given)


def parts_of(call: ast.Call) -> Iterator[ast.AST]:
    return (part for given in (*call.args, *call.keywords) for part in ast.walk(given))


def is_an_action(part: ast.AST) -> bool:
    """`Row.available.add(-1)`: an attribute of a row, told what becomes of it."""
    if not isinstance(part, ast.Call) or not isinstance(part.func, ast.Attribute):
        return False
    return part.func.attr in ("add", "set", "remove", "delete") and isinstance(part.func.value, ast.Attribute)


def rounds(node: ast.AST) -> bool:
    """`half_up(a / b)`, or `(a / b).quantize(…, rounding=…)`: the division names its rounding."""
    if not isinstance(node, ast.Call):
        return False
    if name_of(node.func) == "quantize":
        return any(keyword.arg == "rounding" for keyword in node.keywords)
    return isinstance(node.func, ast.Name) and node.func.id == "half_up"


def is_of_places(node: ast.AST) -> bool:
    """No money is in them: a function of places, and the position in an example."""
    if isinstance(node, ast.Dict):
        return {key.value for key in node.keys if isinstance(key, ast.Constant)} == DEGREES
    return isinstance(node, ast.FunctionDef) and node.name in WHERE


def is_floating(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def sleeps(node: ast.AST) -> bool:
    """By whatever name; waiting for an event made on the spot, which nobody can set, is sleeping too."""
    match node:
        case ast.alias(name="sleep", asname=str()):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=made), attr="wait")):
            return name_of(made) == "Event"
        case ast.Call(func=called):
            return name_of(called) in ("sleep", "wait_for_timeout")
    return False


def reads_before_checking(function: ast.FunctionDef) -> int:
    """The line where JSON is read in a function that checks a signature further down; 0 where all is well."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Call | ast.Attribute)]
    checks = [node.lineno for node in found if isinstance(node, ast.Call) and CHECKS.search(name_of(node.func))]
    reads = [node.lineno for node in found if reads_json(node)]
    return next((line for line in sorted(reads) if checks and line <= min(checks)), 0)


def reads_json(node: ast.Call | ast.Attribute) -> bool:
    """By Python's reader, by pydantic's or by the shop's; `money.from_json` reads a dict."""
    if isinstance(node, ast.Attribute):
        return node.attr in READS_JSON and name_of(node.value) != "money"
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in READERS.get(name_of(node.func.value), ())
    return name_of(node.func) in ("loads", "from_json")


def tells_of_a_person(call: ast.Call) -> bool:
    """A log line about one, or a print of anything: what runs on AWS has nobody to print for."""
    if name_of(call.func) in ("print", "pprint") or any(name_of(part) in STREAMS for part in ast.walk(call.func)):
        return True
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LOGS:
        return False
    logs = call.func.value.func if isinstance(call.func.value, ast.Call) else call.func.value
    if not re.fullmatch(r"_?(get)?log(ger|ging)?", name_of(logs), re.I):
        return False
    return any(names_a_person(part) for part in ast.walk(call) if part is not call.func)


def names_a_person(part: ast.AST) -> bool:
    if isinstance(part, ast.keyword):
        return part.arg in PERSON | {"name"}
    whose, what = asked_for(part)
    return what in PERSON or (what == "name" and asked_for(whose)[1] in PEOPLE)


def asked_for(part: ast.AST) -> tuple[ast.AST, str]:
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
