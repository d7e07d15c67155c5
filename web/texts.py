"""What pages say, in the reader's language: gettext catalogs in `locales/`, sentences with `{placeholders}`."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from engine.text import Label, Text, label_in, translated
from web.formats import number
from web.reader import reader

LOCALES = Path(__file__).parent / "locales"
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}


@cache
def catalog(language: str) -> NullTranslations:
    """The messages of a language; English is what the messages are written in."""
    folder = LOCALES / language / "LC_MESSAGES"
    compiled, source = folder / "messages.mo", folder / "messages.po"
    if compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime):
        with compiled.open("rb") as stream:
            return GNUTranslations(stream)
    if not source.is_file():
        return NullTranslations()
    buffer = BytesIO()
    with source.open("rb") as stream:
        write_mo(buffer, read_po(stream, locale=language))
    buffer.seek(0)
    return GNUTranslations(buffer)


def say(message: str, **values: Any) -> str:
    """`_("{count} records", count=3)` in a template; also says a `Text` of the engine, without values."""
    language = reader().language
    gettext = catalog(language).gettext
    if isinstance(message, Text):
        return translated(message, gettext, language)
    if not values:
        return gettext(message)
    return gettext(message).format(**{name: _shown(value) for name, value in values.items()})


def said_in(text: Text, language: str) -> str:
    """A sentence of the engine in a language, where nobody reads along."""
    return translated(text, catalog(language).gettext, language)


def say_count(one: str, many: str, count: int, **values: Any) -> str:
    """`_n("{count} record", "{count} records", count)`: the form that the number asks for."""
    sentence = catalog(reader().language).ngettext(one, many, count)
    return sentence.format(count=_shown(count), **{name: _shown(value) for name, value in values.items()})


def label(text: Label | None, otherwise: str = "") -> str:
    """A definition's label (or a `Text` of the engine) in the reader's language."""
    language = reader().language
    return translated(label_in(text, language, otherwise), catalog(language).gettext, language)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return say(value) if isinstance(value, Text) else value
    return number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
