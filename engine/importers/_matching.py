"""Which column of a file goes into which field: by name only, never by what the cells look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from engine.text import Text, _

LONGEST_KEY = 40
ALIKE = 0.85  # of 1: "adress" is "address", but "close_date" is not "close_value" (0.74)


@dataclass(frozen=True)
class Match:
    """A column and the field proposed for it, None where no name fits; `reason` says what the match rests on."""

    column: str
    field: str | None
    reason: Text


def match_columns(
    columns: Sequence[str],
    fields: Mapping[str, Mapping[str, Any]],
    title: str | None = None,
    table_names: Collection[str] = (),
) -> list[Match]:
    """One match for each column, in order. `fields`: key -> field of the definition. No field is proposed twice.

    Surer ways come first over all columns: the key, a label in any language, the same words written differently,
    a name that ends in the field's name (`deal_stage` for Stage), a name with a slip of the pen. A column that is
    called as the records are (one of `table_names`: `product` in a list of Products) goes into the field `title`.
    """
    found: dict[str, tuple[str, Text]] = {}
    for says, fits in _WAYS:
        for column in columns:
            if column in found:
                continue
            taken = {field for field, _says in found.values()}
            fitting = [key for key, field in fields.items() if key not in taken and fits(column, _names(key, field))]
            rivals = [other for other in columns if other != column and other not in found]
            rivals = [other for other in rivals if fitting and fits(other, _names(fitting[0], fields[fitting[0]]))]
            if len(fitting) == 1 and (says is _SAME_KEY or not rivals):
                found[column] = (fitting[0], says)
    named = [one for one in columns if one not in found and any(_is_called(one, name) for name in table_names)]
    if (
        title is not None
        and title in fields
        and title not in {field for field, _says in found.values()}
        and len(named) == 1
    ):
        found[named[0]] = (title, _("what the records are called"))
    return [Match(column, *found.get(column, (None, _NOTHING))) for column in columns]


def key_for(
    name: str, taken: Collection[str], reserved: Collection[str], otherwise: str, prefix: str = "field_"
) -> str:
    """An ASCII key made from a name that people gave, unlike any in `taken`.

    `otherwise` stands in for a name that has no Latin letters; a reserved word gets `original_` before it,
    and one that begins with a digit the `prefix`.
    """
    key = "_".join(_words(name)).encode("ascii", "ignore").decode()
    key = re.sub("_+", "_", key).strip("_")[:LONGEST_KEY].rstrip("_") or otherwise
    if not key[0].isalpha():
        key = f"{prefix}{key}"[:LONGEST_KEY]
    if key in reserved:
        key = f"original_{key}"
    unique, number = key, 2
    while unique in taken:
        unique = f"{key[: LONGEST_KEY - 5].rstrip('_')}_{number}"
        number += 1
    return unique


def _words(name: str) -> list[str]:
    """Lower-case words without accents: `Close Date`, `closeDate` and `close_date` are all close, date."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return re.findall(r"[^\W_]+", plain.casefold())


def _names(key: str, field: Mapping[str, Any]) -> tuple[str, ...]:
    label = field.get("label") or ""
    return (key, *([label] if isinstance(label, str) else label.values()))


def _any(test: Callable[[str, str], bool]) -> Callable[[str, Iterable[str]], bool]:
    return lambda column, names: any(test(column, name) for name in names if name)


def _ends_alike(column: str, name: str) -> bool:
    words, wanted = _words(column), _words(name)
    return bool(wanted) and len(words) > len(wanted) and words[-len(wanted) :] == wanted


def _is_called(column: str, table: str) -> bool:
    """`account` in Accounts, `sales_agent` in Agents."""
    words, wanted = _words(column), [_singular(word) for word in _words(table)]
    return bool(wanted) and [_singular(word) for word in words][-len(wanted) :] == wanted


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def _almost(column: str, name: str) -> bool:
    ours, theirs = "".join(_words(column)), "".join(_words(name))
    return min(len(ours), len(theirs)) > 3 and SequenceMatcher(None, ours, theirs).ratio() >= ALIKE


_SAME_KEY = _("the same key")
_NOTHING = _("no field has such a name")
_WAYS: list[tuple[Text, Callable[[str, tuple[str, ...]], bool]]] = [
    (_SAME_KEY, lambda column, names: column == names[0]),
    (_("the same label"), _any(lambda column, name: column.strip().casefold() == name.strip().casefold())),
    (_("the same words"), _any(lambda column, name: bool(_words(name)) and _words(column) == _words(name))),
    (_("the name ends alike"), _any(_ends_alike)),
    (_("almost the same name"), _any(_almost)),
]
