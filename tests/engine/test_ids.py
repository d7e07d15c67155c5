"""Ids keep the order in which things were made, whatever the clock does, and are no counts (T-NI-07)."""

from __future__ import annotations

import base64
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import hooks, ids, second_factor, vault, webhooks


@pytest.mark.parametrize("hours", [0, -1])
def test_what_is_made_later_comes_later(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    before = [ids.new_id("rec") for _again in range(50)]
    now = time.time_ns() + hours * 3_600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: now)  # it stands still, too
    made = [*before, *ids.new_ids("rec", 100_000), *(ids.new_id("rec") for _again in range(50))]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {17}


def test_no_two_are_alike_however_many_make_them() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [one for some in threads.map(lambda _: ids.new_ids("rec", 50), range(200)) for one in some]
    assert len(set(made)) == 10_000


def test_a_millisecond_that_is_full_gives_way_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    row = ids._Row()
    begun = [row.begin(100_000) for _again in range(600)]
    assert begun == sorted(set(begun))
    assert begun[0][0] == 10**12 < begun[-1][0]


def test_an_id_does_not_tell_how_many_there_are() -> None:
    """The time when it was made, then a number by chance: of 35 bits, and by chance again after the one before."""
    moment = len("rec") + ids._TIME_LENGTH
    begun = {ids._Row().begin(1)[1] for _again in range(1_000)}
    assert len(begun) > 990
    assert max(begun) > ids._SPACE // 4
    apart = {ids._row.begin(1)[1] for _again in range(1_000)}
    assert len(apart) == 1_000
    assert len(ids.new_id("rec")[moment:]) == ids._RANDOM_LENGTH


def test_what_opens_something_by_itself_has_128_random_bits_and_more() -> None:
    """An id does not: it names, and the door asks who wants it. Links, tokens and sessions are made of these."""
    made = [ids.new_secret() for _again in range(1_000)]
    assert len(set(made)) == 1_000
    assert {len(base64.urlsafe_b64decode(f"{one}=")) for one in made} == {32}
    assert len(base64.b64decode(webhooks.new_secret().removeprefix(webhooks.SECRET_PREFIX))) == 32


def test_what_opens_something_is_made_by_few_words() -> None:
    """Who makes a secret otherwise says here how many bits it has."""
    root = Path(ids.__file__).parents[1]
    found = {
        (str(path.relative_to(root)), words)
        for folder in ("engine", "web")
        for path in (root / folder).rglob("*.py")
        for words in re.findall(r"secrets\.(\w+\([^()]*\))", path.read_text("utf-8"))
    }
    assert found == {
        ("engine/api_tokens.py", "choice(ALPHABET)"),  # 43 of 62: 256 bits
        ("engine/hooks/__init__.py", "token_bytes(SECRET_BYTES)"),  # 256
        ("engine/ids.py", "token_urlsafe(32)"),  # 256
        ("engine/ids.py", "randbelow(_STEP)"),  # ids
        ("engine/ids.py", "randbelow(room // 2)"),  # ids
        ("engine/outbox.py", "token_hex(16)"),  # names of mails
        ("engine/second_factor.py", "token_bytes(SEED_BYTES)"),  # 160, beside a password
        ("engine/second_factor.py", "token_bytes(10)"),  # 80, beside a password, five tries
        ("engine/vault.py", "token_bytes(KEY_BYTES)"),  # 256
        ("engine/vault.py", "token_bytes(NONCE_BYTES)"),  # no secret
        ("engine/vault.py", "token_hex(8)"),  # a file's name
        ("engine/webhooks.py", "SystemRandom()"),  # how long to wait
        ("engine/webhooks.py", "token_bytes(32)"),  # 256
        ("engine/webhooks.py", "token_hex(16)"),  # names of messages
        ("web/csrf.py", "token_urlsafe(9)"),  # a mask over the token
        ("web/errors.py", "token_hex(4)"),  # a reference for the log
        ("web/security.py", "token_urlsafe(16)"),  # 128, of one answer
        ("web/signing.py", "token_bytes(12)"),  # tells signed texts apart, which the signature holds
        ("web/visit.py", "token_urlsafe(32)"),  # 256
    }
    sizes = (hooks.SECRET_BYTES, second_factor.SEED_BYTES, vault.KEY_BYTES)
    assert all(size >= 16 for size in sizes)
