"""Functions of expressions: one file is one family, and this folder is the list of them.

A function is a small declaration above the few lines that say its SQL. What a parameter `takes` is the
conversion that its argument goes through; the rest of the compiler spreads errors and fills blanks.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from engine.formulas.types import Type
from engine.text import Text

if TYPE_CHECKING:
    from engine.formulas.check import Checker
    from engine.formulas.dialects import Element
    from engine.formulas.part import Part
    from engine.formulas.syntax import Call
    from engine.formulas.typed import Typed

Takes = Literal[
    "any",
    "same",
    "comparable",
    "ordered",
    "text",
    "number",
    "boolean",
    "date",
    "list",
    "numbers",
    "sizes",
    "texts",
    "titles",
    "booleans",
]
Arguments = Sequence["Typed | None"]
Gives = Type | Callable[[Arguments], Type]


@dataclass(frozen=True)
class Parameter:
    """What an argument must be.

    `numbers`, `texts` and `booleans` also take lists of them, `sizes` numbers or dates and lists of either;
    `titles` takes lists, those of records by their names. All arguments that are `same` are turned into one type,
    which the function gives; all that are `comparable` (or `ordered`) into types that can be held against each other.
    """

    name: str
    takes: Takes
    optional: bool = False
    repeated: bool = False  # this and the parameters after it may be given again and again
    constant: bool = False  # must be written in the formula, not worked out
    words: tuple[str, ...] = ()  # the constant texts that are allowed


@dataclass(frozen=True)
class Function:
    """A function: what it takes and gives, its SQL, and how the function picker describes it.

    `lazy` functions see to their arguments' errors themselves. `risky` ones may make an error of their own.
    `blank` says that the result may be blank without an error. `asks` names what it needs from outside: the
    clock, the person, the business calendar, or the log of changes. `types` is for functions whose arguments are not
    all about the same record: it types the call itself (None after a mistake), and `compile` gets the typed arguments
    as they are.
    """

    name: str
    parameters: tuple[Parameter, ...]
    gives: Gives
    compile: Callable[..., Part | Element]
    about: Text
    example: str  # the expression, " is ", and what comes out
    lazy: bool = False
    risky: bool = False
    blank: bool = False
    asks: Literal["", "clock", "me", "calendar", "log"] = ""
    path: tuple[str, ...] = ()  # a field of the record that it stands for
    types: Callable[[Checker, Function, Call], Typed | None] | None = None
    arrange: Callable[[int], list[Parameter]] | None = None  # the parameters of so many arguments, if not in a row
    between: bool = False  # an operator that is a word and stands between its two values

    @property
    def is_word(self) -> bool:
        """Whether it is written NAME(...), not as an operator."""
        return self.name[0].isalpha() and not self.between

    @property
    def begins(self) -> str:
        """What one types of it first, such as `ROUND(`; empty where that is only a sign."""
        return f"{self.name}(" if self.is_word else f"{self.name} " if self.between else ""

    @property
    def signature(self) -> str:
        """How it is written, such as `ROUND(number, [decimals])`, `item IN list` or `+`."""
        if self.between:
            return f" {self.name} ".join(parameter.name for parameter in self.parameters)
        if not self.is_word:
            return self.name
        parts = []
        for parameter in self.parameters:
            name = f"[{parameter.name}]" if parameter.optional else parameter.name
            parts.append(f"{name}, ..." if parameter.repeated else name)
        return f"{self.name}({', '.join(parts)})"


@dataclass
class Family:
    """The functions of one file, under a heading."""

    label: Text
    functions: dict[str, Function] = field(default_factory=dict)

    def function(
        self, name: str, *parameters: Parameter, gives: Gives, about: Text, example: str, **more: Any
    ) -> Callable[[Callable[..., Part | Element]], Callable[..., Part | Element]]:
        """Declare the function whose SQL the decorated function says: (compiling, *arguments) -> element or part."""

        def declare(compile: Callable[..., Part | Element]) -> Callable[..., Part | Element]:
            self.functions[name] = Function(name, parameters, gives, compile, about, example, **more)
            return compile

        return declare


@cache
def families() -> dict[str, Family]:
    """All families by the names of their files."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_"))
    return {name: importlib.import_module(f"{__name__}.{name}").family for name in names}


@cache
def functions() -> dict[str, Function]:
    """All functions by name; names of operators are their signs."""
    return {name: one for family in families().values() for name, one in family.functions.items()}
