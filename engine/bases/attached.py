"""The files of a base, fetched and kept one by one before its records are written: those that are here already, once.

An address that the other side gave counts for two hours only; where it does no more, the record is asked for anew.
"""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine import files
from engine.access.principals import Principal
from engine.bases.answers import Record, files_in
from engine.bases.asking import Asker
from engine.bases.bringing import is_there, known_by
from engine.bases.fetched import Fetched
from engine.content_types import clean_name
from engine.errors import FormworkError, Refused
from engine.files import Limits
from engine.storage import record_rows
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import Text, _

PAGE = 500  # records looked at together


@dataclass
class Files:
    """The files of one base on their way. `ids`: those that are here, by their ids over there, "" for none.

    `lost` counts by table, field and reason those that cannot be had.
    """

    workspace: Workspace
    principal: Principal
    asker: Asker
    base: str
    fetched: Fetched
    limits: Limits
    come_to: Callable[[int], None]
    ids: dict[str, str] = field(default_factory=dict)
    lost: Counter[tuple[str, str, Text | str]] = field(default_factory=Counter)
    _seen: int = 0

    def bring(self, plan: Mapping[str, Any], app: str) -> None:
        """Bring all files that the records of the plan hold, into the data folder."""
        with self.workspace.read(self.principal) as session:
            kept = self.fetched.files
            still = files.known(session, [one for one in kept.values() if one])
            self.ids = {there: here for there, here in kept.items() if here in still}
        for number, table in enumerate(plan["tables"]):
            fields = {one["id"]: one for one in table["fields"] if one["how"] == "files"}
            if fields:
                for records in _chunks(self.fetched.records(number)):
                    with self.workspace.read(self.principal) as session:
                        held = _held(session, app, table, records, [one["key"] for one in fields.values()])
                    for record in records:
                        for one in fields.values():
                            self._bring_of(record, table, one, held.get(record.id, {}))

    def _bring_of(
        self,
        record: Record,
        table: Mapping[str, Any],
        of: Mapping[str, Any],
        held: Mapping[tuple[str, int], str],
    ) -> None:
        for one in files_in(record.cells.get(of["id"])):
            self._seen += 1
            self.come_to(self._seen)
            if one["id"] in self.ids:
                continue
            here = held.get((clean_name(one["filename"]), one["size"]))
            if here is None:
                try:
                    here = self._fetched(record.id, table["id"], of["id"], one)
                except FormworkError as error:
                    self.lost[table["name"], of["name"], _says(error)] += 1
                    here = ""
                self.fetched.add_file(one["id"], here)
            self.ids[one["id"]] = here

    def _fetched(self, record: str, table: str, of: str, one: Mapping[str, Any]) -> str:
        answer = self.asker.file(one["url"], self.limits.file)
        if answer.status != 200:
            cell = self.asker.record(self.base, table, record).cells.get(of)
            url = next((each["url"] for each in files_in(cell) if each["id"] == one["id"]), one["url"])
            answer = self.asker.file(url, self.limits.file)
        if answer.status != 200:
            raise NotHad(_("The other service answered {status}.", status=answer.status))
        stream = io.BytesIO(answer.body)
        return files.bring(self.workspace, self.principal, stream, one["filename"], self.limits).id


class NotHad(FormworkError):
    """A file that the other side does not give."""


def _says(error: FormworkError) -> Text | str:
    return error.problems[0].says if isinstance(error, Refused) and error.problems else error.says


def _held(
    session: Session, app: str, table: Mapping[str, Any], records: Sequence[Record], keys: Sequence[str]
) -> dict[str, dict[tuple[str, int], str]]:
    """The files that the records hold here already, by their ids over there, then by name and size."""
    if not is_there(session, app, table):
        return {}
    known = known_by(session, app, table, [one.id for one in records])
    with session.behind() as layout:
        of = layout.table(f"{app}.{table['key']}")
        rows = record_rows.read(session, of, known.values())
    here = {one: [each for key in keys for each in rows[here].get(key) or []] for one, here in known.items()}
    found = files.known(session, {each for ids in here.values() for each in ids})
    return {
        one: {(found[each].filename, found[each].size): each for each in ids if each in found}
        for one, ids in here.items()
    }


def _chunks(records: Iterable[Record]) -> Iterable[list[Record]]:
    rest = iter(records)
    while some := list(itertools.islice(rest, PAGE)):
        yield some
