"""From text to a tree: tokens and a Pratt parser that knows for every node where it stands.

Operators by falling precedence: `-x`, `* /`, `+ -`, `&`, `< <= > >= = != IN`; all left associative. A run of
operators of one precedence is one flat `Chain`, so that a long sum is no deep tree. `// ...` to the end of the line and
`/* ... */` are comments.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from engine.errors import FormworkError
from engine.text import Text, _

MAX_LENGTH = 32_768
MAX_NODES = 2_000
BEFORE_ALL = ("AND", "OR", "XOR")  # functions that other languages write between their values
MAX_DEPTH = 50
MAX_DIGITS = 15


class Mistake(NamedTuple):
    """One thing wrong with an expression: what to do, and where it stands (offsets into the text)."""

    says: Text
    start: int
    end: int


class FormulaError(FormworkError):
    """The expression cannot be used. `says`, `start`, `end` are the first mistake; `mistakes` has them all."""

    status = 422
    code = "invalid_formula"

    def __init__(self, says: Text, start: int, end: int, *more: Mistake) -> None:
        super().__init__(says)
        self.start = start
        self.end = end
        self.mistakes = (Mistake(says, start, end), *more)

    def told(self, before: int = 0) -> list[Text]:
        """Every mistake with its place, counted from 1, in a text where so many characters stand before the formula."""
        return [
            _("{problem} (character {position})", problem=one.says, position=before + one.start + 1)
            for one in self.mistakes
        ]


@dataclass(frozen=True)
class Literal:
    """A text or a number that stands in the expression."""

    value: str | Decimal
    start: int
    end: int


@dataclass(frozen=True)
class Name:
    """A field: `{account.name}` or a bare word. `text` is all that stood between the braces."""

    text: str
    start: int
    end: int
    bare: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The text cut at its dots."""
        return tuple(part.strip() for part in self.text.split("."))


@dataclass(frozen=True)
class Call:
    """A function with its arguments; `name_end` is where its name ends."""

    name: str
    arguments: tuple[Node, ...]
    start: int
    end: int
    name_end: int


