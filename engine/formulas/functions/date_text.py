"""Dates as texts, and texts as dates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import date_moves, date_parsing, date_tokens, dates, sql, texts
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.functions.date import wall_of
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import DATE, DATE_TIME, TEXT, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Dates as texts"))

_DATE = Parameter("date", "date")
_FORMAT = Parameter("format", "text", optional=True, constant=True)
_LOCALE = Parameter("language", "text", constant=True)


def _moment(c: Compiling, date: Part) -> date_tokens.Moment:
    instant = c.midnight(date.value) if date.type == DATE else date.value
    return date_tokens.Moment(
        c.once(wall_of(c, date)), c.once(instant), date.type.zone or c.time_zone, date.type.locale
    )


def _written(c: Compiling, date: Part, pattern: str) -> sql.Element:
    text = sql.joined(date_tokens.written(_moment(c, date), pattern))
    return sa.case((date.value.is_not(None), text), else_=sa.null())


@family.function(
    "DATETIME_FORMAT",
    _DATE,
    _FORMAT,
    gives=TEXT,
    about=_("The date written in a format: YYYY year, MM month, DD day, HH hour, mm minute, MMMM the month's name ..."),
    example='DATETIME_FORMAT({due}, "D MMMM YYYY") is "21 November 2026"',
    blank=True,
)
def datetime_format(c: Compiling, date: Part, pattern: Part | None) -> sql.Element:
    return _written(c, date, "YYYY-MM-DDTHH:mm:ssZ" if pattern is None else str(pattern.constant))


@family.function(
    "DATESTR",
    _DATE,
    gives=TEXT,
    about=_("The date as YYYY-MM-DD."),
    example='DATESTR({due}) is "2026-11-21"',
    blank=True,
)
def datestr(c: Compiling, date: Part) -> sql.Element:
    return _written(c, date, "YYYY-MM-DD")


@family.function(
    "TIMESTR", _DATE, gives=TEXT, about=_("The time as HH:MM:SS."), example='TIMESTR({at}) is "14:30:00"', blank=True
)
def timestr(c: Compiling, date: Part) -> sql.Element:
    return _written(c, date, "HH:mm:ss")


def _in_language(arguments: Arguments) -> Type:
    date, language = arguments
    held = DATE if date is None else date.type
    name = str(language.value) if isinstance(language, Constant) else ""
    if language is not None and not date_tokens.known_locale(name):
        says = _('There is no language "{language}". Write one like "en", "zh", "vi" or "fr".', language=name)
        raise FormulaError(says, language.start, language.end)
    return replace(held, locale=name)


@family.function(
    "SET_LOCALE",
    _DATE,
    _LOCALE,
    gives=_in_language,
    about=_("The same date, whose months and days are named in that language."),
    example='SET_LOCALE({due}, "fr")',
    blank=True,
)
def set_locale(c: Compiling, date: Part, language: Part) -> sql.Element:
    return date.value


_COMMON = ("YYYY/M/D", "M/D/YYYY", "MMM D YYYY", "MMMM D YYYY", "D MMM YYYY", "D MMMM YYYY")


def _parseable(arguments: Arguments) -> Type:
    pattern = arguments[1] if len(arguments) > 1 else None
    language = arguments[2] if len(arguments) > 2 else None
    if isinstance(pattern, Constant):
        wrong = date_parsing.unknown_token(str(pattern.value))
        if wrong:
            says = _('A date cannot be read with "{token}" in its format.', token=wrong)
            raise FormulaError(says, pattern.start, pattern.end)
    if isinstance(language, Constant) and not date_tokens.known_locale(str(language.value)):
        says = _('There is no language "{language}". Write one like "en", "zh", "vi" or "fr".', language=language.value)
        raise FormulaError(says, language.start, language.end)
    return DATE_TIME


@family.function(
    "DATETIME_PARSE",
    Parameter("text", "text"),
    _FORMAT,
    replace(_LOCALE, optional=True),
    gives=_parseable,
    about=_("The date that a text says in a format (as DATETIME_FORMAT writes it), or in a common way of writing."),
    example='DATETIME_PARSE("31.12.2026", "DD.MM.YYYY")',
    blank=True,
    risky=True,
)
def datetime_parse(c: Compiling, text: Part, pattern: Part | None, language: Part | None) -> sql.Element:
    value = c.once(c.text(text))
    if pattern is None:
        # As people write them; the one that fits.
        plans = [date_parsing.plan(one, "en") for one in _COMMON]
        readings = [
            dates.iso_instant(c.once(texts.trimmed(value)), c.time_zone),
            *(date_parsing.parsed(c, value, one) for one in plans),
        ]
        found = c.once(sa.func.coalesce(*readings))
    else:
        locale = str(language.constant) if language is not None else "en"
        found = date_parsing.parsed(c, value, date_parsing.plan(str(pattern.constant), locale))
    c.fail_when(sa.and_(found.is_(None), sql.is_filled(value)), "not_a_date")
    return found


_FROM_NOW = {
    "FROMNOW": _("How long it is until the date, or was since, in words."),
    "TONOW": _("How long it is between the date and now, in words."),
}


def _humanized(c: Compiling, date: Part) -> sql.Element:
    instant = c.midnight(date.value) if date.type == DATE else date.value
    return dates.humanized(c.once(date_moves.milliseconds_between(instant, c.environment.now())))


for _name, _about in _FROM_NOW.items():
    family.function(
        _name, _DATE, gives=TEXT, about=_about, example=f'{_name}({{due}}) is "3 days"', asks="clock", blank=True
    )(_humanized)
