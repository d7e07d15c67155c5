"""Identifiers: a three-letter prefix and 14 base-62 characters, sortable by the time they were made.

Within a process each id comes after the one before it, also within one millisecond and when the clock is set back:
what somebody made first stands first.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TIME_LENGTH = 8  # milliseconds since 1970 in base 62: good until the year 8888
_RANDOM_LENGTH = 6  # 62**6 = 5.7e10 values a millisecond
_SPACE = 62**_RANDOM_LENGTH
_STEP = 1_000
_PAIRS = [f"{one}{other}" for one in ALPHABET for other in ALPHABET]  # two digits at a time: three times as fast
_PAIR = len(_PAIRS)


def new_id(prefix: str) -> str:
    """A fresh id such as `rec0fJ3kQ2a8xYzAb`. No secret: it grants nothing."""
    return new_ids(prefix, 1)[0]


def new_ids(prefix: str, count: int) -> list[str]:
    """`count` fresh ids in ascending order, so that records made together keep their order."""
    start, first = _row.begin(count)
    beginning = f"{prefix}{_base62(start, _TIME_LENGTH)}"
    ids = []
    for number in range(first, first + count * _STEP, _STEP):
        rest, last = divmod(number, _PAIR)
        before, middle = divmod(rest, _PAIR)
        ids.append(f"{beginning}{_PAIRS[before]}{_PAIRS[middle]}{_PAIRS[last]}")
    return ids


def new_secret() -> str:
    """256 random bits for a credential, safe in a URL."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is stored of a random secret: it cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class _Row:
    """Where the ids of this process have come to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._next = 0

    def begin(self, count: int) -> tuple[int, int]:
        """The millisecond and the first number of `count` ids that nobody else gets."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            room = _SPACE - count * _STEP
            if now <= self._millisecond and self._next < room:
                first = self._next + secrets.randbelow(_STEP)
            else:
                self._millisecond = max(now, self._millisecond + 1)
                first = secrets.randbelow(room // 2)  # by chance: other processes make ids in the same millisecond
            self._next = first + count * _STEP
            return self._millisecond, first


_row = _Row()


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
