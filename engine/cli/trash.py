"""Commands about what was deleted: list it, bring it back, delete it for good."""

from __future__ import annotations

from engine import trash
from engine.cli.here import IN_WORKSPACE, Instants, InWorkspace, WrongUse
from engine.text import _, label_in


def list_trash(*, limit: int = 50, here: InWorkspace = IN_WORKSPACE) -> None:
    """List what was deleted, newest first.

    For example:

        formwork trash list

    Parameters
    ----------
    limit
        How many things at most.
    """
    with here.read() as session:
        language = session.workspace.language
        rows = [
            {
                "id": one.id,
                "kind": one.kind,
                "name": label_in(one.name, language),
                "of": one.table or one.app,
                "at": one.at,
                "who": one.who,
                "count": one.count,
            }
            for one in trash.entries(session, limit)
        ]
    headings = {
        "id": "Id",
        "kind": "What",
        "name": "Name",
        "of": "Of",
        "at": Instants("When"),
        "who": "Who",
        "count": "Records",
    }
    here.table(rows, headings, _("The trash is empty."))


def restore(*ids: str, here: InWorkspace = IN_WORKSPACE) -> None:
    """Bring deleted things back as they were, with what was linked to them.

    For example:

        formwork trash restore bin0tqN3kXhQe7ZbC

    Parameters
    ----------
    ids
        Their ids, as `formwork trash list` prints them.
    """
    _needed(ids)
    with here.write() as session:
        found = trash.restore(session, ids)
    here.say(_("Restored: {count}.", count=len(found)), ids=[one.key or one.table or one.app for one in found])


def purge(*ids: str, everything: bool = False, here: InWorkspace = IN_WORKSPACE) -> None:
    """Delete things for good, with their history. This cannot be undone.

    For example:

        formwork trash purge bin0tqN3kXhQe7ZbC

    Parameters
    ----------
    ids
        Their ids, as `formwork trash list` prints them.
    everything
        All that is in the trash.
    """
    if not everything:
        _needed(ids)
    with here.write() as session:
        wanted = [one.id for one in trash.entries(session, trash.count(session))] if everything else list(ids)
        gone = trash.purge(session, wanted)
    here.say(_("Deleted for good: {count}.", count=gone), count=gone)


def _needed(ids: tuple[str, ...]) -> None:
    if not ids:
        raise WrongUse(_("Say which things: their ids (bin...) stand in `formwork trash list`."))
