"""What each column of a file holds, with the reason in words."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.field_types.select import COLORS
from engine.importers._facts import ColumnFacts
from engine.importers._matching import key_for
from engine.importers._readings import (
    CheckboxReading,
    CurrencyReading,
    DateReading,
    DateTimeReading,
    NumberReading,
    PercentReading,
    Reading,
    TextReading,
)
from engine.text import Text, _

if TYPE_CHECKING:
    from engine.importers import Row

CHUNK = 2_000  # rows that are looked at together
MAX_CHOICES = 25
REPEATS = 4  # how often a value comes back on average in a column that is a choice
LONGEST_CHOICE = 60  # characters
MAX_BLANK_WORDS = 20
LONG_TEXT = 200  # characters from which on a text is a long one
ID_DIGITS = 10  # as many digits in each cell, and as many in all of them: an identifier, nothing to add up

_CODE_NAMES = re.compile(
    r"\b(zip|plz|postal|postcode|postleitzahl|phone|tel|telephone|telefon|mobile|fax|sku|ean|isbn|iban|barcode|vat)\b"
    r"|邮编|邮政编码|电话|手机|传真|身份证|编号|编码|条码|税号",
    re.IGNORECASE,
)
_PHONE_NAMES = re.compile(r"\b(phone|tel|telephone|telefon|mobile|cell|fax|handy)\b|电话|手机|传真", re.IGNORECASE)
_DATE_NAMES = re.compile(r"date|day|datum|fecha|日期|日", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """A field for one column. `field` is its definition; `reading` (as JSON) turns its cells into values.

    `readings`: the best reading for each field type that the user may choose instead. `blank_words`: cells that
    perhaps mean nothing, such as `n/a`; they do not count against a field that is no text. `doubt`: what the user
    should look at before trusting it. `unique`: every row has a value and none twice (None: too many rows to know).
    """

    column: str
    key: str
    label: str
    field: dict[str, Any]
    reading: dict[str, Any]
    reason: Text
    doubt: Text | None = None
    filled: int = 0
    blank: int = 0
    unique: bool | None = None
    examples: list[str] = dataclasses.field(default_factory=list)
    blank_words: list[str] = dataclasses.field(default_factory=list)
    readings: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


def propose(
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    decimal_comma: bool = False,
    day_first: bool = True,
    zone: str = "UTC",
    reserved: Collection[str] = (),
) -> list[Proposal]:
    """A proposal for each column, resting on all `rows` (those in trouble left out), which are read once.

    `decimal_comma` and `day_first` decide only what the file itself leaves open: a comma and the day first are usual
    where semicolons separate. `zone` is where clocks without an offset stand; `reserved` are words that are no keys.
    """
    facts = [ColumnFacts(zone) for _column in columns]
    sound = (row for row in rows if row.trouble is None)
    while chunk := list(itertools.islice(sound, CHUNK)):
        lines = [row.line for row in chunk]
        for each, cells in zip(facts, zip(*(row.cells for row in chunk), strict=True), strict=True):
            each.look(cells, lines)
    comma = _vote([each.numbers.decimal_comma() for each in facts], decimal_comma)
    first = _vote([each.dates.day_first() for each in facts], day_first)
    proposals: list[Proposal] = []
    for position, (column, each) in enumerate(zip(columns, facts, strict=True), 1):
        key = key_for(column, {proposal.key for proposal in proposals}, reserved, f"field_{position}")
        proposals.append(_proposal(column, key, each, comma, first))
    return proposals


def _vote(opinions: Iterable[bool | None], otherwise: bool) -> bool:
    """What most columns that leave no doubt say."""
    sure = [opinion for opinion in opinions if opinion is not None]
    return otherwise if sure.count(True) == sure.count(False) else sure.count(True) > sure.count(False)


def _proposal(column: str, key: str, facts: ColumnFacts, comma: bool, day_first: bool) -> Proposal:
    kind = _kind(column, facts, comma, day_first)
    readings = facts.best_readings(comma, day_first)
    label = _label(column)
    kind.options["label"] = label
    return Proposal(
        column=column,
        key=key,
        label=label,
        field={"type": kind.type, **kind.options},
        reading=kind.reading.as_json(),
        reason=kind.reason,
        doubt=kind.doubt,
        filled=facts.filled,
        blank=facts.blank,
        unique=facts.unique,
        examples=facts.examples,
        blank_words=sorted(facts.blank_words) if len(facts.blank_words) < MAX_BLANK_WORDS else [],
        readings={name: reading.as_json() for name, reading in readings.items()},
    )


@dataclass
class _Kind:
    type: str
    reason: Text
    reading: Reading = dataclasses.field(default_factory=TextReading)
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    doubt: Text | None = None


def _kind(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind:
    if not facts.filled:
        return _Kind("text", _("every cell is empty"))
    if facts.are_words_of_one_pair():
        return _Kind("checkbox", _("every cell is a word for yes or no"), CheckboxReading())
    for of_type in (_percent, _number, _currency, _date, _date_time):
        if kind := of_type(column, facts, comma, day_first):
            return kind
    if facts.all_email:
        return _Kind("email", _("every cell is an e-mail address"))
    if facts.all_url:
        return _Kind("url", _("every cell is a web address"))
    if facts.all_international or (facts.all_phone and _PHONE_NAMES.search(_spaced(column))):
        return _Kind("phone", _("every cell is a telephone number"))
    return _long_text(facts) or _nearly(facts) or _select(facts) or _Kind("text", _("the cells are words or codes"))


def _percent(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind | None:
    reading = facts.numbers.fitting(PercentReading, comma)
    if not reading:
        return None
    decimals = {"decimals": facts.numbers.decimals(reading)} if facts.numbers.decimals(reading) else {}
    return _Kind("percent", _("every cell is a percentage"), reading, decimals, _either_way(facts))


def _number(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind | None:
    reading = facts.numbers.fitting(NumberReading, comma)
    if not reading:
        return None
    if _CODE_NAMES.search(_spaced(column)) and facts.only_digits:
        return None
    if facts.digits_each is not None and facts.digits_each >= ID_DIGITS:
        return None
    if facts.all_compact_dates and _DATE_NAMES.search(column):
        return None
    decimals = {"decimals": facts.numbers.decimals(reading)} if facts.numbers.decimals(reading) else {}
    return _Kind("number", _("every cell is a number"), reading, decimals, _either_way(facts))


def _currency(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind | None:
    reading = facts.numbers.fitting(CurrencyReading, comma)
    if not isinstance(reading, CurrencyReading) or len(facts.numbers.currencies) != 1:
        return None
    code = next(iter(facts.numbers.currencies))
    options: dict[str, Any] = {"currency": code}
    if facts.numbers.decimals(reading) > 2:
        options["decimals"] = facts.numbers.decimals(reading)
    reading = replace(reading, currency=code)
    doubt = _either_way(facts)
    if facts.numbers.yen_or_yuan:
        doubt = _("¥ is taken for Chinese yuan; it may be Japanese yen.")
    return _Kind("currency", _("every cell is an amount in {currency}", currency=code), reading, options, doubt)


def _date(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind | None:
    reading = facts.dates.fitting(DateReading, day_first)
    return _Kind("date", _("every cell is a date"), reading, {}, _day_or_month(facts, reading)) if reading else None


def _date_time(column: str, facts: ColumnFacts, comma: bool, day_first: bool) -> _Kind | None:
    reading = facts.dates.fitting(DateTimeReading, day_first)
    reason = _("every cell is a date with a time")
    return _Kind("date_time", reason, reading, {}, _day_or_month(facts, reading)) if reading else None


def _long_text(facts: ColumnFacts) -> _Kind | None:
    if facts.has_line_breaks or facts.longest > LONG_TEXT:
        return _Kind("long_text", _("some cells are long or have several lines"))
    return None


def _nearly(facts: ColumnFacts) -> _Kind | None:
    """A text that its reader would have called a number, were it not for a few cells."""
    says = facts.nearly()
    return _Kind("text", says) if says else None


def _select(facts: ColumnFacts) -> _Kind | None:
    spellings = facts.spellings()
    if spellings is None or not 1 < len(spellings) <= MAX_CHOICES or facts.filled < REPEATS * len(spellings):
        return None
    if facts.longest > LONGEST_CHOICE:
        return None
    choices: dict[str, Any] = {}
    for number, label in enumerate(spellings):
        key = key_for(label, choices, (), f"choice_{number + 1}", prefix="")
        choices[key] = {"label": label, "color": COLORS[number % len(COLORS)]}
    reason = _("the same {count} values come back in {filled} cells", count=len(choices), filled=facts.filled)
    return _Kind("select", reason, TextReading(), {"choices": choices})


def _either_way(facts: ColumnFacts) -> Text | None:
    """The doubt about `1,234` when no cell tells thousands from decimals."""
    example = facts.numbers.ambiguous()
    return _("{example} may have decimals or thousands: look at it.", example=example) if example else None


def _day_or_month(facts: ColumnFacts, reading: DateReading | DateTimeReading) -> Text | None:
    if example := facts.dates.ambiguous():
        value = reading.read(example)
        return _(
            "{example} is taken for {value}; day and month may be the other way round.", example=example, value=value
        )
    if facts.dates.short_years:
        return _("The years have two digits: 69 to 99 are taken for the last century.")
    return None


def _label(column: str) -> str:
    """`close_value` as people would write it; a name with capitals or in another script stays as it is."""
    return (
        column.replace("_", " ").strip().capitalize() if re.fullmatch(r"[a-z0-9_]*[a-z][a-z0-9_]*", column) else column
    )


def _spaced(column: str) -> str:
    return column.replace("_", " ").replace("-", " ")
