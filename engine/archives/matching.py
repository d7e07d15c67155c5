"""What the things that an archive names are here: records, files, people, departments.

Ids stay as they are where nothing here has them. People are found by their e-mail address and departments by their
path; who or what is not here comes along by name, like somebody who left and a department that was removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from engine import comments, departments, files, people
from engine.archives.parts import Tell, checked_id, chunks, kind_of, part
from engine.archives.unpacking import Archive, damaged, refused
from engine.definitions.language import Field, Table
from engine.field_types import TakesFiles, clean_text
from engine.files import Limits
from engine.ids import new_id
from engine.people import Person
from engine.storage import workspace_tables
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import _

Turn = Callable[[Any], Any]

LONGEST = 500  # characters of a person's name or a department's path


class Matched:
    """One archive on its way in. `people_left`, `departments_left`: how often fields name what came along by name."""

    def __init__(self, session: Session, archive: Archive) -> None:
        self._session = session
        self._archive = archive
        self._records: dict[str, str] = {}  # only those that are others here
        self._files: dict[str, str] = {}
        self.people_left: Counter[str] = Counter()
        self.departments_left: Counter[str] = Counter()
        self._people, self._strangers = self._matched_people()
        self._departments, self._unknown = self._matched_departments()

    @property
    def changed_ids(self) -> int:
        """How many records have other ids here."""
        return len(self._records)

    def record(self, one: str) -> str:
        """The id of a record here."""
        return self._records.get(one, one)

    def originals(self) -> Mapping[str, str]:
        """The ids in the archive of records that have others here: for whoever looks into the archive."""
        return {new: old for old, new in self._records.items()}

    def person(self, one: Any) -> str | None:
        """The id of a person here; None for one whom the archive does not tell of."""
        return self._people.get(one)

    def member(self, one: Any) -> str | None:
        """The same, only of one who was found here and did not come along by name."""
        return None if one in self._strangers else self._people.get(one)

    def department(self, one: Any) -> str | None:
        """The id of a department here; None for one of which the archive does not tell, or that came by name."""
        return None if one in self._unknown else self._departments.get(one)

    def in_text(self, text: str) -> str:
        """A comment that mentions those whom it mentioned by the ids that they have here."""
        return comments.mentioning(text, self._people)

    def turning(self, of: Field, *, counted: bool = True) -> Turn:
        """How a value of a field gets the ids that things have here; asked once for each field."""
        kind = kind_of(self._session, of)
        if kind.names == "people":
            return self._turn(self._people, self._strangers, self.people_left if counted else Counter())
        if kind.names == "departments":
            return self._turn(self._departments, self._unknown, self.departments_left if counted else Counter())
        if isinstance(kind, TakesFiles):
            return lambda value: _each(value, self._files.get)
        if of.is_link:
            return lambda value: _each(value, self.record)
        return same

    def _turn(self, here: Mapping[str, str], by_name: Mapping[str, str], left: Counter[str]) -> Turn:
        def turn(one: str) -> str | None:
            if one in by_name:
                left[by_name[one]] += 1
            return here.get(one)

        return lambda value: _each(value, turn)

    def keep_files(self, file_limits: Limits, tell: Tell) -> int:
        """Put the files into the data folder and make them known, with who brought them; how many.

        Raises `Refused`; what was kept by then is removed again.
        """
        count = 0
        try:
            for some in chunks(self._archive.lines("files.jsonl")):
                taken = files.known(self._session, [checked_id("att", one["id"]) for _line, one in some])
                for _line, one in some:
                    self._keep_file(one, new_id("att") if one["id"] in taken else one["id"], file_limits)
                    count += 1
                    tell(1)
        except BaseException:
            self.forget_files()
            raise
        return count

    def _keep_file(self, one: Mapping[str, Any], wanted: str, file_limits: Limits) -> None:
        session = self._session
        self._files[one["id"]] = wanted
        with self._archive.file(one["id"]) as stream:
            name = str(one.get("filename", ""))
            received = files.receive(session.workspace, stream, name, file_limits, file_id=wanted)
        if received.sha256 != one.get("sha256"):
            raise damaged()
        files.add(session, received, file_limits, by=self.person(one.get("by")))

    def forget_files(self) -> None:
        """Nothing came of it."""
        files.unlink(self._session.workspace, self._files.values())

    def rename(self, tables: Iterable[Table]) -> None:
        """Other ids for those records whose ids this workspace knows, in its log too. Raises `Refused`."""
        c = workspace_tables.changes.c
        for table in tables:
            last = ""
            for some in chunks(self._archive.lines(part(table))):
                ids = [checked_id("rec", one["id"]) for _line, one in some]
                if any(one <= before for before, one in zip([last, *ids], ids, strict=False)):
                    says = _("{part}: its records stand in the order of their ids, each once.", part=part(table))
                    raise refused(says, "order")
                last = ids[-1]
                known = sa.select(c.record_id).where(among(self._session, c.record_id, ids)).distinct()
                for one in sorted(self._session.connection.execute(known).scalars()):
                    self._records[one] = new_id("rec")

    def _matched_people(self) -> tuple[dict[str, str], dict[str, str]]:
        """The ids that people have here, and what those are called who come along by name."""
        session, given = self._session, _named(self._archive.document("people.json"), "usr")
        ever = sorted(people.everybody_ever(session), key=lambda one: bool(one.role))  # who is here counts most
        here = {one.email.casefold(): one.id for one in ever if one.email}
        taken = {one.id for one in ever}
        found: dict[str, str] = {}
        strangers: dict[str, Person] = {}
        for one in given:
            email = _text(one.get("email"))
            if email.casefold() in here:
                found[one["id"]] = here[email.casefold()]
            else:
                made = new_id("usr") if one["id"] in taken else one["id"]
                strangers[one["id"]] = Person(made, _text(one.get("name")), email, "")
        people.remember(session, strangers.values())
        called = {old: f"{one.name} <{one.email}>" if one.email else one.name for old, one in strangers.items()}
        return found | {old: one.id for old, one in strangers.items()}, called

    def _matched_departments(self) -> tuple[dict[str, str], dict[str, str]]:
        """The same of departments."""
        session, given = self._session, _named(self._archive.document("departments.json"), "dep")
        names, there = departments.names(session), departments.paths(session)
        here = {name: one for one, name in names.items() if one not in there}
        here |= {path: one for one, path in there.items()}
        called = {one["id"]: _text(one.get("path")) for one in given}
        made = {old: new_id("dep") if old in names else old for old, path in called.items() if path not in here}
        departments.remember(session, {new: called[old] for old, new in made.items()})
        found = {old: here[path] for old, path in called.items() if path in here}
        return found | made, {old: path for old, path in called.items() if here.get(path) not in there}


def same(value: Any) -> Any:
    """A value that names nothing."""
    return value


def _named(given: Any, prefix: str) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise damaged()
    for one in given:
        checked_id(prefix, one.get("id"))
    return given


def _text(given: Any) -> str:
    return clean_text(given if isinstance(given, str) else "")[:LONGEST]


def _each(value: Any, change: Callable[[str], str | None]) -> Any:
    """A value, or each of a list of them, changed; what becomes nothing is left out."""
    if isinstance(value, list):
        return [made for one in value if (made := change(one)) is not None]
    return change(value)
