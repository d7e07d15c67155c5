"""Commands that take an app along as one file, and bring it in elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from engine import archives, queries
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace
from engine.cli.progress import shown
from engine.files import Limits
from engine.queries import Query
from engine.text import _

PIECE = 2**18


def archive(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take an app along as one file: its definition, all its records, and the files that they hold.

    The archive goes to standard output. Not in it: history, comments, shares, people's roles.

    For example:

        formwork archive crm > crm.zip

    Parameters
    ----------
    app
        Its key.
    """
    with tempfile.TemporaryFile(prefix="formwork-archive-") as file:
        with here.read() as session:
            tables = session.layout.apps[app].tables if app in session.layout.apps else {}
            total = sum(queries.count(session, Query(one.address)) for one in tables.values())
            with shown(here.terminal, _("Records"), total) as tell:
                archives.pack(session, app, file, tell=tell)
        with here.write() as session:
            archives.note(session, app)
        file.seek(0)
        while piece := file.read(PIECE):
            here.terminal.write(piece)


def unarchive(file: FileName, /, *, key: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Install an app from an archive, with its records and files: all of it, or nothing.

    Ids stay as they are where this workspace does not know them yet. People are found by their e-mail address,
    departments by their path; what names somebody who is not here stays empty, and is told.

    For example:

        formwork unarchive crm.zip
        formwork unarchive crm.zip --key crm_2025

    Parameters
    ----------
    file
        The archive, as `formwork archive` makes it; - is standard input.
    key
        Install it under this key instead of its own.
    """
    settings = here.settings
    limits = Limits(settings.upload_mb * 2**20, settings.files_gb * 2**30)
    with tempfile.TemporaryDirectory(prefix="formwork-archive-") as folder:
        path = Path(folder) / "archive.zip"
        path.write_bytes(here.terminal.read(file))
        with (
            archives.opened(path) as brought,
            shown(here.terminal, _("Records"), brought.count) as tell,
            here.write() as session,
        ):
            done = archives.bring(session, brought, limits, archives.Wishes(key), tell)
    _tell(here, done)


def _tell(here: InWorkspace, done: archives.Brought) -> None:
    if here.json:
        here.document(vars(done))
        return
    rows: list[dict[str, Any]] = [{"what": key, "count": count} for key, count in done.records.items()]
    here.table([*rows, {"what": _("files"), "count": done.files}], {"what": done.app, "count": "Count"})
    for says in archives.set_aside(done):
        here.note(says)
