"""The type checker: from the tree to a typed tree, with every mistake at its place and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Protocol

from engine.formulas.comparing import comparable
from engine.formulas.conversions import as_type, converted
from engine.formulas.functions import Function, Parameter, Takes, functions
from engine.formulas.reading import Find, reading_of
from engine.formulas.syntax import MAX_DEPTH, Call, Chain, FormulaError, Literal, Minus, Mistake, Name, Node, parse
from engine.formulas.typed import Apply, Constant, Convert, Read, Typed, walk
from engine.formulas.types import BOOLEAN, NAMED_ELSEWHERE, NUMBER, TEXT, Type, common, failing
from engine.text import Text, _

MAX_REFERENCES = 50  # fields that an expression names


class Scope(Protocol):
    """What names an expression may use."""

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        """The type of `{a.b}`; asked first for ("a.b",), then for ("a", "b"). None if there is no such thing."""

    def names(self) -> Iterable[str]:
        """Names to suggest when one is not known."""

    def find_table(self, name: str) -> tuple[str, Scope] | None:
        """The address of the table that is called so, and what an expression about one of its records may name."""

    def numbered_by(self) -> tuple[str, ...] | None:
        """The field that numbers the records, if one does."""

    def is_logged(self, path: tuple[str, ...]) -> bool:
        """Whether it is known when the field changed: one of the record's own that people fill in."""


@dataclass(frozen=True)
class Formula:
    """An expression that has been checked.

    `paths` are the fields it reads, `finds` the tables it looks through. `uses_clock` and `uses_me` say that its
    value depends on when it is read and by whom, `uses_calendar` on the workspace's business calendar, `uses_log` on
    what the log of changes says; `can_fail` that it may be an error for some record.
    """

    text: str
    tree: Typed
    type: Type
    paths: frozenset[tuple[str, ...]]
    uses_clock: bool
    uses_me: bool
    finds: tuple[Find, ...] = ()
    uses_calendar: bool = False
    uses_log: bool = False

    @property
    def can_fail(self) -> bool:
        """Whether the value may be an error."""
        return self.type.can_fail


def check(text: str | Node, scope: Scope) -> Formula:
    """The typed expression. Raises `FormulaError` with every mistake found."""
    checker = Checker(scope)
    tree = checker.typed(parse(text) if isinstance(text, str) else text)
    if checker.mistakes or tree is None:
        first, *rest = sorted(checker.mistakes, key=lambda one: (one.start, one.end))
        raise FormulaError(*first, *rest)
    formula = formula_of(text if isinstance(text, str) else "", tree)
    if len(formula.paths) + sum(len(one.paths) for one in formula.finds) > MAX_REFERENCES:
        says = _(
            "The formula names more than {count} fields. Move a part into a field of its own.", count=MAX_REFERENCES
        )
        raise FormulaError(says, tree.start, tree.end)
    return formula


def formula_of(text: str, tree: Typed) -> Formula:
    """What there is to know about a typed tree."""
    from engine.formulas.compile import may_fail

    nodes = list(walk(tree))
    applied = [one.function for one in nodes if isinstance(one, Apply)]
    reading = reading_of(tree)
    paths = reading.paths | {one.path for one in applied if one.path}
    kind = TEXT if tree.type.name == "blank" else tree.type  # something that a field can hold
    return Formula(
        text,
        tree,
        failing(kind, any(_is_risky(one) for one in nodes) and may_fail(tree)),
        frozenset(paths),
        any(one.asks == "clock" for one in applied) or any(map(_names_elsewhere, nodes)),
        any(one.asks == "me" for one in applied),
        reading.finds,
        any(one.asks == "calendar" for one in applied),
        any(one.asks == "log" for one in applied),
    )


def _names_elsewhere(node: Typed) -> bool:
    """Whether a department or a person stands there by a name that may change while no record does."""
    if not isinstance(node, Convert) or TEXT not in (node.type, node.type.item):
        return False
    return bool(NAMED_ELSEWHERE & {node.operand.type, node.operand.type.item})


def _is_risky(node: Typed) -> bool:
    """Whether an error may begin here; most expressions have no such place."""
    if isinstance(node, Apply):
        return node.function.risky
    return node.type.can_fail if isinstance(node, Read) else isinstance(node, Convert) and node.is_risky


