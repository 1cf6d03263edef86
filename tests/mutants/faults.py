"""The faults that a source could have. Pure: a text in, places and replacements out.

Each is what a tired person might write: a condition that is dropped or turned round, a limit that is one off, a
comparison that takes its edge along, a statement or an argument that is missing, two statements in the wrong order, a
cancel scope that no longer shields, and in SQL a condition that is not asked (whose row it is, most often).
What only a reader of logs would notice is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "nsmallest": "nlargest"}
SQL = re.compile(r"\b(?:select|update|delete from|insert into|where)\b")
SQL_FAULTS = (
    (re.compile(r"\b(?:[a-z]+\.)?tenant_id = \$\d"), r"(\g<0> or true)"),
    (re.compile(r"\band (?:not )?[a-z_.]+ (?:=|<>|>=?|<=?|is not|is) [$\w.]+(?=[\s)]|$)"), ""),
    (re.compile(r"(?<= )desc\b"), "asc"),
    (re.compile(r"(?<= )<(?= )"), "<="),
    (re.compile(r"(?<= )>(?= )"), ">="),
    (re.compile(r"(?<= )<=(?= )"), "<"),
    (re.compile(r"(?<= )>=(?= )"), ">"),
)
NOT_RUN = ("annotation", "returns", "decorator_list", "bases", "type_params")
"""Parts of a node that only a reader or a type checker looks at; of a class its keywords, too (`frozen`, `kw_only`)."""
TYPES_ALONE = ("TypeVar(", "ParamSpec(")
TOLD_TO_NOBODY = ("log.", "telemetry.", "self._telemetry.", "warnings.")
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete)


@dataclass(frozen=True, order=True)
class Fault:
    """Bytes `start` to `end` of the source are `now` instead."""

    start: int
    end: int
    line: int
    now: str
    was: str

    def applied(self, source: bytes) -> bytes:
        """The source with the fault in it."""
        return source[: self.start] + self.now.encode() + source[self.end :]

    def __str__(self) -> str:
        was, now = (" ".join(text.split())[:70] for text in (self.was, self.now))
        return f"{self.line}: {was}  →  {now or 'nothing'}"


class Source:
    """A text, and where its nodes stand in it."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where it begins and ends."""
        end_line, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[end_line - 1] + end

    def fault(self, start: int, end: int, now: str) -> Fault:
        """These bytes replaced."""
        was = self.text[start:end].decode()
        return Fault(start, end, self.text.count(b"\n", 0, start) + 1, now, was)

    def instead(self, node: ast.expr | ast.stmt, now: str) -> Fault:
        """A node replaced."""
        return self.fault(*self.span(node), now)

    def of(self, node: ast.expr | ast.stmt) -> str:
        """A node's own text."""
        start, end = self.span(node)
        return self.text[start:end].decode()


def faults(text: bytes) -> list[Fault]:
    """Every fault that we know how to make in this module, in the order of its text, each one once."""
    source = Source(text)
    found = {fault for node in _looked_at(ast.parse(text)) for fault in _of_node(source, node)}
    return sorted(found)


