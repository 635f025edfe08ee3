"""Mutants: the changes of mutmut's operators and dropped terms, and the places where they are made.

mutmut itself copies the whole tree for each mutant and skips properties, which the models use a lot; so only its
operators are used, and `runner.py` applies each mutant to the running process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

NEGATED_COMPARISONS: dict[type[cst.BaseCompOp], Callable[[], cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThanEqual,
    cst.LessThanEqual: cst.GreaterThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
}
JOINED_CONDITION = m.BooleanOperation() | m.BinaryOperation(operator=m.BitAnd() | m.BitOr())
COMPOSED_NODES = (cst.BooleanOperation, cst.BinaryOperation, cst.Comparison, cst.UnaryOperation, cst.IfExp)


@dataclass(frozen=True)
class Mutant:
    file: str
    function: str  # the qualified name: Level.available
    line: int
    start: int
    end: int
    before: str
    after: str

    def source(self) -> str:
        """Return the whole file with the change applied."""
        source = _read_source(self.file)
        return source[: self.start] + self.after + source[self.end :]

    @property
    def lines(self) -> tuple[str, str]:
        """Return the affected lines before and after the change, each joined to one line."""
        source = _read_source(self.file)
        first, last = source.rfind("\n", 0, self.start) + 1, source.find("\n", self.end)
        return _collapse_whitespace(source[first:last]), _collapse_whitespace(
            source[first : self.start] + self.after + source[self.end : last]
        )

    def __str__(self) -> str:
        before, becomes = self.lines
        return f"{self.file}:{self.line} {self.function}\n  - {before}\n  + {becomes}"


def _collapse_whitespace(text: str) -> str:
    return " ".join(text.split())


@cache
def _read_source(file: str) -> str:
    """Read a file once, so that edits during a run have no effect."""
    return Path(file).read_text()


def list_mutants(file: str, conditions: Iterable[str] | None = None) -> list[Mutant]:
    """Return the mutants of every function in the file.

    With `conditions` only condition expressions are changed, and the functions with these names, which compute values
    of conditions.
    """
    wrapper = MetadataWrapper(cst.parse_module(_read_source(file)))
    visitor = _MutantVisitor(file, wrapper.module, None if conditions is None else set(conditions))
    wrapper.visit(visitor)
    return list(dict.fromkeys(visitor.mutants))


class _MutantVisitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: str, module: cst.Module, conditions: set[str] | None) -> None:
        super().__init__()
        self.file, self.module, self.conditions = file, module, conditions
        self.names: list[str] = []
        self.function_depth = 0
        self.condition_stack: list[cst.CSTNode] = []
        self.mutants: list[Mutant] = []
        self.code = module.code  # the property renders the whole module
        self.lines = [0]
        for line in self.code.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.Annotation, cst.Decorator, cst.Parameters)):
            return False
        if isinstance(node, cst.ClassDef) or (isinstance(node, cst.FunctionDef) and not self.function_depth):
            self.names.append(node.name.value)
        if isinstance(node, cst.FunctionDef):
            self.function_depth += 1
        if self.function_depth:
            if self.conditions is not None and (_is_condition(node) or self._builds_condition(node)):
                self.condition_stack.append(node)
            if not isinstance(node, cst.FunctionDef):
                self._mutate(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self.condition_stack and self.condition_stack[-1] is original_node:
            self.condition_stack.pop()
        if isinstance(original_node, cst.FunctionDef):
            self.function_depth -= 1
        if isinstance(original_node, cst.ClassDef) or (
            isinstance(original_node, cst.FunctionDef) and not self.function_depth
        ):
            self.names.pop()

    def _builds_condition(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.FunctionDef):
            return False
        returned_type = self.module.code_for_node(node.returns.annotation) if node.returns else ""
        return "Condition" in returned_type or node.name.value in (self.conditions or ())

    def _mutate(self, node: cst.CSTNode) -> None:
        if self.conditions is None:
            changes = [*_mutmut_changes(node), *_drop_terms(node)]
        else:
            changes = [*_drop_condition(node)]
            if self.condition_stack:
                changes += [*_mutmut_changes(node), *_drop_terms(node)]
        for change in changes:
            self._add_mutant(node, change)

    def _add_mutant(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        at = self.get_metadata(PositionProvider, node)
        start, end = (self.lines[place.line - 1] + place.column for place in (at.start, at.end))
        before, after = self.code[start:end], self.module.code_for_node(changed)
        if isinstance(node, COMPOSED_NODES) or isinstance(changed, COMPOSED_NODES):
            after = f"({after})"
        if before != after:
            self.mutants.append(Mutant(self.file, ".".join(self.names), at.start.line, start, end, before, after))


def _mutmut_changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from operator(node)


def _drop_terms(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield changes that mutmut lacks: each side of a joined condition alone, and a negated comparison."""
    if isinstance(node, (cst.BooleanOperation, cst.BinaryOperation)) and m.matches(node, JOINED_CONDITION):
        yield node.left
        yield node.right
    if isinstance(node, cst.ComparisonTarget) and type(node.operator) in NEGATED_COMPARISONS:
        yield node.with_changes(operator=NEGATED_COMPARISONS[type(node.operator)]())


def _drop_condition(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the same write without its condition, and negated existence conditions."""
    if isinstance(node, cst.Arg) and node.keyword and node.keyword.value in ("when", "condition"):
        yield node.with_changes(value=cst.Name("None"), comma=cst.MaybeSentinel.DEFAULT)
    if m.matches(node, m.Attribute(value=m.Name("db"), attr=m.Name("create"))):
        yield cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name("put"))
    if m.matches(node, m.Attribute(attr=m.Name("does_not_exist"))):
        yield cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name("exists"))
    if m.matches(node, m.Attribute(attr=m.Name("exists"))):
        yield cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name("does_not_exist"))


def _is_condition(node: cst.CSTNode) -> bool:
    """Whether the node compares an attribute of a row, tests its existence, or joins such conditions."""
    if isinstance(node, cst.Comparison):
        return _is_row_attribute(node.left)
    if m.matches(node, m.Call(func=m.Attribute(attr=m.Name("exists") | m.Name("does_not_exist")))):
        return True
    joined = m.BinaryOperation(operator=m.BitAnd() | m.BitOr(), right=~(m.Integer() | m.Dict()))
    return isinstance(node, cst.BinaryOperation) and m.matches(node, joined)


def _is_row_attribute(node: Any) -> bool:
    if m.matches(node, m.Attribute(value=m.Name())):
        return bool(node.value.value.endswith("Row"))
    return m.matches(node, m.Call(func=m.Name("getattr"))) and _is_row_attribute(
        cst.Attribute(value=node.args[0].value, attr=cst.Name("any"))
    )
