"""What a reading raises."""

from __future__ import annotations

from engine.text import Text

_SHOWN = 60  # characters of a cell that a reason repeats


class Unreadable(ValueError):
    """A cell that cannot become a value; `says` is the reason, in words for people."""

    def __init__(self, says: Text) -> None:
        super().__init__(says)
        self.says = says


def shortened(text: str) -> str:
    """The cell as a reason repeats it."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
