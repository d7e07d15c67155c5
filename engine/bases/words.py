"""Words in which the other service, and clients of our API with it, say what we say in others."""

from __future__ import annotations

from typing import Any

from engine.field_types.select import COLORS

# The icons of ratings that clients have another name for.
ICONS = {"thumb-up": "thumbsUp"}

# The currency that a sign stands for, where nothing else says which; a code stands for itself.
SYMBOLS = {
    "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "CN¥": "CNY", "₹": "INR", "₩": "KRW", "₫": "VND", "₱": "PHP",
    "₪": "ILS", "R$": "BRL", "CA$": "CAD", "A$": "AUD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD", "MX$": "MXN",
}  # fmt: skip

# The colours that clients have names for, where they differ from ours.
COLOURS = {"azure": "cyan", "indigo": "blue"}

_COLOUR_OF = {theirs: ours for ours, theirs in COLOURS.items() if theirs not in COLORS}
_SHADES = ("Light1", "Light2", "Bright", "Dark1")


def colour_of(given: Any, number: int) -> str:
    """Our colour for theirs, such as `blueLight2`; for none at all one by the number of the choice."""
    if not isinstance(given, str):
        return COLORS[number % len(COLORS)]
    name = next((given.removesuffix(shade) for shade in _SHADES if given.endswith(shade)), given)
    name = _COLOUR_OF.get(name, name)
    return name if name in COLORS else "gray"
