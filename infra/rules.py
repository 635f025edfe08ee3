"""Rules of this house that no bought linter knows, checked on the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Found = tuple[int, str]
MONEY_ROOMS = ("kit/money.py", "pricing/", "payments/", "orders/", "catalog/")
BARE = "a write outside db.commit is applied twice when its reply is lost"
FLOAT = "money is counted in whole minor units; no floats, and a division names its rounding"
SLEEP = "a test waits for a condition, never for a time"


def complaints(root: Path) -> list[str]:
    said = []
    for file in sorted([*(root / "chalicelib").rglob("*.py"), *(root / "tests").rglob("*.py")]):
        for line, why in complaints_of(file.relative_to(root).as_posix(), file.read_text()):
            said.append(f"{file.relative_to(root)}:{line}: {why}")
    return said


def complaints_of(path: str, text: str) -> Iterator[Found]:
    room = path.removeprefix("chalicelib/")
    tree = ast.parse(text)
    rounded = {id(part) for node in ast.walk(tree) if rounds(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if path.startswith("chalicelib/") and room != "kit/db.py" and writes_alone(node):
            yield node.lineno, BARE  # type: ignore[attr-defined]
        if room.startswith(MONEY_ROOMS) and path != room and is_floating(node) and id(node) not in rounded:
            yield node.lineno, FLOAT  # type: ignore[attr-defined]
        if path.startswith("tests/") and not path.startswith("tests/bench/") and sleeps(node):  # a bench keeps a rate
            yield node.lineno, SLEEP  # type: ignore[attr-defined]


def writes_alone(node: ast.AST) -> bool:
    """PynamoDB's own verbs, which send at once; a counter with `.add(` may stand only in a Write."""
    if isinstance(node, ast.Name | ast.alias):
        name = node.id if isinstance(node, ast.Name) else node.name
        return name in ("TransactWrite", "BatchWrite")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    given = {keyword.arg for keyword in node.keywords}
    return node.func.attr in ("save", "batch_write") or (node.func.attr == "update" and "actions" in given)


def rounds(node: ast.AST) -> bool:
    """`half_up(a / b)`: the division names its rounding."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "half_up"


def is_floating(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "float"
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def sleeps(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "sleep"
