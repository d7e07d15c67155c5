"""How the text of a cell becomes the value that a record keeps; what cannot be kept to the last digit is refused."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from engine.importers._dates import DATE_ORDERS, read_date, read_date_time
from engine.importers._unreadable import Unreadable, shortened
from engine.numbers import MAX_DECIMALS, MAX_DIGITS, plain
from engine.text import Text, _

YES = frozenset(("true", "t", "yes", "y", "1", "x", "on", "ja", "oui", "si", "sí", "是", "✓", "✔", "√"))
NO = frozenset(("false", "f", "no", "n", "0", "off", "nein", "non", "否"))
SYMBOLS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "元": "CNY", "RMB": "CNY", "円": "JPY",
    "₹": "INR", "₩": "KRW", "₽": "RUB", "R$": "BRL", "C$": "CAD", "CA$": "CAD", "A$": "AUD", "HK$": "HKD", "NT$": "TWD",
    "S$": "SGD", "zł": "PLN", "Kč": "CZK", "₺": "TRY", "฿": "THB", "₫": "VND",
}  # fmt: skip
CODES = frozenset((
    *SYMBOLS.values(), "CHF", "SEK", "NOK", "DKK", "HUF", "NZD", "MXN", "ZAR", "AED", "SAR", "ILS", "MYR", "IDR", "PHP",
))  # fmt: skip

_GROUPS = {"": "", ",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}
_LONGEST_AMOUNT = 60  # characters
_SIGN = r"[^\d\s.,()'-]*"
_MONEY = re.compile(
    rf"(?P<sign>[-(]?)\s*(?P<before>{_SIGN})\s*(?P<number>-?[\d.,'\u2019\s]*\d)\s*(?P<after>{_SIGN})\)?"
)


class Reading(ABC):
    """One way to read a field's cells. As JSON it is `{"as": name, ...options}`."""

    name: ClassVar[str]

    @abstractmethod
    def read(self, text: str) -> Any:
        """The JSON value of one cell, None for a blank one. Raises Unreadable with the reason."""

    def as_json(self) -> dict[str, Any]:
        """What `reading_from` makes this reading of again."""
        return {"as": self.name, **asdict(self)}  # type: ignore[call-overload]


def reading_from(document: Mapping[str, Any]) -> Reading:
    """The reading that `as_json` described. Raises ValueError when there is no such reading or option."""
    options = dict(document)
    name = options.pop("as", None)
    if name not in READINGS:
        raise ValueError(_("There is no reading {name}.", name=repr(name)))
    try:
        return READINGS[name](**options)
    except (TypeError, KeyError, ValueError, OSError) as error:
        raise ValueError(_("The reading {name} has no such option.", name=name)) from error


@dataclass(frozen=True)
class TextReading(Reading):
    """The text itself, without the spaces around it."""

    name = "text"

    def read(self, text: str) -> str | None:
        return text.strip() or None


@dataclass(frozen=True)
class NumberReading(Reading):
    """A plain number, with at most 15 digits so that each of them is kept. `thousands` may be "", ",", ".", " " or "'".

    `rounded`: decimals that are too many are rounded, because the user chose to, instead of refused.
    """

    name = "number"
    decimal: str = "."
    thousands: str = ""
    rounded: bool = False

    def __post_init__(self) -> None:
        if self.decimal not in (".", ",") or self.thousands not in _GROUPS or self.decimal == self.thousands:
            raise KeyError(self.decimal + self.thousands)

    def read(self, text: str) -> int | float | None:
        return _plain(self.exact(text))

    def exact(self, text: str) -> Decimal | None:
        """The number with all its digits, trailing zeros included."""
        written = text.strip().replace("\u2212", "-")
        if not written:
            return None
        if not self._shape.fullmatch(written):
            raise Unreadable(self._why_not(written))
        if self.thousands:
            written = self._group.sub("", written)
        written = written.replace(self.decimal, ".")
        number = self._kept(Decimal(written), text)
        if written[0] == "-" and not number:
            raise Unreadable(_("{text} would become 0 and lose its sign.", text=text))
        return number

    def _kept(self, number: Decimal, text: str) -> Decimal:
        if self.rounded:
            number = _rounded(number)
        whole, _point, decimals = f"{number:f}".lstrip("-").partition(".")
        significant = (whole + decimals.rstrip("0")).lstrip("0")
        if len(significant) > MAX_DIGITS:
            says = _("{text} has more than {limit} digits; a number would lose some.", text=text, limit=MAX_DIGITS)
            raise Unreadable(says)
        if len(decimals.rstrip("0")) > MAX_DECIMALS:
            raise Unreadable(_("{text} has more than {limit} decimals.", text=text, limit=MAX_DECIMALS))
        return number

    def _why_not(self, text: str) -> Text:
        if re.fullmatch(r"-?0\d[\d.,]*", text):
            return _("{text} begins with a zero that a number would lose.", text=text)
        if re.fullmatch(r"-?[\d.,]+[eE][+-]?\d+", text):
            return _("{text} may be a code as well as a number.", text=text)
        return _("{text} is no number.", text=shortened(text))

    @cached_property
    def _group(self) -> re.Pattern[str]:
        return re.compile(_GROUPS[self.thousands])

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        whole = r"(?:0|[1-9][0-9]*)"
        if self.thousands:
            whole = rf"(?:{whole}|[1-9][0-9]{{0,2}}(?:{_GROUPS[self.thousands]}[0-9]{{3}})+)"
        point = re.escape(self.decimal)
        return re.compile(rf"-?(?:{whole}(?:{point}[0-9]+)?|{point}[0-9]+)")


