"""What can go wrong, said so that the person who reads it knows what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.text import _


@dataclass(frozen=True)
class Problem:
    """One thing wrong with what was given, at its place.

    `at` is a JSON pointer into the document given (`/tables/deals/fields/amount`), or for records
    the place of the value (`/0/amount`: record 0, field `amount`). `value` is what was typed.
    """

    at: str
    says: str
    code: str = "invalid"
    value: Any = None
    severity: Literal["error", "warning"] = "error"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class FormworkError(Exception):
    """Any refusal with words for people. `status` is the HTTP status that says the same."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_request"

    def __init__(self, says: str) -> None:
        super().__init__(says)
        self.says = says


class Refused(FormworkError):
    """What was given is wrong; every problem is told at once and nothing was written."""

    status = 422
    code = "invalid_value"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0].says if self.problems else ""
        more = len(self.problems) - 1
        super().__init__(first if more < 1 else _("{first} (and {count} more)", first=first, count=more))


class TooOften(Refused):
    """It was tried `times` times, which is as often as it may be; in so many `seconds` it may be tried again."""

    status = 429
    code = "too_often"

    def __init__(self, says: str, times: int, seconds: float, at: str = "") -> None:
        super().__init__([Problem(at, says, "too_many")])
        self.times = times
        self.seconds = max(math.ceil(seconds), 1)


def refuse(problems: Sequence[Problem]) -> None:
    """Raise `Refused` with all of these problems of records, if there are any: record 2 before record 10."""
    if problems:
        raise Refused(sorted(problems, key=lambda one: (len(one.at.partition("/")[2].partition("/")[0]), one.at)))


class NotFound(FormworkError):
    """It does not exist, or not for the one who asks."""

    status = 404
    code = "not_found"


class Forbidden(FormworkError):
    """It exists and the asker knows it, but may not do this."""

    status = 403
    code = "forbidden"


class SignInNeeded(FormworkError):
    """Nobody is signed in, or the credential no longer counts."""

    status = 401
    code = "authentication_required"


class ProofNeeded(FormworkError):
    """Whoever is signed in must type their password again first; `back` is the page that then goes on."""

    status = 403
    code = "proof_needed"

    def __init__(self, says: str, back: str) -> None:
        super().__init__(says)
        self.back = back


class Conflict(FormworkError):
    """It was changed meanwhile, or is in use."""

    status = 409
    code = "conflict"


class Collided(Conflict):
    """Another transaction was in the way at this very moment. Doing the same again may well succeed."""


class Unavailable(FormworkError):
    """The database (or another part that we need) does not answer; trying again later may help."""

    status = 503
    code = "unavailable"


class TookTooLong(FormworkError):
    """The database worked on it for so long that it was broken off, and kept nothing. The same again takes as long."""

    status = 503
    code = "took_too_long"


class Misconfigured(FormworkError):
    """The machine is not set up so that we could start: a folder, a port, a setting."""

    status = 500
    code = "misconfigured"
