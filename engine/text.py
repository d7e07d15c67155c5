"""Texts that people read: written once in English, shown in the reader's language.

A `Text` is an ordinary English string that remembers the message it was made from, so that
`web/` can say it again in another language. Babel extracts every `_("...")`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

Label = str | Mapping[str, str]
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # of the direction of reading


def label_in(label: Label | None, language: str, otherwise: str = "") -> str:
    """A definition's label (a string, or one string per language) in `language`, else English, else any."""
    if label is None:
        return otherwise
    if isinstance(label, str):
        return label
    for wanted in (language, language.split("_")[0].split("-")[0], "en"):
        if wanted in label:
            return label[wanted]
    return next(iter(label.values()), otherwise)


def is_called(label: Label, name: str) -> bool:
    """Whether a label is this name in any language."""
    return name == label if isinstance(label, str) else name in label.values()


class Text(str):
    """An English sentence that can be said again in another language.

    `message` is the gettext message id, with `{name}` placeholders; `values` fills them: plain values, other
    Texts, or labels of a definition (one string per language).
    """

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, values: Mapping[str, Any]) -> Text:
        text = super().__new__(cls, _filled(message, values, "en", str))
        text.message = message
        text.values = values
        return text

    def __reduce__(self) -> tuple[type[Text], tuple[str, Mapping[str, Any]]]:
        return Text, (self.message, self.values)


def _(message: str, /, **values: Any) -> Text:
    """Mark a sentence for translation and fill its `{placeholders}`."""
    return Text(message, values)


def translated(text: str, gettext: Callable[[str], str], language: str = "en") -> str:
    """The same sentence through `gettext`; a plain string (a user's own words) is left alone."""
    if not isinstance(text, Text):
        return text
    return _filled(gettext(text.message), text.values, language, lambda inner: translated(inner, gettext, language))


def harmless(text: str, keep: str = "") -> str:
    """The text for a log or a terminal: what would begin a line, steer the terminal or turn the direction of reading is
    spelled out (`\\x1b`), but for the characters in `keep`.
    """
    return "".join(one if one in keep or not _steers(one) else one.encode("unicode_escape").decode() for one in text)


def _steers(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp") or character in _TURNS


def _filled(sentence: str, values: Mapping[str, Any], language: str, say: Callable[[str], str]) -> str:
    if not values:
        return sentence
    said: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            said[name] = label_in(value, language)
        else:
            said[name] = say(value) if isinstance(value, Text) else value
    return sentence.format(**said)
