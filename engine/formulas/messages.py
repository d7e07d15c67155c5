"""Messages: texts with `{{ expression }}` in them. Each value is put in once; what it holds is never read again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.formulas import sql
from engine.formulas.check import Formula, Scope
from engine.formulas.check import check as check_formula
from engine.formulas.compile import Compiled, Environment
from engine.formulas.compile import compile as compile_formula
from engine.formulas.syntax import FormulaError, Mistake
from engine.formulas.types import TEXT
from engine.text import _

MAX_LENGTH = 64 * 1024
MAX_PLACES = 500
_OPEN, _CLOSE = "{{", "}}"
_PATH = re.compile(r"[^\W\d]\w*(\.\w+)*")


@dataclass(frozen=True)
class Message:
    """A message as what stands in it, in order: plain text, and checked expressions."""

    parts: tuple[str | Formula, ...]


def check(text: str, scope: Scope) -> Message:
    """The message taken apart. Raises `FormulaError` with every mistake at its place in `text`."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(_("A message has at most {most} characters.", most=MAX_LENGTH), MAX_LENGTH, len(text))
    parts: list[str | Formula] = []
    mistakes: list[Mistake] = []
    at = 0
    while (start := text.find(_OPEN, at)) >= 0:
        end = _end_of(text, start + len(_OPEN))
        if end < 0:
            mistakes.append(Mistake(_("Two opening braces need two closing braces after them."), start, len(text)))
            break
        parts.append(text[at:start])
        try:
            parts.append(_place(text[start + len(_OPEN) : end], scope))
        except FormulaError as error:
            shift = start + len(_OPEN)
            mistakes += [Mistake(one.says, one.start + shift, one.end + shift) for one in error.mistakes]
        at = end + len(_CLOSE)
    parts.append(text[at:])
    if len(parts) > 2 * MAX_PLACES:
        mistakes.append(Mistake(_("A message has at most {most} places to fill in.", most=MAX_PLACES), 0, len(text)))
    if mistakes:
        first, *rest = mistakes
        raise FormulaError(*first, *rest)
    return Message(tuple(part for part in parts if part != ""))


def compile(message: Message, environment: Environment) -> Compiled:
    """The filled-in message as SQL; what is blank or an error leaves nothing."""
    filled = [
        sql.text_constant(part)
        if isinstance(part, str)
        else sql.alike("coalesce({0}, '')", compile_formula(part, environment).value)
        for part in message.parts
    ]
    return Compiled(sql.joined(filled) if filled else sql.text_constant(""), None, TEXT)


def _end_of(text: str, at: int) -> int:
    """Where the place that begins at `at` ends: at the first `}}` outside a text and a field's braces; -1 if nowhere."""
    quote, depth = "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "{":
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
        elif text.startswith(_CLOSE, at):
            return at
        at += 1
    return -1


def _place(written: str, scope: Scope) -> Formula:
    """The expression of one place as a text; a bare path means the field."""
    lead = len(written) - len(written.lstrip())
    bare = written.strip()
    if _PATH.fullmatch(bare) and bare.upper() not in {"TRUE", "FALSE"}:
        bare = f"{{{bare}}}"
    try:
        check_formula(bare, scope)  # for its mistakes, at their places
    except FormulaError as error:
        first, *rest = (Mistake(one.says, one.start + lead, one.end + lead) for one in error.mistakes)
        raise FormulaError(*first, *rest) from error
    return check_formula(f"CONCATENATE({bare})", scope)