@dataclass(frozen=True)
class PercentReading(NumberReading):
    """`12.5 %` as the fraction 0.125; a number without the sign is a fraction already."""

    name = "percent"

    def read(self, text: str) -> int | float | None:
        written = text.strip()
        if not written.endswith(("%", "％")):
            return super().read(written)
        number = self.exact(written[:-1])
        if number is None:
            raise Unreadable(_("{text} is no percentage.", text=shortened(text)))
        return _plain(self._kept(number / 100, text))


@dataclass(frozen=True)
class CurrencyReading(NumberReading):
    """An amount with or without the sign or code of its `currency`; `($5)` and `-$5` are both minus five."""

    name = "currency"
    currency: str = ""

    def read(self, text: str) -> int | float | None:
        number, found = self.amount(text)
        if found and self.currency and found != self.currency:
            raise Unreadable(_("{text} is not in {currency}.", text=shortened(text), currency=self.currency))
        return _plain(number)

    def amount(self, text: str) -> tuple[Decimal | None, str]:
        """The exact amount and the code of the currency that stands beside it, "" where there is none."""
        written = text.strip().replace("\u2212", "-")
        if not written:
            return None, ""
        match = _MONEY.fullmatch(written) if len(written) <= _LONGEST_AMOUNT else None
        currency = _currency_of((match["before"] or match["after"]).strip()) if match else None
        if not match or currency is None or not _is_well_formed(match):
            raise Unreadable(_("{text} is no amount of money.", text=shortened(text)))
        return self.exact(("-" if match["sign"] else "") + match["number"]), currency


@dataclass(frozen=True)
class CheckboxReading(Reading):
    """Words for yes and no in several languages."""

    name = "checkbox"

    def read(self, text: str) -> bool | None:
        word = text.strip().casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        if not word:
            return None
        raise Unreadable(_("{text} is neither yes nor no.", text=shortened(text)))


@dataclass(frozen=True)
class DateReading(Reading):
    """A date; `order` says what 01/02/03 means. Dates with the year first or with a month's name need no order."""

    name = "date"
    order: str = "ymd"

    def __post_init__(self) -> None:
        if self.order not in DATE_ORDERS:
            raise KeyError(self.order)

    def read(self, text: str) -> str | None:
        return read_date(text.strip(), self.order) if text.strip() else None


@dataclass(frozen=True)
class DateTimeReading(Reading):
    """A date with a time; without an offset it is the time in `zone` (an IANA name). Kept to the millisecond."""

    name = "date_time"
    order: str = "ymd"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.order not in DATE_ORDERS:
            raise KeyError(self.order)
        ZoneInfo(self.zone)

    def read(self, text: str) -> str | None:
        return read_date_time(text.strip(), self.order, self.zone) if text.strip() else None


READINGS: dict[str, type[Reading]] = {
    each.name: each
    for each in (
        TextReading,
        NumberReading,
        PercentReading,
        CurrencyReading,
        CheckboxReading,
        DateReading,
        DateTimeReading,
    )
}


def _plain(number: Decimal | None) -> int | float | None:
    return None if number is None else plain(number)


def _rounded(number: Decimal) -> Decimal:
    decimals = min(MAX_DECIMALS, MAX_DIGITS - number.adjusted() - 1)
    exponent = number.as_tuple().exponent
    return round(number, decimals) if isinstance(exponent, int) and 0 < decimals < -exponent else number


def _is_well_formed(match: re.Match[str]) -> bool:
    """One sign of currency, one minus, and brackets that close."""
    signs = bool(match["sign"]) + match["number"].startswith("-")
    currencies = bool(match["before"]) + bool(match["after"])
    return signs < 2 and currencies < 2 and (match["sign"] == "(") == match[0].endswith(")")


def _currency_of(sign: str) -> str | None:
    """The code for a sign or code; "" for none, None for a word that is no currency."""
    if not sign:
        return ""
    return SYMBOLS.get(sign) or (sign.upper() if sign.upper() in CODES else None)
