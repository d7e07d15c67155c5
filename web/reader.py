"""Who reads the page: in which language and zone, light or dark, and with which secret its forms are bound.

It is held in a context variable while a template renders, so that filters and macros need no argument for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from engine.settings import LANGUAGES


@dataclass(frozen=True)
class Reader:
    """`theme` empty: as the system says. `form_token` makes a fresh token for one form."""

    language: str = "en"
    time_zone: str = "UTC"
    theme: str = ""
    form_token: Callable[[], str] = str


_NOBODY = Reader()
_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def reader() -> Reader:
    """The one for whom something is being rendered."""
    return _reader.get() or _NOBODY


@contextmanager
def reading_as(who: Reader) -> Iterator[None]:
    """Render for `who` inside the block."""
    before = _reader.set(who)
    try:
        yield
    finally:
        _reader.reset(before)


def language_of(chosen: str, cookie: str, accept: str, otherwise: str = "en") -> str:
    """The account's language, else the cookie's, else the best that the browser asks for, else `otherwise`."""
    for wanted in (chosen, cookie, *_accepted(accept)):
        if wanted in LANGUAGES:
            return wanted
    return otherwise


def _accepted(header: str) -> Iterator[str]:
    """The languages of an Accept-Language header, the most wanted first: `zh-CN,zh;q=0.9,en;q=0.8`."""
    weights: Mapping[str, float] = dict(_weighed(part) for part in header.split(",")[:20])
    for language in sorted((one for one in weights if weights[one] > 0), key=lambda one: -weights[one]):
        yield language.partition("-")[0].casefold()


def _weighed(part: str) -> tuple[str, float]:
    language, _semicolon, quality = part.partition(";")
    try:
        return language.strip(), float(quality.strip().removeprefix("q=")) if quality else 1.0
    except ValueError:
        return language.strip(), 0.0
