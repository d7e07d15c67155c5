"""Whole numbers that come with a form or an address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

MOST = 2**31 - 1  # more than there is of anything; both databases keep it

Number = Annotated[int, Field(ge=0, le=MOST)]  # of a route's path or query


def number_in(text: str) -> int | None:
    """The whole number that somebody typed, None for what is none, or longer than any that is asked for."""
    return int(text) if len(text) < 10 and text.isdecimal() else None
