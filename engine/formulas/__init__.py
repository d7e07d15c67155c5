"""The one expression language: formulas, conditions, defaults, checks and the `{{ }}` of messages.

A text is parsed (`syntax.py`), checked against a scope (`check.py`) and compiled to SQL (`compile.py`) that
means the same on SQLite and PostgreSQL. Nothing that people write is ever run by Python.
"""

from engine.formulas import messages, sql
from engine.formulas.check import Formula, Scope, check, formula_of
from engine.formulas.compile import Compiled, Environment, compile
from engine.formulas.naming import with_keys, with_labels
from engine.formulas.syntax import FormulaError, Mistake, Node, parse
from engine.formulas.types import Type

__all__ = [
    "Compiled",
    "Environment",
    "Formula",
    "FormulaError",
    "Mistake",
    "Node",
    "Scope",
    "Type",
    "check",
    "compile",
    "formula_of",
    "messages",
    "parse",
    "sql",
    "with_keys",
    "with_labels",
]
