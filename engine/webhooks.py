"""Webhooks as Standard Webhooks describes them: what is sent, how it is signed, when it is tried again."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

from engine.errors import Problem, Refused
from engine.text import _

RETRY_AFTER_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.2
MAX_WAIT = 86_400
MAX_BODY = 256 * 1024
HEEDED = frozenset({429, 502, 503, 504})
GONE = 410
SECRET_PREFIX = "whsec_"  # noqa: S105 - the word that marks one
SECRET_BYTES = range(24, 65)
_random = secrets.SystemRandom()


@dataclass(frozen=True)
class Verdict:
    """What an attempt comes to. `wait`: seconds until the next one, None for none; `gone`: never call this again."""

    delivered: bool = False
    wait: float | None = None
    gone: bool = False


def new_secret() -> str:
    """A fresh signing secret of 32 random bytes, to be shown once to who receives."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str, at: str = "/secret") -> None:
    """Raises Refused when `secret` is no `whsec_` and base64 of 24 to 64 bytes."""
    try:
        good = len(base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)) in SECRET_BYTES
    except (binascii.Error, ValueError):
        good = False
    if not (good and secret.startswith(SECRET_PREFIX)):
        raise Refused([Problem(at, _("A signing secret is whsec_ and 24 to 64 random bytes in base64."), "secret")])


def new_message_id() -> str:
    """The id that a message keeps over all its attempts, so that the receiver can tell a repetition."""
    return f"msg_{secrets.token_hex(16)}"


def body_of(content: Any, event: str | None, made_at: datetime) -> bytes:
    """The bytes to send, to be made once and stored: every attempt sends the same.

    With `event` the body has the shape that Standard Webhooks proposes (`type`, `timestamp`, `data`), without it
    `content` is sent as it is. Raises Refused when it is longer than 256 KiB.
    """
    tree = content
    if event is not None:
        moment = made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        tree = {"type": event, "timestamp": moment, "data": content}
    body = orjson.dumps(tree)
    if len(body) > MAX_BODY:
        raise Refused([Problem("/body", _("The content is larger than {limit} KiB.", limit=MAX_BODY // 1024), "size")])
    return body


def headers(message_id: str, sent_at: datetime, body: bytes, signing: Sequence[str]) -> dict[str, str]:
    """The headers of one attempt: the same id each time, the moment of this attempt, a signature per secret.

    `signing` holds the newest secret first; two while one replaces the other, none where the receiver has none.
    """
    sent = sent_at.astimezone(UTC)
    found = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent.timestamp())),
    }
    if signing:
        text = body.decode()
        found["webhook-signature"] = " ".join(Webhook(secret).sign(message_id, sent, text) for secret in signing)
    return found


def after_answer(status: int, answered: Mapping[str, str], attempt: int, now: datetime) -> Verdict:
    """What to do after attempt number `attempt` (the first is 1) was answered. Only 2xx counts as delivered.

    `answered` holds the answer's headers by lower-case name; a redirect is a failure.
    """
    if 200 <= status < 300:
        return Verdict(delivered=True)
    if status == GONE:
        return Verdict(gone=True)
    asked = _retry_after(answered.get("retry-after", ""), now) if status in HEEDED else 0.0
    return _again(attempt, asked)


def after_failure(attempt: int) -> Verdict:
    """What to do after attempt number `attempt` (the first is 1) got no answer."""
    return _again(attempt, 0.0)


def _again(attempt: int, asked: float) -> Verdict:
    """The table's wait, jittered so that what failed together does not come back together; longer if asked for."""
    if attempt >= len(RETRY_AFTER_SECONDS):
        return Verdict()
    planned = RETRY_AFTER_SECONDS[attempt] * (1 + _random.uniform(-JITTER, JITTER))
    return Verdict(wait=max(planned, min(asked, MAX_WAIT)))


def _retry_after(value: str, now: datetime) -> float:
    """Seconds that `Retry-After` asks for (a number or a date), 0 when it says nothing that is understood."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now, timedelta()).total_seconds()
