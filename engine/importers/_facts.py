"""What is known of one column after all its cells were seen once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.importers._dates import is_compact
from engine.importers._readings import CheckboxReading, Reading
from engine.importers._trials import DateTrial, NumberTrial, Tried
from engine.text import Text, _

BLANK_WORDS = frozenset(
    ("n/a", "#n/a", "na", "n.a.", "null", "none", "nil", "-", "--", "\u2013", "\u2014", "?", "(blank)", "(empty)", "无")
)
MAX_COUNTED = 500  # distinct values whose number is kept, to find choices
MAX_REMEMBERED = 5_000  # distinct cells that are not looked at twice
MAX_UNIQUE = 200_000  # distinct cells up to which it is known that none comes twice
EXAMPLES = 5
EXAMPLE_LENGTH = 100  # characters

_PAIRS = (
    *({"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"on", "off"}),
    *({"ja", "nein"}, {"oui", "non"}, {"si", "no"}, {"sí", "no"}, {"是", "否"}),
    *({"x"}, {"✓"}, {"✔"}, {"√"}),
)
_EMAIL = re.compile(r"[^@\s,;<>()]{1,64}@[^@\s,;<>()]{1,200}\.[^@\s.,;<>()]{2,60}")
_URL = re.compile(r"https?://\S{3,2000}", re.IGNORECASE)
_PHONE = re.compile(r"(?=(?:\D*\d){6,15}\D*$)\+?[\d(][\d\s()./-]{4,24}\d(?:\s?(?:x|ext\.?|-)\s?\d{1,6})?")


class ColumnFacts:
    """Feed it with `look`, then ask. `filled` and `blank` count rows, `looked_at` distinct cells that say something."""

    def __init__(self, zone: str) -> None:
        self.filled = self.blank = self.longest = self.looked_at = 0
        self.has_line_breaks = False
        self.all_email = self.all_url = self.all_phone = self.all_international = True
        self.all_compact_dates = self.only_digits = True
        self.digits_each: int | None = 0  # 0: none seen, None: cells differ in length or hold other characters
        self.examples: list[str] = []
        self.blank_words: set[str] = set()
        self.numbers = NumberTrial()
        self.dates = DateTrial(zone)
        self._counts: Counter[str] | None = Counter()
        self._hashes: set[int] | None = set()
        self._repeats = False
        self._seen: set[str] = set()

    def look(self, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Some more cells of the column, with the lines they stand on."""
        stripped = list(map(str.strip, cells))
        distinct = dict.fromkeys(stripped)
        distinct.pop("", None)
        blank = stripped.count("")
        self.blank += blank
        self.filled += len(stripped) - blank
        if not distinct:
            return
        self._count(stripped, distinct, len(stripped) - blank)
        self._measure(distinct)
        if not self._is_open():
            return
        for value in distinct:
            if value not in self._seen:
                self._look_at(value)
        for trial in (self.numbers, self.dates):
            trial.note_lines(stripped, lines)
        if len(self._seen) < MAX_REMEMBERED:
            self._seen.update(distinct)

    @property
    def unique(self) -> bool | None:
        """Whether every row has a value and none comes twice; None when there are too many to know."""
        if self._repeats or self.blank or not self.filled:
            return False
        return True if self._hashes is not None else None

    def are_words_of_one_pair(self) -> bool:
        """Whether all cells are one pair of words for yes and no, or only one of the two."""
        words = {value.casefold() for value in self._counts or ()}
        return bool(words) and any(words <= pair for pair in _PAIRS)

    def spellings(self) -> list[str] | None:
        """The distinct values in order of appearance, each in its most usual spelling; None when there are many."""
        if self._counts is None:
            return None
        usual: dict[str, str] = {}
        for value, count in self._counts.items():
            other = usual.get(value.casefold())
            if other is None or count > self._counts[other]:
                usual[value.casefold()] = value
        return list(usual.values())

    def best_readings(self, comma: bool, day_first: bool) -> dict[str, Reading]:
        """For each field type that needs a reading: the one that misses the fewest cells."""
        if not self.looked_at:
            return {}
        return {"checkbox": CheckboxReading(), **self.numbers.best(comma), **self.dates.best(day_first)}

    def nearly(self) -> Text | None:
        """Why the column is no number or date although nearly all of its cells are."""
        for tried, kind in ((self.numbers.tried, _("a number")), (self.dates.tried, _("a date"))):
            best: Tried[Any] = min(tried, key=lambda each: each.misses)
            if best.why and best.misses <= 3 and self.looked_at >= 10 * best.misses:
                return _("nearly every cell is {kind}, but line {line}: {why}", kind=kind, line=best.line, why=best.why)
        return None

    def _count(self, stripped: list[str], distinct: dict[str, None], filled: int) -> None:
        if self._counts is not None:
            self._counts.update(stripped)
            self._counts.pop("", None)
            if len(self._counts) > MAX_COUNTED:
                self._counts = None
        if self._hashes is not None:
            hashes = set(map(hash, distinct))  # not the cells themselves: a million of them would not stay small
            self._repeats = len(distinct) < filled or not self._hashes.isdisjoint(hashes)
            self._hashes |= hashes
            if self._repeats or len(self._hashes) > MAX_UNIQUE:
                self._hashes = None

    def _measure(self, distinct: dict[str, None]) -> None:
        self.longest = max(self.longest, max(map(len, distinct)))
        if not self.has_line_breaks:
            joined = "".join(distinct)
            self.has_line_breaks = "\n" in joined or "\r" in joined
        if len(self.examples) < EXAMPLES:
            new = [value[:EXAMPLE_LENGTH] for value in distinct if value not in self._seen]
            self.examples += new[: EXAMPLES - len(self.examples)]

    def _is_open(self) -> bool:
        """Whether another cell could still tell anything but text from text."""
        return bool(self.numbers.open or self.dates.open or self.all_email or self.all_url or self.all_phone)

    def _look_at(self, value: str) -> None:
        if value.casefold() in BLANK_WORDS:
            self.blank_words.add(value)
            return
        self.looked_at += 1
        digits = value.isascii() and value.isdigit()
        self.only_digits = self.only_digits and digits
        if self.digits_each is not None:
            self.digits_each = len(value) if digits and self.digits_each in (0, len(value)) else None
        self.all_compact_dates = self.all_compact_dates and is_compact(value)
        self.all_email = self.all_email and bool(_EMAIL.fullmatch(value))
        self.all_url = self.all_url and bool(_URL.fullmatch(value))
        self.all_phone = self.all_phone and len(value) < 40 and bool(_PHONE.fullmatch(value))
        self.all_international = self.all_international and self.all_phone and value[0] in "+("
        self.numbers.look_at(value, plain=digits and value[0] != "0" and len(value) <= 15)
        self.dates.look_at(value)