def _looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """What runs, and can be noticed: no annotations, decorators, docstrings, logs, and nothing of types alone."""
    if _is_idle(node):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in NOT_RUN or (name == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _looked_at(child)


def _is_idle(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert() | ast.Raise():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__slots__")]) | ast.JoinedStr():
            return True
        case ast.Expr() | ast.Call():
            return ast.unparse(node).removeprefix("await ").startswith((*TOLD_TO_NOBODY, *TYPES_ALONE))
        case _:
            return False


def _of_node(source: Source, node: ast.AST) -> Iterator[Fault]:
    match node:
        case ast.Compare(ops=[op], left=left, comparators=[right]):
            yield _between(source, left, right, *COMPARED[type(op)])
        case ast.BoolOp(values=values):
            yield from (source.instead(node, _joined(source, node, left_out)) for left_out in range(len(values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield source.instead(node, f"({source.of(operand)})")
        case ast.If(test=test) | ast.IfExp(test=test):
            yield from (source.instead(test, constant) for constant in ("True", "False"))
        case ast.comprehension(ifs=ifs):
            yield from (source.instead(condition, "True") for condition in ifs)
        case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
            yield _between(source, left, right, *(("+", "-") if isinstance(op, ast.Add) else ("-", "+")))
        case ast.Constant(value=bool() as value):
            yield source.instead(node, str(not value))
        case ast.Constant(value=int() as value):
            yield source.instead(node, str(value + 1))
        case ast.Constant(value=str() as value) if SQL.search(value):
            yield from _of_sql(source, node)
        case ast.Call():
            yield from _of_call(source, node)
        case _:
            pass
    yield from _of_blocks(source, node)


def _between(source: Source, left: ast.expr, right: ast.expr, was: str, now: str) -> Fault:
    """The sign between two operands, which may stand in brackets."""
    start = source.span(left)[1]
    found = re.search(re.escape(was).replace("\\ ", r"\s+").encode(), source.text[start : source.span(right)[0]])
    if found is None:
        raise ValueError(f"no {was} between {source.of(left)} and {source.of(right)}")
    return source.fault(start + found.start(), start + found.end(), now)


def _joined(source: Source, node: ast.BoolOp, left_out: int) -> str:
    kept = [f"({source.of(value)})" for number, value in enumerate(node.values) if number != left_out]
    return f"({(' and ' if isinstance(node.op, ast.And) else ' or ').join(kept)})"


def _of_sql(source: Source, node: ast.Constant) -> Iterator[Fault]:
    start, end = source.span(node)
    text = source.text[start:end].decode()
    for pattern, now in SQL_FAULTS:
        for found in pattern.finditer(text):
            before = len(text[: found.start()].encode())
            yield source.fault(start + before, start + before + len(found[0].encode()), found.expand(now))


def _of_call(source: Source, node: ast.Call) -> Iterator[Fault]:
    if isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield source.instead(node.func, CALLED[node.func.id])
    for keyword in node.keywords:
        if keyword.arg is not None:
            start, end = source.span(keyword)
            comma = re.match(rb"\s*,", source.text[end:])
            yield source.fault(start, end + (comma.end() if comma else 0), "")


def _of_blocks(source: Source, node: ast.AST) -> Iterator[Fault]:
    """A statement is missing, or two change places. What a class or a module consists of stays."""
    if isinstance(node, ast.ClassDef | ast.Module):
        return
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        statements = [each for each in block if isinstance(each, ast.stmt)] if isinstance(block, list) else []
        yield from (source.instead(each, "pass") for each in statements if _may_go(each))
        for one, other in pairwise(statements):
            if isinstance(one, SIMPLE) and isinstance(other, SIMPLE) and _order_matters(one, other):
                yield _swapped(source, one, other)


def _may_go(statement: ast.stmt) -> bool:
    """Names that are not bound would only be noticed as such."""
    if _is_idle(statement):
        return False
    match statement:
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Break():
            return True
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
        case _:
            return False


def _order_matters(one: ast.stmt, other: ast.stmt) -> bool:
    """Not where the second needs a name that the first one binds, which is noticed as such, nor of two that only keep
    values, neither of them one that the other reads: that is no fault.
    """
    if _is_idle(one) or _is_idle(other) or _bound(one) & _said(other):
        return False
    if any(_is_constant(each) and not _bound(each) & _said(beside) for each, beside in ((one, other), (other, one))):
        return False
    if not (isinstance(one, ast.Assign) and isinstance(other, ast.Assign)):
        return True
    waits = any(isinstance(node, ast.Await | ast.Yield) for each in (one, other) for node in ast.walk(each))
    return waits or bool(_kept(one) & _said(other.value) or _kept(other) & _said(one.value))


def _is_constant(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name()], value=ast.Constant() | ast.Name()):
            return True
        case _:
            return False


def _bound(statement: ast.stmt) -> set[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {node.id for target in targets for node in ast.walk(target) if _is_bound(node)}


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _kept(statement: ast.Assign) -> set[str]:
    return {ast.unparse(target) for target in statement.targets}


def _said(node: ast.AST) -> set[str]:
    """The names and attributes in it."""
    return {ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.expr)}


def _swapped(source: Source, one: ast.stmt, other: ast.stmt) -> Fault:
    (start, first_end), (second, end) = source.span(one), source.span(other)
    between = source.text[first_end:second].decode()
    return source.fault(start, end, f"{source.of(other)}{between}{source.of(one)}")
