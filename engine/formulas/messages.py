"""Messages: texts with expressions between `{{` and `}}`.

A message becomes one expression that joins its literal parts and its values. Each value is put in once; what
it contains, even `{{`, is never read again. A value that is an error is shown as `#ERROR!`.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.formulas.check import Formula, Scope, formula_of
from engine.formulas.check import check as check_expression
from engine.formulas.compile import Compiled, Environment
from engine.formulas.compile import compile as compile_expression
from engine.formulas.conversions import as_text
from engine.formulas.functions import functions
from engine.formulas.syntax import FormulaError, Mistake
from engine.formulas.typed import Apply, Constant, Typed
from engine.formulas.types import TEXT
from engine.text import _

MAX_LENGTH = 65_536
MAX_PLACEHOLDERS = 500
MAX_RESULT = 262_144  # characters; what is longer is cut
ERROR_SHOWN = "#ERROR!"


def check(text: str, scope: Scope) -> Formula:
    """The message as an expression that gives a text. Raises `FormulaError` with every mistake in its placeholders."""
    if len(text) > MAX_LENGTH:
        says = _("The message is longer than {count} characters.", count=MAX_LENGTH)
        raise FormulaError(says, MAX_LENGTH, len(text))
    pieces = list(_pieces(text))
    if sum(is_expression for is_expression, _piece, _start in pieces) > MAX_PLACEHOLDERS:
        raise FormulaError(_("The message has more than {count} placeholders.", count=MAX_PLACEHOLDERS), 0, len(text))
    parts: list[Typed] = []
    mistakes: list[Mistake] = []
    for is_expression, piece, start in pieces:
        if not is_expression:
            parts.append(Constant(piece, TEXT, start, start + len(piece)))
            continue
        try:
            parts.append(_shown(check_expression(piece, scope).tree, scope))
        except FormulaError as error:
            mistakes += [Mistake(one.says, one.start + start, one.end + start) for one in error.mistakes]
    if mistakes:
        raise FormulaError(*mistakes[0], *mistakes[1:])
    return formula_of(text, Apply(functions()["&"], tuple(parts or [Constant("", TEXT, 0, 0)]), TEXT, 0, len(text)))


def compile(message: Formula, environment: Environment) -> Compiled:
    """The filled-in message as SQL; it has no error."""
    return compile_expression(message, environment, MAX_RESULT)


def _shown(value: Typed, scope: Scope) -> Typed:
    error = Constant(ERROR_SHOWN, TEXT, value.start, value.end)
    return Apply(functions()["IFERROR"], (as_text(value, scope), error), TEXT, value.start, value.end)


def _pieces(text: str) -> Iterator[tuple[bool, str, int]]:
    """(is an expression, its text, where that begins) from left to right."""
    at = 0
    while (opening := text.find("{{", at)) >= 0:
        if opening > at:
            yield False, text[at:opening], at
        closing = _closing(text, opening + 2)
        if closing < 0:
            raise FormulaError(_("This {{ has no closing }}."), opening, len(text))
        yield True, text[opening + 2 : closing], opening + 2
        at = closing + 2
    if at < len(text):
        yield False, text[at:], at


def _closing(text: str, at: int) -> int:
    """Where the `}}` is that ends an expression; those in quotes or behind a field's name do not."""
    while at < len(text):
        one = text[at]
        if text.startswith("}}", at):
            return at
        if one in "\"'{":
            end = {"{": "}"}.get(one, one)
            at += 1
            while at < len(text) and text[at] != end:
                at += 2 if text[at] == "\\" else 1
        at += 1
    return -1