class Checker:
    """Types an expression in a scope. None as a typed node says that there was a mistake below, told already."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.mistakes: list[Mistake] = []

    def typed(self, node: Node) -> Typed | None:
        if isinstance(node, Literal):
            kind = TEXT if isinstance(node.value, str) else NUMBER
            return Constant(node.value, kind, node.start, node.end)
        if isinstance(node, Name):
            return self.name(node)
        if isinstance(node, Minus):
            return self.minus(node)
        if isinstance(node, Chain):
            return self.chain(node)
        return self.call(node)

    def name(self, node: Name) -> Typed | None:
        for path in dict.fromkeys([(node.text,), node.path]):
            found = self.scope.type_of(path)
            if found is not None:
                return Read(path, found, node.start, node.end)
        if node.bare and node.text.upper() in {"TRUE", "FALSE"}:
            return Constant(node.text.upper() == "TRUE", BOOLEAN, node.start, node.end)
        function = functions().get(node.text.upper()) if node.bare else None
        if function is not None:
            return self.mistake(
                node, _("{name} is a function: write {signature}.", name=function.name, signature=function.signature)
            )
        return self.mistake(node, self.unknown_field(node.text))

    def unknown_field(self, text: str) -> Text:
        names = list(self.scope.names())
        close = _closest(text, names)
        if close:
            return _("There is no field {field}. Did you mean {suggestion}?", field=text, suggestion=f"{{{close}}}")
        if names:
            shown = ", ".join(f"{{{name}}}" for name in names[:8])
            return _("There is no field {field}. There are {fields}.", field=text, fields=shown)
        return _("There is no field {field}.", field=text)

    def minus(self, node: Minus) -> Typed | None:
        operand = self.typed(node.operand)
        if operand is None:
            return None
        if isinstance(operand, Constant) and isinstance(operand.value, Decimal):
            return Constant(-operand.value, NUMBER, node.start, node.end)
        return self.applied(functions()["-x"], [operand], node)

    def chain(self, node: Chain) -> Typed | None:
        operators = [operator for operator, _operand in node.rest]
        whole = [self.typed(one) for one in (node.first, *(operand for _operator, operand in node.rest))]
        if operators[0] == "&":
            return self.applied(functions()["&"], whole, node)
        if operators[0] in {"+", "-"}:
            # One function over all terms: `a + b - c` is settled once, and is no deep tree.
            signed = [whole[0]]
            for operator, operand in zip(operators, whole[1:], strict=True):
                if operator == "-" and operand is not None:
                    operand = self.applied(functions()["-x"], [operand], operand)
                signed.append(operand)
            return self.applied(functions()["+"], signed, node)
        if len(operators) > MAX_DEPTH:
            return self.mistake(
                node, _("There are too many operators in a row. Use a function, or a field of its own.")
            )
        left = whole[0]
        for operator, operand in zip(operators, whole[1:], strict=True):
            left = self.applied(functions()[operator], [left, operand], node, operand)
        return left

    def call(self, node: Call) -> Typed | None:
        function = functions().get(node.name)
        known = function is not None and function.is_word
        own = known and function is not None and function.types is not None
        arguments = [] if own else [self.typed(one) for one in node.arguments]
        if function is None or not known:
            says = _written_between(function) if function and function.between else _unknown_function(node.name)
            self.mistakes.append(Mistake(says, node.start, node.name_end))
            return None
        fewest, most = _counts(function.parameters)
        if len(node.arguments) < fewest or (most is not None and len(node.arguments) > most):
            return self.mistake(node, _wrong_count(function, len(node.arguments), fewest))
        if function.types is not None:
            return function.types(self, function, node)
        return self.applied(function, arguments, node)

    def applied(
        self, function: Function, arguments: Sequence[Typed | None], node: Node | Typed, last: Typed | None = None
    ) -> Typed | None:
        """The function of its arguments. Where one of them has mistakes, those of the others are told all the same."""
        parameters = parameters_for(function, len(arguments))
        taken: list[Typed | None] = []
        found = len(self.mistakes)
        for argument, parameter in zip(arguments, parameters, strict=True):
            try:
                taken.append(None if argument is None else self.taken(argument, parameter, function))
            except FormulaError as error:
                self.mistakes.extend(error.mistakes)
        if len(self.mistakes) > found or any(one is None for one in arguments):
            return None
        try:
            self.agree(taken, parameters)
            if not any(one.repeated for one in function.parameters):
                taken += [None] * (len(function.parameters) - len(taken))
            kind = function.gives if isinstance(function.gives, Type) else function.gives(taken)
        except FormulaError as error:
            self.mistakes.extend(error.mistakes)
            return None
        return Apply(function, tuple(taken), kind, node.start, (last or node).end)

    def agree(self, taken: list[Typed | None], parameters: Sequence[Parameter]) -> None:
        """Turn the arguments that must be of one type, or comparable, into such."""
        pairs = list(zip(taken, parameters, strict=True))
        kind = common(one.type for one, parameter in pairs if one is not None and parameter.takes == "same")
        first: Typed | None = None
        for at, (one, parameter) in enumerate(pairs):
            if one is not None and parameter.takes == "same":
                taken[at] = as_type(one, kind, self.scope)
            elif one is not None and parameter.takes in {"comparable", "ordered"}:
                if first is None:
                    first = one
                else:
                    taken[at] = self.held_against(first, one, taken, pairs)

    def held_against(
        self, first: Typed, other: Typed, taken: list[Typed | None], pairs: Sequence[tuple[Typed | None, Parameter]]
    ) -> Typed:
        left, right = comparable(first, other, self.scope, ordering=pairs[0][1].takes == "ordered")
        if len(pairs) == 2:
            taken[0] = left
        return right

    def taken(self, argument: Typed, parameter: Parameter, function: Function) -> Typed:
        found = converted(argument, parameter.takes, self.scope)
        if not parameter.constant:
            return found
        if not isinstance(found, Constant):
            says = _(
                "{function} needs its {parameter} written out here, such as {example}.",
                function=function.name,
                parameter=parameter.name,
                example=function.example,
            )
            raise FormulaError(says, argument.start, argument.end)
        if parameter.words and str(found.value).lower() not in parameter.words:
            close = _closest(str(found.value).lower(), parameter.words)
            words = ", ".join(f'"{word}"' for word in parameter.words)
            says = (
                _('There is no "{word}" here. Did you mean "{suggestion}"?', word=found.value, suggestion=close)
                if close
                else _('There is no "{word}" here. Write one of {words}.', word=found.value, words=words)
            )
            raise FormulaError(says, argument.start, argument.end)
        return found

    def within(self, node: Node, scope: Scope, takes: Takes) -> Typed | None:
        """A part of the expression that has another scope, as what a parameter takes."""
        inner = Checker(scope)
        found = inner.typed(node)
        self.mistakes += inner.mistakes
        try:
            return None if found is None else converted(found, takes, scope)
        except FormulaError as error:
            self.mistakes += error.mistakes
            return None

    def mistake(self, node: Node | Typed, says: Text) -> Typed | None:
        self.mistakes.append(Mistake(says, node.start, node.end))
        return None


def parameters_for(function: Function, count: int) -> list[Parameter]:
    """The parameter of each of `count` arguments, with the repeated ones unrolled."""
    if function.arrange is not None:
        return function.arrange(count)
    given = list(function.parameters)
    repeated = [one for one in given if one.repeated]
    while repeated and len(given) < count:
        given += repeated
    return given[:count]


def _counts(parameters: Sequence[Parameter]) -> tuple[int, int | None]:
    fewest = sum(not one.optional for one in parameters)
    return fewest, None if any(one.repeated for one in parameters) else len(parameters)


def _wrong_count(function: Function, given: int, fewest: int) -> Text:
    if given < fewest:
        return _("{function} needs more arguments: {signature}.", function=function.name, signature=function.signature)
    return _("{function} takes fewer arguments: {signature}.", function=function.name, signature=function.signature)


def _written_between(function: Function) -> Text:
    return _("{name} stands between two values: {signature}.", name=function.name, signature=function.signature)


def _unknown_function(name: str) -> Text:
    close = _closest(name, [one.name for one in functions().values() if one.is_word])
    if close:
        return _("There is no function {name}. Did you mean {suggestion}?", name=name, suggestion=close)
    return _("There is no function {name}.", name=name)


def _closest(word: str, among: Iterable[str]) -> str:
    names = {one.casefold(): one for one in among}
    found = get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else ""
