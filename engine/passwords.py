"""Passwords: what may be one, and how it is kept (argon2id, a salt each)."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.errors import Problem
from engine.text import _

SHORTEST = 8  # characters
LONGEST = 1_024  # bytes; longer ones would only be a way to keep the processor busy
AT_ONCE = 4  # hashes computed at the same time: 64 MiB each

hasher = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=4),))
_turns = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str) -> str:
    """What is stored instead of `password`; 0.2-0.3 s of work on purpose."""
    with _turns:
        return hasher.hash(_normal(password))


def matches(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether `password` is the one `stored` was made from, and a new hash if the parameters have changed since.

    With `stored` None (nobody of that name) it takes as long and says no, so that time tells nothing.
    """
    if len(password.encode()) > LONGEST:
        return False, None
    with _turns:
        right, fresh = hasher.verify_and_update(_normal(password), stored or _nobody())
    return (right and stored is not None), (fresh if right and stored is not None else None)


def problems_with(password: str, personal: Sequence[str] = (), at: str = "/password") -> list[Problem]:
    """Why `password` may not be one: too short, too long, or what everybody would try first.

    `personal` are the words an attacker knows: the person's name and address, the workspace's name.
    """
    if len(password) < SHORTEST:
        says = _("Use at least {count} characters. Four words in a row are easy to remember.", count=SHORTEST)
        return [Problem(at, says, "too_short")]
    if len(password.encode()) > LONGEST:
        return [Problem(at, _("Use at most {count} bytes.", count=LONGEST), "too_long")]
    plain = _normal(password).casefold()
    bare = plain.strip("0123456789!?.,-_*#@ ")
    known = {word.casefold() for word in personal if word} | {
        word.casefold().split("@")[0] for word in personal if word
    }
    if plain in _common() or bare in _common() or plain in known or bare in known or len(set(plain)) < 4:
        return [Problem(at, _("This password is easy to guess. Choose another one."), "common")]
    return []


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return hashed("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())
