"""Why the value of a formula is an error: what stands in the column beside it, and how people read that."""

from __future__ import annotations

from engine.text import Text, _

ERROR = "error"  # what ERROR() gives without a message; there is no more to say about it
LONGEST = 500  # characters of a message that ERROR is given
REASONS = {
    "division_by_zero": _("a division by zero"),
    "not_a_number": _("no number"),
    "not_a_date": _("no date"),
    "out_of_range": _("out of range"),
    "no_values": _("nothing to count with"),
    "no_match": _("nothing fits the pattern"),
}


def in_words(reason: str) -> Text | None:
    """The reason for a person: one of ours, or the message that ERROR was given; None where there is none."""
    if reason == ERROR:
        return None
    return REASONS.get(reason) or Text("{message}", {"message": reason})
