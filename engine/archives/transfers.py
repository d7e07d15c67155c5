"""Apps on their way: made into an archive, or brought in from one, while others look how far it is.

`start_out` and `start_in` keep what is wished for, `carry_out` does it, in one transaction, whichever process calls it:
one that was interrupted left nothing behind and begins anew. What was brought in is undone by taking the app out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import apps, going_on
from engine.access import door
from engine.access.principals import Principal
from engine.archives.bringing import Brought, Wishes, bring
from engine.archives.packing import note, pack, size
from engine.archives.parts import Tell, Wanted
from engine.archives.unpacking import MAX_PACKED, opened
from engine.errors import Conflict, FormworkError, NotFound, Problem, Refused
from engine.files import Limits
from engine.ids import new_id
from engine.imports.files import kept
from engine.storage.archive_tables import transfers as rows
from engine.storage.automation_tables import packed, unpacked
from engine.storage.record_rows import among
from engine.storage.session import Session, again, timestamp
from engine.storage.stores import Workspace
from engine.text import Label, _

KEPT = timedelta(days=1)  # a made archive, for whoever made it to fetch
OPEN = ("waiting", "failed")

_c = rows.c
_JSON = ("wishes", "about", "outcome", "problems")


@dataclass(frozen=True)
class Transfer:
    """An app on its `way` out or in. `state`: waiting, running, done, failed (`problems` tell why) or undone.

    `about`: what its archive says of one on its way in (`label`, `records`, `left`). `total`: how much there is to do,
    of which `done` while it goes on, in whichever process.
    """

    id: str
    way: str
    app: str
    name: str
    state: str
    wishes: dict[str, Any]
    about: dict[str, Any]
    outcome: dict[str, Any] | None
    problems: list[Problem]
    created_at: str
    created_by: str | None
    finished_at: str | None
    total: int
    done: int | None = field(default=None)

    @property
    def brought(self) -> Brought:
        """What came of one on its way in."""
        return Brought(**(self.outcome or {"app": self.app}))

    @property
    def label(self) -> Label:
        """What the app is called."""
        label: Label = self.about.get("label") or self.app
        return label


def start_out(session: Session, app: str, wanted: Wanted) -> Transfer:
    """An app that is to be taken along. Raises as `pack` does."""
    total = size(session, app, wanted)
    label = apps.get(session, app).label
    return _add(session, new_id("arc"), "out", app, f"{app}.zip", asdict(wanted), {"label": label}, total)


def start_in(
    workspace: Workspace, principal: Principal, pieces: Iterable[bytes], name: str, wishes: Wishes
) -> Transfer:
    """An archive that is to be brought in. Raises `Refused` for one that cannot be read, `Forbidden`.

    It is received outside of any transaction, since a long file must not hold up others.
    """
    door.enter_builder(principal)
    transfer_id = new_id("arc")
    says = _("The file is larger than {limit} MiB.", limit=MAX_PACKED // 2**20)
    path = kept(_path(workspace, transfer_id), pieces, MAX_PACKED, says)
    try:
        with opened(path) as archive:
            key = wishes.key or str(archive.definition.get("key", ""))
            about = {"label": archive.definition.get("label"), "records": archive.records, "left": archive.left}
            total = archive.count
        with workspace.write(principal) as session:
            return _add(session, transfer_id, "in", key, name, asdict(wishes), about, total)
    except BaseException:
        path.unlink()
        raise


def get(session: Session, transfer_id: str) -> Transfer:
    """One of them; while it goes on `done` says how far. Raises `NotFound`, `Forbidden` for who may not build."""
    door.enter_builder(session.principal)
    found = session.connection.execute(sa.select(rows).where(_c.id == transfer_id)).mappings().one_or_none()
    if found is None:
        raise NotFound(_("There is no such archive (any more)."))
    return _transfer(session.workspace, found)


def listed(session: Session) -> list[Transfer]:
    """All of them, newest first. Raises `Forbidden` for who may not build."""
    door.enter_builder(session.principal)
    found = session.connection.execute(sa.select(rows).order_by(_c.id.desc())).mappings()
    return [_transfer(session.workspace, one) for one in found]


def file_of(session: Session, transfer_id: str) -> Path:
    """The archive that was made. Raises `NotFound` when it is not there (any more), `Forbidden`."""
    held, path = get(session, transfer_id), _path(session.workspace, transfer_id)
    if held.way != "out" or held.state != "done" or not path.is_file():
        raise NotFound(_("There is no such archive (any more)."))
    return path


def carry_out(
    workspace: Workspace, principal: Principal, transfer_id: str, file_limits: Limits, tell: Tell = lambda _done: None
) -> Transfer:
    """Take the app along, or bring it in: all of it, or nothing. A failure is kept with it, then raised.

    `tell` is called with how much is done. Raises `Refused`, `Forbidden`, `Conflict` (it is done, or was cancelled).
    """

    def act() -> Transfer:
        with workspace.read(principal) as session:
            held = get(session, transfer_id)
        if held.state not in (*OPEN, "running"):
            raise Conflict(_("This is done already."))
        with _progress(workspace, transfer_id, tell) as progress:
            if held.way == "out":
                return _take(workspace, principal, held, progress)
            return _bring(workspace, principal, held, file_limits, progress)

    try:
        return again(act)
    except FormworkError as error:
        with suppress(FormworkError), workspace.write(principal) as session:
            if get(session, transfer_id).state in OPEN:
                problems = error.problems if isinstance(error, Refused) else [Problem("", error.says, error.code)]
                _change(session, transfer_id, state="failed", problems=_told(problems))
        raise


def change_wishes(session: Session, transfer_id: str, wishes: Wishes) -> Transfer:
    """Bring it in otherwise than it was wished for before. Raises `Conflict` when it is done."""
    held = get(session, transfer_id)
    if held.way != "in" or held.state not in OPEN:
        raise Conflict(_("This is done already."))
    return _change(session, transfer_id, state="waiting", wishes=asdict(wishes), problems=None)


def cancel(session: Session, transfer_id: str) -> None:
    """Stop one that goes on in whichever process: nothing of it is kept. Raises `Conflict` when nothing goes on."""
    if get(session, transfer_id).state != "running":
        raise Conflict(_("There is nothing to cancel: this is not going on."))
    going_on.ask_to_stop(_path(session.workspace, transfer_id))


def discard(session: Session, transfer_id: str) -> Transfer:
    """Forget one, and its file; an app that it brought stays. Raises `NotFound`, `Conflict` while it goes on."""
    held = get(session, transfer_id)
    if held.state == "running":
        raise Conflict(_("It is going on. Cancel it first."))
    _remove(session, [transfer_id])
    return held


def undo(session: Session, transfer_id: str) -> Transfer:
    """Take the app out again that was brought in, into the trash. Raises `Refused` when others need it, `Conflict`."""
    held = get(session, transfer_id)
    if held.way != "in" or held.state != "done" or held.app not in session.layout.apps:
        raise Conflict(_("There is nothing to undo: the app is not here."))
    apps.remove(session, held.app)
    return _change(session, transfer_id, state="undone", finished_at=timestamp(session.now))


def forget(session: Session, before: datetime | None, most: int) -> int:
    """Remove at most `most` that were begun before then (None: never), and made archives after a day; how many."""
    old = sa.and_(_c.way == "out", _c.created_at < timestamp(session.now - KEPT))
    if before is not None:
        old = sa.or_(old, _c.created_at < timestamp(before))
    ids = list(session.connection.execute(sa.select(_c.id).where(old).order_by(_c.id).limit(most)).scalars())
    if ids:
        _remove(session, ids)
    return len(ids)


def _take(workspace: Workspace, principal: Principal, held: Transfer, progress: Tell) -> Transfer:
    path = _path(workspace, held.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as made:
            with workspace.read(principal) as session:
                pack(session, held.app, made, Wanted(**held.wishes), progress)
            made.flush()
            os.fsync(made.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    with workspace.write(principal) as session:
        note(session, held.app)
        return _done(session, held, {"size": path.stat().st_size})


def _bring(workspace: Workspace, principal: Principal, held: Transfer, file_limits: Limits, progress: Tell) -> Transfer:
    path = _path(workspace, held.id)
    if not path.is_file():
        raise NotFound(_("The file of this archive is gone. Bring it again."))
    with opened(path) as archive, workspace.write(principal) as session:
        done = bring(session, archive, file_limits, Wishes(**held.wishes), progress)
        session.after_commit(lambda: path.unlink(missing_ok=True))
        return _done(session, replace(held, app=done.app), asdict(done))


def _done(session: Session, held: Transfer, outcome: Mapping[str, Any]) -> Transfer:
    finished = timestamp(session.now)
    return _change(session, held.id, app=held.app, state="done", outcome=outcome, problems=None, finished_at=finished)


def _add(
    session: Session,
    transfer_id: str,
    way: str,
    app: str,
    name: str,
    wishes: Mapping[str, Any],
    about: Mapping[str, Any],
    total: int,
) -> Transfer:
    values = {
        "id": transfer_id,
        "way": way,
        "app": app,
        "name": name,
        "state": "waiting",
        "wishes": _json(wishes),
        "about": _json(about),
        "created_at": timestamp(session.now),
        "created_by": session.principal.user_id,
        "total": total,
    }
    session.connection.execute(sa.insert(rows).values(**values))
    return get(session, transfer_id)


def _change(session: Session, transfer_id: str, **values: Any) -> Transfer:
    spelled = {name: _json(value) if name in _JSON and value is not None else value for name, value in values.items()}
    session.connection.execute(sa.update(rows).where(_c.id == transfer_id).values(**spelled))
    return get(session, transfer_id)


def _remove(session: Session, ids: Sequence[str]) -> None:
    workspace = session.workspace
    session.connection.execute(sa.delete(rows).where(among(session, _c.id, ids)))

    def forget_files() -> None:
        for one in ids:
            going_on.forget(_path(workspace, one))

    session.after_commit(forget_files)


def _transfer(workspace: Workspace, row: Mapping[Any, Any]) -> Transfer:
    values = {name: json.loads(row[name]) if name in _JSON and row[name] is not None else row[name] for name in row}
    problems = [Problem(one["at"], unpacked(one["says"]), one["code"]) for one in values.pop("problems") or ()]
    held = Transfer(**values, problems=problems)
    done = going_on.how_far(_path(workspace, held.id)) if held.state in OPEN else None
    return held if done is None else replace(held, state="running", done=done)


def _told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{"at": one.at, "says": packed(one.says), "code": one.code} for one in problems]


def _path(workspace: Workspace, transfer_id: str) -> Path:
    return workspace.files / "transfers" / transfer_id


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _progress(workspace: Workspace, transfer_id: str, tell: Callable[[int], None]) -> Iterator[Tell]:
    path, done = _path(workspace, transfer_id), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with going_on.told(path) as told:

        def progress(more: int) -> None:
            nonlocal done
            done += more
            told(done)
            tell(done)

        yield progress
