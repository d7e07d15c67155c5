"""What numbers as texts mean: in a format, and in Chinese capitals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from tests.engine.formulas.plain.meaning import Call, Failed, means, plainly, settled

_FORMATS: dict[str, Callable[[Decimal], str]] = {
    "0": lambda number: format(number, ".0f"),
    "0.00": lambda number: format(number, ".2f"),
    "#,##0.00": lambda number: format(number, ",.2f"),
    "#,##0": lambda number: format(number, ",.0f"),
    "0.##": lambda number: plainly(number),
    "$#,##0.0#": lambda number: "$" + format(number, ",.1f" if number * 10 % 1 == 0 else ",.2f"),
    "0.0%": lambda number: format(number, ".1f") + "%",
    "000": lambda number: format(number, ".0f").rjust(3, "0"),
}
FORMATS = tuple(_FORMATS)


@means("TEXT")
def _text(call: Call) -> str:
    number, pattern = call.filled
    if pattern.endswith("%"):
        number = settled(number * 100)
    decimals = len(pattern.rstrip("%").partition(".")[2])
    rounded = Decimal(number).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return ("-" if rounded < 0 else "") + _FORMATS[pattern](abs(rounded))


@means("CNY_UPPER")
def _yuan(call: Call) -> str:
    amount = call.filled[0].quantize(Decimal("0.01"), ROUND_HALF_UP)
    if abs(amount) >= 10**13:
        raise Failed
    yuan, cents = divmod(int(abs(amount) * 100), 100)
    if not yuan and not cents:
        return "零元整"
    text = "负" if amount < 0 else ""
    text += _capitals(yuan) + "元" if yuan else ""
    jiao, fen = divmod(cents, 10)
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and yuan:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "整")


_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def _capitals(whole: int) -> str:
    """A whole number, by groups of four digits."""
    text = ""
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, whole = divmod(whole, size)
        if group >= 10**4:
            inner = _capitals(group)
            text += inner + unit
        elif group:
            text += ("零" if text and group < 1000 else "") + _thousands(group) + unit
    return text


def _thousands(group: int) -> str:
    text = ""
    for size, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit, group = divmod(group, size)
        if digit:
            text += _DIGITS[digit] + unit
        elif text and group and not text.endswith("零"):
            text += "零"
    return text
