"""Numbers that people type and read: exact decimals of up to 15 significant digits and 10 decimals.

In Python such a number is an `int`, or a `float` whose shortest text is the decimal that was meant; 15
digits always survive that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import format_currency, format_decimal
from babel.numbers import format_percent as babel_percent

from engine.field_types import InvalidValue
from engine.text import Text, _

MAX_DIGITS = 15
MAX_DECIMALS = 10
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}([,   ' ]\d{3})+(\.\d*)?")


def plain(number: Decimal) -> int | float:
    """The JSON number for a decimal: an `int` when it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)


def read_number(text: str) -> int | float:
    """The number in `text`: `1234.5`, `1,234.50`, `(12)` or `−3` (a real minus); raises `InvalidValue`."""
    bare = text.strip().replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if _GROUPED.fullmatch(bare):
        bare = re.sub(r"[,   ' ]", "", bare)
    if not _PLAIN.fullmatch(bare) or len(bare) > 60:
        raise InvalidValue(_("must be a number, such as 1234.50"))
    number = Decimal(bare)
    _check_size(number)
    return plain(number)


def problems_of_limits(options: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    """What is wrong with the smallest and the greatest number that a field takes: (option, what to say)."""
    if "min" in options and "max" in options and options["min"] > options["max"]:
        yield "min", _("This is more than `max`.")


def accept_number(
    value: object,
    decimals: int,
    smallest: float | None = None,
    largest: float | None = None,
) -> int | float:
    """`value` rounded to `decimals` (halves away from zero); raises `InvalidValue`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidValue(_("must be a number"))
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue(_("must be a number"))
    number = Decimal(repr(value))
    _check_size(number)
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) if decimals < MAX_DECIMALS else number
    if smallest is not None and rounded < Decimal(repr(smallest)):
        raise InvalidValue(_("must be at least {limit}", limit=smallest))
    if largest is not None and rounded > Decimal(repr(largest)):
        raise InvalidValue(_("must be at most {limit}", limit=largest))
    return plain(rounded)


def _check_size(number: Decimal) -> None:
    if number.is_finite() and number.adjusted() >= MAX_DIGITS:
        raise InvalidValue(_("is too large: at most {digits} digits", digits=MAX_DIGITS))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))


@cache
def _pattern(decimals: int, separators: bool = True) -> str:
    return ("#,##0" if separators else "0") + ("." + "0" * decimals if decimals else "")


def format_number(value: float, decimals: int, language: str, separators: bool = True) -> str:
    """`1234.5` as `1,234.50` in the reader's way, with a real minus; `1234.50` without `separators`."""
    number = Decimal(str(value))
    return _real_minus(
        format_decimal(
            number,
            _pattern(decimals, separators),
            locale=_locale(language),
            decimal_quantization=True,
        )
    )


def format_money(value: float, currency: str, decimals: int, language: str) -> str:
    """`1234.5` as `$1,234.50` in the reader's way."""
    pattern = "¤" + _pattern(decimals)
    money = format_currency(
        Decimal(str(value)),
        currency,
        pattern,
        locale=_locale(language),
        currency_digits=False,
    )
    return _real_minus(money)


def format_percent(value: float, decimals: int, language: str) -> str:
    """`0.125` as `12.5%`; more decimals than asked for only where the value has them."""
    pattern = "#,##0" + ("." + "0" * decimals + "#" * (2 - decimals) if decimals < 2 else "." + "0" * decimals) + "%"
    return _real_minus(babel_percent(Decimal(str(value)), pattern.replace(".%", "%"), locale=_locale(language)))


def in_percent(value: float) -> str:
    """`12.5` for 0.125: what a percent input holds."""
    return _digits(Decimal(repr(value)) * 100)


def in_digits(value: float) -> str:
    """`1234.5`, `0.0000001`: a number with all its digits and nothing else, as formulas write it."""
    return _digits(Decimal(repr(value)))


def _digits(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _real_minus(text: str) -> str:
    return text.replace("-", "−")
