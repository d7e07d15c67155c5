"""Bringing an archive in: the app is installed, its records come with their ids, all in the caller's transaction.

Every value is judged by its field, links must lead somewhere, and what the records must satisfy is asked once all of
them are there; everything that is wrong is told at once, and then nothing stays.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import apps, audit
from engine.access import door
from engine.archives import holders, leaving, said
from engine.archives.filling import Filling
from engine.archives.matching import Matched
from engine.archives.parts import HISTORY, Tell
from engine.archives.recorded import Recalling
from engine.archives.settling import settle
from engine.archives.unpacking import Archive
from engine.archives.wrong import Wrong
from engine.errors import Problem, Refused
from engine.files import Limits
from engine.storage import layout as layouts
from engine.storage.alterations import count_records
from engine.storage.session import Session
from engine.storage.time_limits import WHOLE_TABLES
from engine.text import Text, _

_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Wishes:
    """How an archive is brought in: under another `key`; with the roles that people and departments had there
    (`holders`); `despite_rules`, with records that checks and required fields speak against.
    """

    key: str = ""
    holders: bool = False
    despite_rules: bool = False


AS_IT_IS = Wishes()


@dataclass
class Brought:
    """What came of it: the app's key, how many records each table got, and what came along otherwise than it was.

    `people` and `departments`: how often fields name those who came along by name; `links`: how many led nowhere, by
    the field; `left`: sorts of things that are not in the archive, keys of `leaving.SORTS`.
    """

    app: str
    records: dict[str, int] = field(default_factory=dict)
    files: int = 0
    history: int = 0
    comments: int = 0
    holders: int = 0
    people: dict[str, int] = field(default_factory=dict)
    departments: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    changed_ids: int = 0
    other_calendar: bool = False
    left: list[str] = field(default_factory=list)


def bring(
    session: Session,
    archive: Archive,
    file_limits: Limits,
    wishes: Wishes = AS_IT_IS,
    tell: Tell = lambda _more: None,
) -> Brought:
    """Install the app of an archive with its records, its files, and what else is in it.

    Raises `Refused` with every problem of its definition, or with those of its records at
    `/records/<table>/<record>/<field>`; `Forbidden` for who may not build. Files that were kept are removed when the
    transaction fails.
    """
    door.enter_builder(session.principal)
    document = _document(session, archive, wishes.key)
    outcome = Brought(document["key"], left=archive.left)
    session.cause = session.cause or f"archive:{outcome.app}"  # what happened elsewhere starts nothing here
    session.quiet = True
    apps.apply(session, document)
    session.take_time(WHOLE_TABLES)
    with session.behind() as layout:
        tables = list(layout.apps[outcome.app].tables.values())
        if any(count_records(session, table) for table in tables):
            says = _("Records of an app {app} are still here. Purge them in the trash, or choose another key.",
                     app=outcome.app)  # fmt: skip
            raise Refused([Problem("/key", says, "taken", outcome.app)])
        here = Matched(session, archive)
        outcome.files = here.keep_files(file_limits, tell)
        try:
            here.rename(tables)
            _bring_all(session, archive, here, outcome, wishes, tell)
        except BaseException:
            here.forget_files()
            raise
    label = document.get("label", outcome.app)
    says = _("brought the app {app} in from an archive", app=label)
    left = {"people": list(outcome.people), "departments": list(outcome.departments)}
    audit.note(session, "app.brought", says, app=outcome.app, records=outcome.records, left=left)
    return outcome


def _bring_all(session: Session, archive: Archive, here: Matched, outcome: Brought, wishes: Wishes, tell: Tell) -> None:
    tables = list(session.layout.apps[outcome.app].tables.values())
    wrong = Wrong(here.originals())
    told = archive.has(HISTORY)
    filling = Filling(session, archive, here, wrong, logged=not told, needed=not wishes.despite_rules)
    for table in tables:
        outcome.records[table.key] = filling.fill(table, tell)
    wrong.refuse()
    if told:  # before anything is worked out, since when a field changed last is asked of the log
        outcome.history = Recalling(session, archive, here, outcome.app).bring(tell)
    outcome.comments = said.bring(session, archive, here, outcome.app, tell)
    settle(session, tables, wrong, despite_rules=wishes.despite_rules)
    if wishes.holders:
        outcome.holders = holders.bring(session, archive, here, outcome.app)
    if archive.has("calendar.json"):
        outcome.other_calendar = archive.document("calendar.json") != layouts.calendar_document(session)
    outcome.people, outcome.departments = _by_count(here.people_left), _by_count(here.departments_left)
    outcome.links, outcome.changed_ids = filling.links_left, here.changed_ids


def set_aside(done: Brought) -> Iterator[Text]:
    """What came along otherwise than it was, or did not, in words."""
    for name, count in done.people.items():
        yield _("{name} is not here: {count} fields name them as somebody who left.", name=name, count=count)
    for name, count in done.departments.items():
        yield _("There is no department {name} here: {count} fields name it as a removed one.", name=name, count=count)
    for name, count in done.links.items():
        yield _("{field}: {count} links led to records of other apps that are not here.", field=name, count=count)
    if done.changed_ids:
        yield _("{count} records have other ids here, since this workspace knows theirs.", count=done.changed_ids)
    if done.other_calendar:
        yield _("Working days are counted by the calendar of this workspace, which is another one.")
    for one in leaving.told(done.left):
        yield _("Not in the archive: {what}.", what=one)


def _by_count(counter: Counter[str]) -> dict[str, int]:
    return dict(counter.most_common())


def _document(session: Session, archive: Archive, key: str) -> dict[str, Any]:
    """The definition as it is installed here: under its key, bound to what is here."""
    document: dict[str, Any] = copy.deepcopy(archive.definition)
    old = str(document.get("key", ""))
    if key and not _KEY.fullmatch(key):
        says = _("A key has small letters, digits and _ only, and begins with a letter.")
        raise Refused([Problem("/key", says, "key", key)])
    if (key or old) in session.layout.apps:
        says = _("There is an app {app} here already. Choose another key.", app=key or old)
        raise Refused([Problem("/key", says, "taken", key or old)])
    if key and key != old:
        document = _renamed(document, {f"{old}.{table}": f"{key}.{table}" for table in document["tables"]})
        document["key"] = key
    for role, address in dict(document.get("bindings") or {}).items():
        required = (document.get("requires") or {}).get(role) or {}
        if str(address) not in session.layout.apps.tables and "table" in required:
            document["bindings"][role] = f"{document['key']}.{required['table']}"
    return document


def _renamed(value: Any, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, addresses) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, addresses) for one in value]
    return addresses.get(value, value) if isinstance(value, str) else value
