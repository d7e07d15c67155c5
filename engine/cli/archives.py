"""Commands that take an app along as one file, and bring it in elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import PurePath
from typing import Any

from engine import archives
from engine.archives import transfers
from engine.archives.leaving import SORTS
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace
from engine.cli.progress import shown
from engine.files import Limits
from engine.text import _

PIECE = 2**18


def archive(
    app: str,
    /,
    *,
    history: bool = False,
    comments: bool = False,
    holders: bool = False,
    dry_run: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Take an app along as one file: its definition, all its records, and the files that they hold.

    The archive goes to standard output, and what stays behind to standard error.

    For example:

        formwork archive crm > crm.zip
        formwork archive crm --history --comments > crm.zip
        formwork archive crm --dry-run

    Parameters
    ----------
    app
        Its key.
    history
        With what happened to the records, when and by whom, and the files that they held before.
    comments
        With what was said about the records.
    holders
        With who has which role; it is given elsewhere only with --holders, too.
    dry_run
        Only say how much there is of what stays behind.
    """
    wanted = archives.Wanted(history=history, comments=comments, holders=holders)
    with here.read() as session:
        total = archives.size(session, app, wanted)
        counted = archives.counted(session, app)
    left = {one: counted[one] for one in archives.sorts(wanted) if one in counted}
    if dry_run:
        rows: list[dict[str, Any]] = [{"what": one, "says": str(SORTS[one]), "count": left[one]} for one in left]
        here.table(rows, {"says": _("Stays behind"), "count": "Count"}, _("Nothing stays behind."))
        return
    with tempfile.TemporaryFile(prefix="formwork-archive-") as file:
        with here.read() as session, shown(here.terminal, _("Records"), total) as tell:
            archives.pack(session, app, file, wanted, _summed(tell))
        with here.write() as session:
            archives.note(session, app)
        for one, count in left.items():
            here.note(_("Stays behind: {what} ({count}).", what=SORTS[one], count=count))
        file.seek(0)
        while piece := file.read(PIECE):
            here.terminal.write(piece)


def unarchive(
    file: FileName,
    /,
    *,
    key: str = "",
    holders: bool = False,
    despite_rules: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Install an app from an archive, with its records and files: all of it, or nothing.

    Ids stay as they are where this workspace does not know them yet. People are found by their e-mail address,
    departments by their path; who or what is not here comes along by name, as somebody who left. `formwork undo` with
    the id that is told takes the app out again.

    For example:

        formwork unarchive crm.zip
        formwork unarchive crm.zip --key crm_2025

    Parameters
    ----------
    file
        The archive, as `formwork archive` makes it; - is standard input.
    key
        Install it under this key instead of its own.
    holders
        Give people and departments that are here the roles that they had there.
    despite_rules
        Bring records in, too, that checks, required fields, or what a link may lead to speak against: an app may have
        come to ask that only after its records were there.
    """
    settings = here.settings
    limits = Limits.of(settings)
    name = "archive.zip" if file == "-" else PurePath(file).name
    wishes = archives.Wishes(key, holders=holders, despite_rules=despite_rules)
    held = transfers.start_in(here.store, here.principal, here.terminal.pieces(file), name, wishes)
    try:
        with shown(here.terminal, _("Records"), held.total) as tell:
            held = transfers.carry_out(here.store, here.principal, held.id, limits, tell)
    except BaseException:
        with here.write() as session:
            transfers.discard(session, held.id)  # whoever typed this has the file
        raise
    _tell(here, held)


def _tell(here: InWorkspace, held: transfers.Transfer) -> None:
    done = held.brought
    if here.json:
        here.document({"id": held.id, **vars(done)})
        return
    rows: list[dict[str, Any]] = [{"what": key, "count": count} for key, count in done.records.items()]
    more = {_("files"): done.files, _("changes"): done.history, _("comments"): done.comments, _("roles"): done.holders}
    rows += [{"what": what, "count": count} for what, count in more.items() if count]
    here.table(rows, {"what": done.app, "count": "Count"})
    for says in archives.set_aside(done):
        here.note(says)
    here.note(_("To take the app out again: formwork undo {id}", id=held.id))


def _summed(tell: archives.Tell) -> archives.Tell:
    done = 0

    def add(more: int) -> None:
        nonlocal done
        done += more
        tell(done)

    return add
