"""Hashing passwords is slow on purpose; the tests need it right, not slow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine import passwords


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """A password costs next to nothing in this process; the commands that a test starts hash as they always do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
        passwords._nobody.cache_clear()
        yield
    passwords._nobody.cache_clear()
