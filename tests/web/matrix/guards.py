"""The lines of the product that refuse somebody something, and how to switch one of them off while it runs."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
# What a line calls, or raises, that lets nobody go on who may not.
CALLS = frozenset(
    {
        "enter",
        "enter_builder",
        "enter_owner",
        "enter_people",
        "enter_definition",
        "enter_steering",
        "only",
        "check_proof",
        "check_builds",
        "check_people",
        "check_writes",
    }
)
RAISES = frozenset({"Forbidden", "SignInNeeded", "ProofNeeded"})
NOTICE = "_a_guard_is_asked"


@dataclass(frozen=True)
class Guard:
    """A statement: in which file, at which line, inside of which function, and what it says."""

    file: str
    line: int
    function: str
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.says}"


def all_of_them() -> list[Guard]:
    """Every guard of the engine and the web."""
    files = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "web").rglob("*.py")])
    return [
        guard
        for path in files
        if "node_modules" not in path.parts and "/cli/" not in str(path)
        for guard in _in(str(path.relative_to(ROOT)), ast.parse(path.read_text()), "")
    ]


def _in(file: str, node: ast.AST, inside: str) -> Iterator[Guard]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _in(file, child, f"{inside}.{child.name}" if inside else child.name)
        else:
            if isinstance(child, ast.stmt) and inside and _guards(child):
                yield Guard(file, child.lineno, inside, ast.unparse(child)[:80])
            yield from _in(file, child, inside)


def _guards(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        return name in CALLS
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return isinstance(node.exc.func, ast.Name) and node.exc.func.id in RAISES
    return False


@contextmanager
def noticed(guards: list[Guard], asked: Callable[[Guard], None], *, off: bool = False) -> Iterator[None]:
    """Tell `asked` whenever one of the guards is come to. `off`: none of them refuses anything."""
    with ExitStack() as stack:
        for file, held in _by_file(guards).items():
            numbers = {one.line: place for place, one in enumerate(held)}

            def told(number: int, held: list[Guard] = held) -> None:
                asked(held[number])

            stack.enter_context(_changed(file, {one.function for one in held}, _Noting(numbers, off=off), told))
        yield


@contextmanager
def without(*guards: Guard) -> Iterator[None]:
    """The product without these lines."""
    with ExitStack() as stack:
        for file, held in _by_file(guards).items():
            lines = {one.line for one in held}
            stack.enter_context(_changed(file, {one.function for one in held}, _Removing(lines), None))
        yield


def _by_file(guards: Iterable[Guard]) -> dict[str, list[Guard]]:
    found: dict[str, list[Guard]] = {}
    for one in guards:
        found.setdefault(one.file, []).append(one)
    return found


class _Removing(ast.NodeTransformer):
    def __init__(self, lines: Collection[int]) -> None:
        self.lines = lines

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.stmt) and node.lineno in self.lines and _guards(node):
            return ast.copy_location(ast.Pass(), node)
        return super().generic_visit(node)


class _Noting(ast.NodeTransformer):
    def __init__(self, numbers: Mapping[int, int], *, off: bool) -> None:
        self.numbers = numbers
        self.off = off

    def generic_visit(self, node: ast.AST) -> Any:
        found = super().generic_visit(node)
        if isinstance(node, ast.stmt) and node.lineno in self.numbers and _guards(node):
            call = ast.parse(f"{NOTICE}({self.numbers[node.lineno]})").body[0]
            noting = ast.fix_missing_locations(ast.copy_location(call, node))
            return noting if self.off else [noting, found]
        return found


@contextmanager
def _changed(file: str, functions: set[str], change: ast.NodeTransformer, notice: Any) -> Iterator[None]:
    """The functions of a file with other code, as long as this lasts."""
    tree = ast.fix_missing_locations(change.visit(ast.parse((ROOT / file).read_text())))
    codes = _codes(compile(tree, str(ROOT / file), "exec"))
    module = importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    vars(module)[NOTICE] = notice
    held = {name: _function(module, name) for name in functions}
    before = {name: function.__code__ for name, function in held.items()}
    try:
        for name, function in held.items():
            function.__code__ = codes[name]
        yield
    finally:
        for name, function in held.items():
            function.__code__ = before[name]
        del vars(module)[NOTICE]


def _codes(code: CodeType, inside: str = "") -> dict[str, CodeType]:
    found: dict[str, CodeType] = {}
    for one in code.co_consts:
        if isinstance(one, CodeType):
            name = f"{inside}.{one.co_name}" if inside else one.co_name
            found |= {name: one, **_codes(one, name)}
    return found


@cache
def _function(module: Any, name: str) -> FunctionType:
    found = module
    for part in name.split("."):
        found = vars(found)[part]
        if isinstance(found, property):
            found = found.fget
        while hasattr(found, "__wrapped__"):
            found = found.__wrapped__
    assert isinstance(found, FunctionType), name
    return found
