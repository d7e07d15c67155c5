"""Commands about the audit log: read it, and prove that nobody changed it."""

from __future__ import annotations

from engine import audit, people
from engine.cli.here import IN_WORKSPACE, Instants, InWorkspace
from engine.text import _


def list_entries(*, limit: int = 50, machine: bool = False, here: InWorkspace = IN_WORKSPACE) -> None:
    """List what was done to the workspace's apps, settings and people, newest first.

    For example:

        formwork audit list
        formwork audit list --limit 1000 --json
        formwork audit list --machine

    Parameters
    ----------
    limit
        How many entries of each log at most.
    machine
        What belongs to no workspace instead: other settings, tries to sign in with addresses that nobody has.
    """
    with here.read() as session:
        names = people.names(session)
        found = [] if machine else audit.entries(session, limit=limit)
    with here.stores.control.read(here.principal) as session:
        found += audit.entries(session, workspace="" if machine else here.workspace_id, limit=limit)
    found.sort(key=lambda one: one.at, reverse=True)
    rows = [
        {
            "at": one.at,
            "who": names.get(one.user_id, one.user_id or one.by_id),
            "by": one.by_kind,
            "by_id": one.by_id,
            "address": one.address,
            "result": one.result,
            "says": str(one.says),
            "act": one.act,
            "about": one.about,
            "session": one.session,
            "request": one.request,
            "number": one.number,
            "hash": one.hash,
        }
        for one in found
    ]
    headings = {"at": Instants("When"), "who": "Who", "by": "As", "address": "From", "result": "Result", "says": "What"}
    here.table(rows, headings, _("Nothing has been noted yet."))


def export(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """Write the whole audit log of the workspace as JSON lines, oldest first: its own, then what is said of its people.

    Each line says in `chain` which of the two it is from. That somebody took it is noted, too.

    For example:

        formwork audit export > audit.jsonl
    """
    own = audit.Log("workspace", here.read)
    people_of = audit.Log("accounts", lambda: here.stores.control.read(here.principal), here.workspace_id)
    for line in audit.export(here.write, own, people_of):
        here.terminal.out(line)


def verify(*, since: tuple[str, ...] = (), here: InWorkspace = IN_WORKSPACE) -> int:
    """Work the chains of the audit log out again: the workspace's own, and that of accounts.

    Each entry holds a hash of itself and of the one before it. Note the last hashes that this prints: given with
    --since later, they prove that nothing before them was changed since. The exit code is 1 when something is wrong.

    For example:

        formwork audit verify
        formwork audit verify --since 3f0c9a... --since 77b1de...

    Parameters
    ----------
    since
        Hashes that were printed earlier and must still be there.
    """
    with here.read() as session:
        chains = {"workspace": audit.verify(session, since)}
    with here.stores.control.read(here.principal) as session:
        chains["accounts"] = audit.verify(session, since)
    missing = [one for one in since if not any(one in chain.found for chain in chains.values())]
    whole = not missing and all(one.is_whole for one in chains.values())
    rows = [
        {"chain": name, "first": one.first, "count": one.count, "hash": one.hash, "broken_at": one.broken_at}
        for name, one in chains.items()
    ]
    if here.json:
        here.document({"whole": whole, "chains": rows, "missing": missing})
    else:
        headings = {
            "chain": "Chain", "first": "First entry", "count": "Whole entries", "hash": "Last hash",
            "broken_at": "Broken at entry",
        }  # fmt: skip
        here.table(rows, headings)
        for one in missing:
            here.note(_("The entry with the hash {hash} is not there any more.", hash=one))
        here.note(_("Nobody changed the log.") if whole else _("The log was changed."))
    return 0 if whole else 1