@dataclass(frozen=True)
class Chain:
    """`first` and then operators of one precedence with their operands, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    start: int
    end: int


@dataclass(frozen=True)
class Minus:
    """`-operand`."""

    operand: Node
    start: int
    end: int


Node = Literal | Name | Call | Chain | Minus


class Token(NamedTuple):
    """A piece of the text: `kind` is number, text, name, word, end, or the operator itself."""

    kind: str
    text: str
    start: int
    end: int


PRECEDENCE = {"=": 1, "!=": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "IN": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_WIDE = {"（": "(", "）": ")", "，": ","}  # as Chinese keyboards type them
_TOKEN = re.compile(
    r"""(?P<space>([\s\u3000\ufeff]|//[^\n]*|/\*.*?\*/)+)
      | (?P<number>(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?)
      | (?P<quote>["'])
      | (?P<brace>\{)
      | (?P<word>[^\W\d][\w.]*)
      | (?P<operator>/(?!\*)|<=|>=|!=|<>|[-+*&=<>(),（），])""",
    re.VERBOSE | re.DOTALL,
)


def parse(text: str) -> Node:
    """The tree of an expression. Raises `FormulaError` at the first place that cannot be read."""
    if len(text) > MAX_LENGTH:
        says = _(
            "The formula is longer than {count} characters. Move a part into a field of its own.", count=MAX_LENGTH
        )
        raise FormulaError(says, MAX_LENGTH, len(text))
    return _Parser(text, tokens(text)).whole()


def tokens(text: str) -> list[Token]:
    """The pieces of the text, ended by one of kind "end". Raises `FormulaError`."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(_unknown(text, at), at, at + 1)
        kind = match.lastgroup or ""
        if match.group("quote"):
            found.append(_text_token(text, at))
        elif match.group("brace"):
            found.append(_name_token(text, at))
        elif match.group("number"):
            found.append(_number_token(text, match.group(), at))
        elif match.group("word"):
            found.append(Token("word", match.group().rstrip("."), at, at + len(match.group().rstrip("."))))
        elif match.group("operator"):
            operator = {"<>": "!="}.get(match.group(), _WIDE.get(match.group(), match.group()))
            found.append(Token(operator, match.group(), at, match.end()))
        at = match.end() if kind == "space" else found[-1].end
    return [*found, Token("end", "", len(text), len(text))]


def _unknown(text: str, at: int) -> Text:
    character = text[at]
    if character == "%":
        return _("% is no operator. For ten percent write 0.1, for the remainder MOD(a, b).")
    if text.startswith("/*", at):
        return _("This comment has no closing */.")
    if character == "^":
        return _("^ is no operator. Write POWER(base, exponent).")
    if character == "|":
        return _("| is no operator. Write OR(a, b), or & to join texts.")
    if character == "!":
        return _("! stands only in !=. Write NOT(a).")
    if character == ";":
        return _("Separate arguments by commas.")
    if character in "“”„‘’«»「」":
        return _('Put texts in straight quotes: "text".')
    if character == "}":
        return _("This } has no { before it.")
    return _("“{character}” does not belong here.", character=character)


def _text_token(text: str, start: int) -> Token:
    quote, parts, at = text[start], [], start + 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and at + 1 < len(text):
            following = text[at + 1]
            # Anything else keeps its backslash, so that "\d" in a pattern means what people expect.
            parts.append(_ESCAPES.get(following, "\\" + following))
            at += 2
        else:
            parts.append(text[at])
            at += 1
    if at >= len(text):
        raise FormulaError(_("This text has no closing {quote}.", quote=quote), start, len(text))
    return Token("text", unicodedata.normalize("NFC", "".join(parts).replace("\x00", "")), start, at + 1)


def _name_token(text: str, start: int) -> Token:
    at = start + 1
    while at < len(text) and text[at] != "}":
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise FormulaError(_("This { has no closing }."), start, len(text))
    name = re.sub(r"\\(.)", r"\1", text[start + 1 : at]).strip()
    if not name:
        raise FormulaError(_("Write a field's name between { and }."), start, at + 1)
    return Token("name", unicodedata.normalize("NFC", name), start, at + 1)


def _number_token(text: str, number: str, start: int) -> Token:
    end = start + len(number)
    if end < len(text) and (text[end].isalnum() or text[end] == "_"):
        says = _("A number ends before a letter. A field's name that begins with a digit stands in braces.")
        raise FormulaError(says, start, end + 1)
    return Token("number", number, start, end)


class _Parser:
    def __init__(self, text: str, found: list[Token]) -> None:
        self.text = text
        self.tokens = found
        self.at = 0
        self.nodes = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def word(self) -> str:
        return self.token.text.upper() if self.token.kind == "word" else ""

    @property
    def operator(self) -> str:
        """The token where an operator may stand: IN is a word that anywhere else is a field's name."""
        return self.word or self.token.kind

    def whole(self) -> Node:
        if self.token.kind == "end":
            raise FormulaError(_("The formula is empty."), 0, len(self.text))
        node = self.expression()
        if self.token.kind == "end":
            return node
        if self.token.kind == ")":
            raise self.error(_("This ) has no ( before it."))
        if self.token.kind == ",":
            raise self.error(_("A comma stands only between the arguments of a function."))
        if (word := self.token.text.upper()) in BEFORE_ALL:
            raise self.error(
                _("{word} stands before all that it joins. Write {example}.", word=word, example=f"{word}(a, b)")
            )
        raise self.error(_("An operator is missing before {found}, such as + or &.", found=self.token.text))

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            says = _("This is nested deeper than {count} levels. Move a part into a field of its own.", count=MAX_DEPTH)
            raise self.error(says)
        node = self.binding_tighter_than(0)
        self.depth -= 1
        return node

    def binding_tighter_than(self, level: int) -> Node:
        node = self.operand()
        while (tighter := PRECEDENCE.get(self.operator, 0)) > level:
            rest: list[tuple[str, Node]] = []
            while PRECEDENCE.get(self.operator, 0) == tighter:
                operator = self.operator
                self.next()
                if operator == "=" and self.token.kind in {"=", "<", ">"}:
                    raise self.error(_("Two operators in a row. To compare, write one of = != < <= > >=."))
                rest.append((operator, self.binding_tighter_than(tighter)))
            node = self.made(Chain(node, tuple(rest), node.start, rest[-1][1].end))
        if self.word == "NOT":
            raise self.error(_("NOT stands before all of it. Write {example}.", example="NOT({a} IN {b})"))
        return node

    def operand(self) -> Node:
        token = self.next()
        if token.kind == "number":
            return self.made(Literal(self.number(token), token.start, token.end))
        if token.kind == "text":
            return self.made(Literal(token.text, token.start, token.end))
        if token.kind == "name":
            return self.made(Name(token.text, token.start, token.end))
        if token.kind == "word":
            if self.token.kind == "(":
                return self.call(token)
            return self.made(Name(token.text, token.start, token.end, bare=True))
        if token.kind == "(":
            node = self.expression()
            self.expect(")", token)
            return node
        if token.kind in {"-", "+"}:
            return self.signed(token)
        raise self.missing(token)

    def signed(self, token: Token) -> Node:
        minus = token.kind == "-"
        while self.token.kind in {"-", "+"}:
            minus ^= self.next().kind == "-"
        node = self.operand()
        return self.made(Minus(node, token.start, node.end)) if minus else node

    def call(self, name: Token) -> Node:
        opening = self.next()
        arguments: list[Node] = []
        if self.token.kind != ")":
            arguments.append(self.expression())
            while self.token.kind == ",":
                self.next()
                arguments.append(self.expression())
        closing = self.expect(")", opening)
        return self.made(Call(name.text.upper(), tuple(arguments), name.start, closing.end, name.end))

    def number(self, token: Token) -> Decimal:
        value = Decimal(token.text)
        if len(value.normalize().as_tuple().digits) > MAX_DIGITS or value >= 10**MAX_DIGITS:
            says = _("A number has at most {count} digits.", count=MAX_DIGITS)
            raise FormulaError(says, token.start, token.end)
        return value

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def expect(self, kind: str, opening: Token) -> Token:
        if self.token.kind == kind:
            return self.next()
        if self.token.kind == "end":
            raise FormulaError(_("This ( has no closing )."), opening.start, opening.end)
        raise self.error(_("Expected , or ) before {found}.", found=self.token.text or self.token.kind))

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            says = _("The formula has more than {count} parts. Move some into a field of its own.", count=MAX_NODES)
            raise FormulaError(says, node.start, node.end)
        return node

    def missing(self, token: Token) -> FormulaError:
        if token.kind == "end":
            return FormulaError(_("Something is missing at the end."), max(token.start - 1, 0), token.end)
        if token.kind in {",", ")"}:
            return FormulaError(_("A value is missing before {found}.", found=token.text), token.start, token.end)
        return FormulaError(_("A value is missing before {found}.", found=token.text), token.start, token.end)

    def error(self, says: Text) -> FormulaError:
        return FormulaError(says, self.token.start, max(self.token.end, self.token.start + 1))
