"""Asking the other service: five requests a second at most, waiting when it says so, trying again when it stumbles.

Its answers are what a stranger sent: `answers.py` takes from them what has the right shape, and no more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from engine.bases import answers
from engine.bases.answers import Base, OtherSide, Record, Remark, Table, strange
from engine.egress import Answer, Egress, EgressFailed
from engine.errors import Problem, Refused
from engine.json_text import read_json
from engine.settings import Settings
from engine.text import Text, _

PACE = 0.21  # seconds between two requests: they take five a second for each base
TRIES = 6
WAIT = 30.0  # seconds after 429, where the answer does not say how long
MOST_WAIT = 120.0
MAX_ANSWER = 32 * 2**20  # bytes
SECONDS = 60.0  # for one answer
FILE_SECONDS = 300.0
MOST_BASES = 10  # pages of the list of bases

_TYPE = re.compile(r"[A-Z][A-Z_]{0,60}")


class Moved(Exception):
    """Where the other side was in a list, it knows no more."""


@dataclass
class Asker:
    """Asks with one token. `alive` is called before each request and while waiting; what it raises ends the asking."""

    egress: Egress
    url: str
    token: str = field(repr=False)
    alive: Callable[[], None] = lambda: None
    pause: Callable[[float], None] = time.sleep
    pace: float = PACE
    tries: int = TRIES
    seconds: float = SECONDS
    _last: float = field(default=0.0, init=False)

    @classmethod
    def of(cls, settings: Settings, egress: Egress, token: str, alive: Callable[[], None] = lambda: None) -> Asker:
        """For the service that the settings name."""
        return cls(egress, settings.bases_url, token, alive)

    def bases(self) -> list[Base]:
        """The bases that the token opens. Raises `Refused` at `/token`, `OtherSide`, `EgressRefused`."""
        found: list[Base] = []
        offset: str | None = ""
        for _page in range(MOST_BASES):
            given = self._get("meta/bases", {"offset": offset} if offset else {})
            some, offset = answers.bases(given)
            found += some
            if not offset:
                break
        return found

    def tables(self, base: str) -> list[Table]:
        """The tables of a base with their fields and views. Raises `Refused` at `/base` as well."""
        return answers.tables(self._get(f"meta/bases/{_part(base)}/tables", {"include": "visibleFieldIds"}))

    def records(self, base: str, table: str, offset: str) -> tuple[list[Record], str]:
        """A page of records and where the next one begins, "" at the end. Raises `Moved` too."""
        query = {"pageSize": "100", "returnFieldsByFieldId": "true", "recordMetadata[]": "commentCount"}
        given = self._get(f"{_part(base)}/{_part(table)}", query | ({"offset": offset} if offset else {}))
        return answers.records(given)

    def record(self, base: str, table: str, record: str) -> Record:
        """One record as it is now."""
        path = f"{_part(base)}/{_part(table)}/{_part(record)}"
        return answers.record(self._get(path, {"returnFieldsByFieldId": "true"}))

    def remarks(self, base: str, table: str, record: str) -> Iterator[Remark]:
        """What was said about a record, newest first."""
        offset = ""
        for _page in range(answers.MOST_PAGES_OF_COMMENTS):
            path = f"{_part(base)}/{_part(table)}/{_part(record)}/comments"
            some, offset = answers.remarks(self._get(path, {"offset": offset} if offset else {}))
            yield from some
            if not offset:
                return

    def file(self, url: str, most: int) -> Answer:
        """The bytes of a file, at most one more than `most`. Raises `EgressFailed`, `EgressRefused`."""
        self.alive()
        limits = replace(self.egress.limits, total=FILE_SECONDS, body=most + 1)
        return replace(self.egress, limits=limits).get(url)  # without the token: it is not theirs to see

    def _get(self, path: str, query: Mapping[str, str]) -> Any:
        url = f"{self.url}/{path}" + (f"?{urlencode(query)}" if query else "")
        egress = replace(self.egress, limits=replace(self.egress.limits, total=self.seconds, body=MAX_ANSWER))
        failed: EgressFailed | None = None
        for attempt in range(self.tries):
            self._wait(self._last + self.pace - time.monotonic())
            self._last = time.monotonic()
            try:
                answer = egress.get(url, {"Authorization": f"Bearer {self.token}", "Accept": "application/json"})
            except EgressFailed as error:
                failed = error
                if error.kind not in ("timeout", "connect", "protocol", "dns") or attempt + 1 >= self.tries:
                    break
                self._wait(2.0**attempt)
                continue
            if answer.status != 429 and answer.status < 500:
                return _content(answer)
            failed = None
            if attempt + 1 < self.tries:
                self._wait(_said(answer) if answer.status == 429 else 2.0**attempt)
        says = failed.says if failed else _("It asks us to wait, again and again.")
        raise OtherSide(_("The other service does not answer as it should: {reason}", reason=says))

    def _wait(self, seconds: float) -> None:
        while seconds > 0:
            self.alive()
            self.pause(min(seconds, 5.0))
            seconds -= 5.0
        self.alive()


def _content(answer: Answer) -> Any:
    """The JSON of an answer. Raises `Refused` where the asker is at fault, `OtherSide` where they are."""
    if answer.status == 200:
        if answer.cut:
            raise OtherSide(_("The other service sent more than {limit} MB at once.", limit=MAX_ANSWER // 2**20))
        try:
            return read_json(answer.body.decode())
        except (Refused, UnicodeDecodeError) as error:
            raise strange() from error
    kind = _kind(answer)
    if kind == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE":
        raise Moved
    at, says = _REFUSALS.get(answer.status, ("", _("The other service answered {status}.", status=answer.status)))
    raise Refused([Problem(at, says, "other_side", kind or None)])


_REFUSALS: Mapping[int, tuple[str, Text]] = {
    401: ("/token", _("The other service does not know this token. Copy it again, or make a new one there.")),
    403: (
        "/token",
        _("The token may not do this. It needs the rights to read data and the structure of bases, for this base."),
    ),
    404: ("/base", _("There is no such base, or the token does not open it.")),
}


def _kind(answer: Answer) -> str:
    """The type of an error, if it says one that looks like one."""
    try:
        error = read_json(answer.body.decode())["error"]
        kind = error if isinstance(error, str) else error["type"]
    except (Refused, UnicodeDecodeError, KeyError, TypeError):
        return ""
    return kind if isinstance(kind, str) and _TYPE.fullmatch(kind) else ""


def _said(answer: Answer) -> float:
    try:
        return min(max(float(answer.headers.get("retry-after", WAIT)), 0.1), MOST_WAIT)
    except ValueError:
        return WAIT


def _part(name: str) -> str:
    return quote(name, safe="")
