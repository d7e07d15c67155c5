"""JSON that somebody wrote: read in one way only, whatever Python's reader would also take."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

from engine.errors import Problem, Refused
from engine.text import Text, _

MAX_DIGITS = 40  # of a number


def read_json(text: str) -> Any:
    """What the text says.

    Raises `Refused` where it is no JSON, with the line; also for what other readers would understand differently or
    not at all: a key that stands twice in one object, NaN, a number that is too long, half a character.
    """
    try:
        found = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole, parse_float=_fraction
        )
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        says = _("This is no JSON: line {line}, character {position}.", line=error.lineno, position=error.colno)
        raise _refused(says) from None
    except RecursionError:
        raise _refused(_("This is nested too deeply.")) from None
    except UnicodeEncodeError:
        raise _refused(_("This holds half a character.")) from None
    return found


def read_token(token: str) -> Any:
    """The JSON that we spelled for an address by URL-safe base64; None where somebody else made it."""
    try:
        return read_json(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    except (ValueError, Refused):
        return None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(_('The key "{name}" stands twice in one object.', name=twice))
    return found


def _no_number(word: str) -> Any:
    raise _refused(_("{text} is no number.", text=word))


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _refused(_("A number may have at most {limit} digits.", limit=MAX_DIGITS))
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits) if len(digits) <= MAX_DIGITS else math.inf
    if math.isinf(number):
        raise _refused(_("A number may have at most {limit} digits.", limit=MAX_DIGITS))
    return number


def _refused(says: Text) -> Refused:
    return Refused([Problem("", says, "json")])
