"""In which ways a field of the other service may come, the best first: what cannot be one way comes in the next.

A way is refused where the definition's check refuses it, or where a value that is there would not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.bases import kinds
from engine.bases.answers import Field
from engine.bases.facts import At, Facts
from engine.bases.kinds import Definition
from engine.definitions.schema import FORMATS
from engine.field_types import InvalidValue, field_types
from engine.importers import Reading, Unreadable, key_for, reading_from
from engine.imports.mapping import reading_name
from engine.text import Text, _

AS_MANY = 8  # decimals of which a number shows as many as it has
ROUNDED = ("number", "percent", "currency")
MOST_DECIMALS = {"percent": 8}
_UNFORMATTED = ("select", "checkbox")
_NAMED = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Way:
    """How a field comes: `as_it_is`, `frozen` (the values that were worked out there), `words` (as a text), `link`,
    `side` (of another link), `files`, `computed`, `kept` (by the engine itself) or `not`; `says` tells why so.
    """

    how: str
    definition: Definition | None = None
    says: Text | None = None
    cell: Callable[[Any], str] = kinds.in_words

    @property
    def has_column(self) -> bool:
        """Whether an import writes it."""
        return self.how in ("as_it_is", "frozen", "words", "link", "files")


@dataclass(frozen=True)
class Keys:
    """What things are called here: `tables` by their ids there, `fields` by table and id."""

    tables: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]


def ways(of: Field, table: str, at: At, keys: Keys, facts: Facts, side: Mapping[str, Any] | None) -> Sequence[Way]:
    """The ways of a field of the table with the id `table`; `side`: the other side, if it is a link that has one."""
    return [*_best(of, table, at, keys, facts, side), Way("not", says=_not_taken(of))]


def _best(of: Field, table: str, at: At, keys: Keys, facts: Facts, side: Mapping[str, Any] | None) -> Iterator[Way]:
    known = kinds.kind_of(of)
    if of.type in kinds.SYSTEM:
        yield Way("kept", {"type": kinds.SYSTEM[of.type]}, _("Every record has this, as it was there."))
    elif of.type == kinds.LINK:
        yield from _links(of, at, keys, facts, side)
    elif of.type == kinds.FILES:
        yield Way("files", {"type": "attachment"})
    elif of.type in kinds.COMPUTED:
        yield from _computed(of, table, at, keys, facts)
    elif known is not None:
        definition = _with_facts(known.define(of.options), at, facts)
        if definition.get("choices") != {}:
            says = _("As it was over there; what tells when it is changed here is beside it.")
            yield Way("as_it_is", definition, says if of.type in kinds.CHANGED else None, known.cell)
        yield from _words(known.cell, _("Some of its values would not fit, so it comes as a text."))
    elif of.type != "button":
        says = _("We do not know the type {type}, so it comes as a text.", type=of.type)
        yield from _words(kinds.in_words, says)


def _links(of: Field, at: At, keys: Keys, facts: Facts, side: Mapping[str, Any] | None) -> Iterator[Way]:
    to = of.options.get("linkedTableId")
    others = of.options.get("linkedTableIds")
    if not isinstance(to, str) or to not in keys.tables or (isinstance(others, list) and len(others) > 1):
        return
    many = not of.options.get("prefersSingleRecordLink") or at in facts.several
    link = kinds.link(of.options, keys.tables[to], many=many)
    if side is not None:
        yield Way("link", {**link, "inverse": dict(side)})
    yield Way("link", link, _("The other side does not come.") if side is not None else None)


def _computed(of: Field, table: str, at: At, keys: Keys, facts: Facts) -> Iterator[Way]:
    definition = _worked_out(of, table, keys)
    still = kinds.frozen(of)
    made = _with_facts(still.define({}), at, facts)
    if definition is not None:
        shown = {key: made[key] for key in ("type", "decimals", "currency") if key in made}
        if made["type"] in FORMATS and made["type"] not in _UNFORMATTED and made.get("decimals") != AS_MANY:
            yield Way("computed", {**definition, "format": shown})
        yield Way("computed", definition)
    says = _("It is worked out in a way that is not told, or that we do not know: its values come as they are.")
    if made.get("choices") != {}:
        yield Way("frozen", made, says, still.cell)
    yield from _words(kinds.in_words, says, "frozen")


def _worked_out(of: Field, table: str, keys: Keys) -> Definition | None:
    if of.type == "formula":
        formula = of.options.get("formula")
        if not isinstance(formula, str) or not formula.strip() or len(formula) > 30_000:
            return None
        return {"type": "formula", "formula": _NAMED.sub(lambda one: _renamed(one[1], table, keys), formula)}
    through = keys.fields[table].get(str(of.options.get("recordLinkFieldId")))
    if through is None:
        return None
    if of.type == "count":
        return {"type": "count", "through": through}
    field = _behind(of, keys)
    if field is None:
        return None
    if of.type == "rollup":
        function = kinds.rolled_up(of.options)
        return {"type": "rollup", "through": through, "field": field, "function": function} if function else None
    return {"type": "lookup", "through": through, "field": field}


def _behind(of: Field, keys: Keys) -> str | None:
    """The field of the linked records, whichever table that is: ids of fields are told apart in a whole base.

    Where they are not, the definition's check finds the wrong one out.
    """
    wanted = str(of.options.get("fieldIdInLinkedTable"))
    return next((fields[wanted] for fields in keys.fields.values() if wanted in fields), None)


def _renamed(name: str, table: str, keys: Keys) -> str:
    first, dot, rest = name.partition(".")
    return "{" + keys.fields[table].get(first, first) + dot + rest + "}"


def _words(cell: Callable[[Any], str], says: Text, how: str = "words") -> Iterator[Way]:
    yield Way(how, {"type": "text"}, says, cell)
    yield Way(how, {"type": "long_text"}, says, cell)


def _with_facts(definition: Definition, at: At, facts: Facts) -> Definition:
    """With as many decimals as its numbers have, and the choices that its records name."""
    if "decimals" in definition:
        found = facts.decimals[at] - (2 if definition["type"] == "percent" else 0)
        most = MOST_DECIMALS.get(definition["type"], 10)
        return {**definition, "decimals": min(max(definition["decimals"], found), most)}
    if "choices" in definition:
        choices = dict(definition["choices"])
        known = {one["label"] for one in choices.values()}
        for label in facts.labels.get(at, {}):
            if label not in known and len(choices) < kinds.MOST_CHOICES:
                choices[key_for(label, choices, (), f"choice_{len(choices) + 1}", prefix="")] = {"label": label}
        return {**definition, "choices": choices}
    return definition


def _not_taken(of: Field) -> Text:
    if of.type == "button":
        return _("Buttons do not come: they run what the API does not tell.")
    if of.type == kinds.LINK:
        return _("It leads to a table that is not in this base, or to several.")
    return _("It cannot come.")


def reading_of(definition: Definition) -> Reading:
    """How an import reads the cells of a field."""
    name = reading_name(field_types[definition["type"]])
    rounded = {"rounded": True} if name in ROUNDED else {}
    return reading_from({"as": name, **rounded})


def fits(definition: Definition, reading: Reading, text: str) -> bool:
    """Whether an import would take this text for the field."""
    kind = field_types[definition["type"]]
    if kind.names or not text.strip():
        return True
    try:
        value = reading.read(text)
        if isinstance(value, str):
            kind.read(value, definition)
        elif value is not None:
            kind.accept(value, definition)
    except (InvalidValue, Unreadable):
        return False
    return True
