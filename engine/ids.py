"""Identifiers: a three-letter prefix and 14 base-62 characters, sortable by the time they were made."""

from __future__ import annotations

import hashlib
import secrets
import time

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TIME_LENGTH = 8  # milliseconds since 1970 in base 62: good until the year 8888
_RANDOM_LENGTH = 6  # 62**6 = 5.7e10 values a millisecond


def new_id(prefix: str) -> str:
    """A fresh id such as `rec0fJ3kQ2a8xYzAb`. No secret: it grants nothing."""
    return new_ids(prefix, 1)[0]


def new_ids(prefix: str, count: int) -> list[str]:
    """`count` fresh ids in ascending order, so that records made together keep their order."""
    start = _base62(time.time_ns() // 1_000_000, _TIME_LENGTH)
    space = 62**_RANDOM_LENGTH
    first = secrets.randbelow(space // 2)
    step = max(1, min(1_000, (space // 2) // max(count, 1)))
    return [f"{prefix}{start}{_base62(first + n * step, _RANDOM_LENGTH)}" for n in range(count)]


def new_secret() -> str:
    """256 random bits for a credential, safe in a URL."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is stored of a random secret: it cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
