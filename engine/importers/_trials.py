"""Trying the cells of a column with every way of writing numbers and dates: what reads them all is what they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from engine.importers._dates import year_is_short
from engine.importers._readings import (
    CurrencyReading,
    DateReading,
    DateTimeReading,
    NumberReading,
    PercentReading,
    Reading,
)
from engine.importers._unreadable import Unreadable
from engine.text import Text

MAX_MISSES = 20  # distinct cells that a reading cannot read before it is given up

_STYLES = ((".", ","), (",", "."), (",", " "), (".", " "), (".", "'"))  # decimal point, thousands separator
_ORDERS = ("ymd", "dmy", "mdy")
_SIMPLE = re.compile(r"(?:0|[1-9][0-9]{0,4})\.([0-9]{1,10})")
_SORTS = {"number": {"number"}, "percent": {"percent"}, "currency": {"currency", "number"}}

AnyReading = TypeVar("AnyReading", bound=Reading)
Dated = TypeVar("Dated", DateReading, DateTimeReading)


@dataclass
class Tried(Generic[AnyReading]):
    """A reading, how many distinct cells it could not read, and the first of them with its line and the reason."""

    reading: AnyReading
    misses: int = 0
    missed: str = ""
    line: int = 0
    why: Text | None = None

    def miss(self, text: str, says: Text) -> None:
        """One more cell that it cannot read."""
        self.misses += 1
        if not self.why:
            self.missed, self.why = text, says


class _Trial(Generic[AnyReading]):
    """`tried` are all readings, `open` those that have not missed too often."""

    tried: list[Tried[AnyReading]]
    open: list[Tried[AnyReading]]

    def note_lines(self, cells: list[str], lines: Sequence[int]) -> None:
        """Where the cells stand that were missed first; `cells` are those looked at last."""
        for each in self.tried:
            if each.why and not each.line:
                each.line = lines[cells.index(each.missed)]

    def _give_up(self) -> None:
        if any(each.misses > MAX_MISSES for each in self.open):
            self.open = [each for each in self.open if each.misses <= MAX_MISSES]

    def _spotless(self) -> list[AnyReading]:
        return [each.reading for each in self.tried if not each.misses]

    def _fewest_misses(self) -> list[AnyReading]:
        fewest = min(each.misses for each in self.tried)
        return [each.reading for each in self.tried if each.misses == fewest]


class NumberTrial(_Trial[CurrencyReading]):
    """Numbers, amounts of money and percentages, which differ only in what stands around the digits."""

    def __init__(self) -> None:
        self.tried = [Tried(CurrencyReading(decimal, thousands)) for decimal, thousands in _STYLES]
        self.open = list(self.tried)
        self.currencies: set[str] = set()
        self.yen_or_yuan = False
        self._sorts: set[str] = set()
        self._separators: set[str] = set()
        self._decimals = {".": 0, ",": 0}
        self._either: str | None = None  # the first cell whose value depends on the style
        self._too_fine = False  # whether rounding would make another cell readable

    def look_at(self, value: str, *, plain: bool) -> None:
        """One more distinct cell. `plain`: digits only, which every style reads alike."""
        if plain:
            self._sorts.add("number")
            return
        if self._decimals_follow_a_point() and (simple := _SIMPLE.fullmatch(value)):
            self._sorts.add("number")
            self._separators.add(".")
            if simple[1] != "0":
                self._decimals["."] = max(self._decimals["."], len(simple[1]))
            return
        percent = value[-1] in "%％"
        text = value[:-1].strip() if percent else value
        numbers = set()
        for each in self.open:
            try:
                number, currency = each.reading.amount(text)
            except Unreadable as error:
                each.miss(
                    value, _refusal(NumberReading(each.reading.decimal, each.reading.thousands), text) or error.says
                )
                self._too_fine = self._too_fine or not _refusal(replace(each.reading, rounded=True), text)
                continue
            numbers.add(number)
            self._sorts.add("percent" if percent else "currency" if currency or "(" in text else "number")
            decimals = str(number).partition(".")[2]
            if decimals != "0":
                self._decimals[each.reading.decimal] = max(self._decimals[each.reading.decimal], len(decimals))
            if currency:
                self.currencies.add(currency)
                self.yen_or_yuan = self.yen_or_yuan or "¥" in text
        self._give_up()
        if numbers:
            marks = {mark for mark in text if not mark.isdigit()}
            self._separators |= {" " if mark.isspace() else "'" if mark == "\u2019" else mark for mark in marks}
        if len(numbers) > 1 and self._either is None:
            self._either = value

    def _decimals_follow_a_point(self) -> bool:
        """Whether that much is settled, so that a simple decimal need not be tried with every style."""
        return bool(self.open) and all(each.reading.decimal == "." for each in self.open)

    def fitting(self, of: type[NumberReading], comma: bool) -> NumberReading | None:
        """The reading that reads every cell as a number of this sort, or None."""
        spotless = self._spotless()
        if not self._sorts or not self._sorts <= _SORTS[of.name] or not spotless:
            return None
        return self._preferred(of, comma, spotless)

    def best(self, comma: bool) -> dict[str, Reading]:
        """For number, percent and currency the reading that misses the fewest cells."""
        readings = self._fewest_misses()
        kinds = (NumberReading, PercentReading, CurrencyReading)
        return {of.name: self._preferred(of, comma, readings) for of in kinds}

    def decimals(self, reading: NumberReading) -> int:
        """How many decimals the longest number has, `14.0` counting as a whole number; at most 10."""
        return min(self._decimals[reading.decimal], 10)

    def decimal_comma(self) -> bool | None:
        """Whether decimals follow a comma here, if the column leaves no doubt."""
        decimals = {reading.decimal for reading in self._spotless()}
        if not self._separators & {",", "."} or len(decimals) != 1:
            return None
        return decimals == {","}

    def ambiguous(self) -> str | None:
        """A cell that several styles read, each as another number, if no other cell decides between them."""
        if self._either is None:
            return None
        text = self._either.rstrip("%％")
        return self._either if len({reading.read(text) for reading in self._spotless()}) > 1 else None

    def _preferred(self, of: type[NumberReading], comma: bool, readings: list[CurrencyReading]) -> NumberReading:
        decimal = "," if comma else "."
        best = min(readings, key=lambda each: (each.decimal != decimal, each.thousands not in self._separators))
        return of(best.decimal, best.thousands if best.thousands in self._separators else "", self._too_fine)


class DateTrial(_Trial[DateReading | DateTimeReading]):
    """Dates, and dates with a time, in each order of day, month and year."""

    def __init__(self, zone: str) -> None:
        self._dates = [Tried[DateReading | DateTimeReading](DateReading(order)) for order in _ORDERS]
        self._times = [Tried[DateReading | DateTimeReading](DateTimeReading(order, zone)) for order in _ORDERS]
        self.tried = self._dates + self._times
        self.open = list(self.tried)
        self.short_years = False
        self._either: str | None = None  # the first cell whose value depends on the order

    def look_at(self, value: str) -> None:
        """One more distinct cell."""
        readable = False
        for each in self.open:
            try:
                each.reading.read(value)
                readable = True
            except Unreadable as error:
                each.miss(value, error.says)
        self._give_up()
        if readable:
            self.short_years = self.short_years or year_is_short(value)
            if self._either is None and len(self._days_of(value)) > 1:
                self._either = value

    def fitting(self, of: type[Dated], day_first: bool) -> Dated | None:
        """The reading that reads every cell as a date (or as a date with a time), or None."""
        spotless = [reading for reading in self._spotless() if isinstance(reading, of)]
        return self._preferred(spotless, day_first) if spotless else None

    def best(self, day_first: bool) -> dict[str, Reading]:
        """For date and date_time the reading that misses the fewest cells."""
        found: dict[str, Reading] = {}
        for name, tried in (("date", self._dates), ("date_time", self._times)):
            fewest = min(each.misses for each in tried)
            found[name] = self._preferred([each.reading for each in tried if each.misses == fewest], day_first)
        return found

    def day_first(self) -> bool | None:
        """Whether the day comes before the month here, if the column leaves no doubt."""
        orders = {reading.order for reading in self._spotless()} & {"dmy", "mdy"}
        return orders == {"dmy"} if len(orders) == 1 else None

    def ambiguous(self) -> str | None:
        """A cell that several orders read, each as another day, if no other cell decides between them."""
        if self._either is None:
            return None
        return self._either if len({reading.order for reading in self._spotless()}) > 1 else None

    def _preferred(self, readings: list[AnyReading], day_first: bool) -> AnyReading:
        preferred = ("dmy", "mdy", "ymd") if day_first else ("mdy", "dmy", "ymd")
        if self._either is None:
            preferred = _ORDERS
        return min(readings, key=lambda each: preferred.index(each.as_json()["order"]))

    def _days_of(self, value: str) -> set[str | None]:
        return {each.reading.read(value) for each in self._times if not _refusal(each.reading, value)}


def _refusal(reading: Reading, text: str) -> Text | None:
    try:
        reading.read(text)
    except Unreadable as error:
        return error.says
    return None
