"""The SQL of numbers as texts: read, written plainly, in a format, and in Chinese capitals."""

from __future__ import annotations

import re
from decimal import Decimal

from engine.formulas.dialects import NUMBER, Element, dialects

# "1,234.50", "$9.99", "-.5", "1e3", "12.5%": alike in Python and PostgreSQL
NUMBER_TEXT = (
    r"^[-+]?[$€£¥₫]?(?:(?:[0-9]{1,3}(?:,[0-9]{3}){1,9}|[0-9]{1,40})(?:\.[0-9]{0,40})?|\.[0-9]{1,40})"
    r"(?:[eE][-+]?[0-9]{1,2})?%?$"
)
_NUMBER_TEXT_FORMAT = NUMBER_TEXT.replace("{", "{{").replace("}", "}}")


def number_text(value: Element) -> Element:
    """A number as people read it: no trailing zeros, no exponent; mentions it often."""
    return dialects(
        "CASE WHEN {0} IS NULL THEN NULL WHEN abs({0}) >= 1e15 THEN great_number_text({0})"
        " WHEN {0} = CAST({0} AS INTEGER) THEN CAST(CAST({0} AS INTEGER) AS TEXT)"
        " WHEN abs({0}) < 1e-3 THEN rtrim(printf('%.10f', {0}), '0') ELSE printf('%.15g', {0}) END",
        "CAST(trim_scale({0}) AS TEXT)",
        value,
    )


def text_number(value: Element) -> Element:
    """The number that a text says ("1,234.50", "$9.99", "5%"), NULL if it says none; mentions it twice.

    White space at the ends is taken off before.
    """
    digits = f"regexp_replace(substring({{0}} FROM '{_NUMBER_TEXT_FORMAT}'), '[^0-9.eE+-]', '', 'g')"
    return dialects(
        "text_number({0})",
        f"round(CAST({digits} AS NUMERIC) / CASE right({{0}}, 1) WHEN '%' THEN 100 ELSE 1 END, 10)",
        value,
        type_=NUMBER,
    )


def digits_text(value: Element, digits: int, grouped: bool, least: int, most: int) -> Element:
    """A number that is not negative, with at least so many digits, commas for thousands, and decimals."""
    whole = "9" * (16 - digits) + "0" * digits
    if grouped:
        whole = re.sub(r"(?<=.)(?=(...)+$)", ",", whole)
    decimals = "." + "0" * least + "9" * (most - least) if most else ""
    return dialects(
        f"digits_text({{0}}, {digits}, {int(grouped)}, {least}, {most})",
        f"rtrim(to_char({{0}}, 'FM{whole}{decimals}'), '.')",
        value,
    )


_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = "分角元拾佰仟万拾佰仟亿拾佰仟万"  # of the digits, from the last cent on
_TIDYING = [
    ("零角零分$|零分$", "整"),
    ("零角", "零"),
    ("零[拾佰仟]", "零"),  # no unit for a digit that is not there
    ("零+", "零"),  # one zero for a gap
    ("零([万亿元])", r"\1"),
    ("亿万", "亿"),
    ("^[元零]+", ""),
    ("^整$", "零元整"),
]


def cny_capitals(value: Element) -> Element:
    """Yuan, rounded to cents and below 10^13, in Chinese capitals; mentions it often."""
    cents = "CAST(round(abs({0}) * 100) AS BIGINT)"
    text = (
        f"(SELECT string_agg(translate(substr(d, n, 1), '0123456789', '{_CAPITALS}')"
        f" || substr('{_UNITS}', length(d) + 1 - n, 1), '' ORDER BY n)"
        f" FROM (SELECT lpad(c, GREATEST(3, length(c)), '0') AS d FROM (SELECT CAST({cents} AS TEXT) AS c) AS y) AS x,"
        " generate_series(1, length(d)) AS n)"
    )
    for pattern, new in _TIDYING:
        text = f"regexp_replace({text}, '{pattern}', '{new}', 'g')"
    return dialects(
        "cny_capitals({0})",
        f"CASE WHEN abs({{0}}) < 1e13 THEN CASE WHEN {{0}} < 0 THEN '负' ELSE '' END || {text} END",
        value,
    )


def cny_text(value: float) -> str:
    """The same in Python, for SQLite."""
    digits = str(round(abs(Decimal(str(value))) * 100)).rjust(3, "0")
    text = "".join(_CAPITALS[int(one)] + _UNITS[len(digits) - 1 - at] for at, one in enumerate(digits))
    for pattern, new in _TIDYING:
        text = re.sub(pattern, new, text)
    return ("负" if value < 0 else "") + text
