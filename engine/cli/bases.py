"""Commands that bring in bases of another service through its API."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from engine import bases, workspaces
from engine.automations.steps import Means
from engine.bases import BaseImport, working
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace, WrongUse
from engine.cli.progress import shown
from engine.egress import Egress
from engine.errors import FormworkError
from engine.ids import new_id
from engine.imports.carrying import KINDS
from engine.text import Text, _
from engine.vault import Vault

SECONDS = 0.2  # between two looks at what the server does


class Failed(FormworkError):
    """What goes on by itself came to nothing."""

    status = 409
    code = "failed"


def offered(*, token_file: FileName = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """List the Airtable bases that a token opens.

    For example:

        formwork base offered --token-file token.txt

    Parameters
    ----------
    token_file
        File with the personal access token in its first line; - is standard input. Without it: it is asked for.
    """
    found = bases.offered(_means(here), _token(here, token_file))
    here.table([vars(one) for one in found], {"id": "Id", "name": "Name"})


def import_base(
    base: str,
    /,
    *,
    into: str = "",
    token_file: FileName = "",
    dry_run: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Bring an Airtable base in through its API: it becomes an app, with records, links, files and comments.

    All of it comes, or nothing; `formwork undo` with the id of the import takes all of it back. The token is stored
    encrypted while it is needed, and forgotten then.

    For example:

        formwork base import appXq3hQe7ZbC0tN4 --dry-run --token-file token.txt
        formwork base import appXq3hQe7ZbC0tN4 --into sales --token-file - < token.txt

    Parameters
    ----------
    base
        Its id, as `formwork base offered` prints it.
    into
        Bring it anew into this app, which it was brought into before: only what changed. Without it: a new app.
    token_file
        File with the personal access token in its first line; - is standard input. Without it: it is asked for.
    dry_run
        Only say what would come, and as what.
    """
    means, token = _means(here), _token(here, token_file)
    found = bases.offered(means, token)
    with here.write() as session:
        held = bases.begin(session, means.vault, token, found)
        held = bases.choose(session, held.id, base, into or None)
    _go_on(here, means, held, dry_run=dry_run)


def go_on(import_id: str, /, *, token_file: FileName = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Let an import of a base that failed go on where it was.

    For example:

        formwork base go-on bas0tqN3kXhQe7ZbC

    Parameters
    ----------
    import_id
        The id of the import.
    token_file
        File with another token, if the first one is of no use or forgotten; - is standard input.
    """
    means = _means(here)
    with here.write() as session:
        held = bases.go_on(session, means.vault, import_id, _token(here, token_file) if token_file else "")
    _go_on(here, means, held)


def list_bases(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the bases that were brought in, newest first.

    For example:

        formwork base list
    """
    with here.read() as session:
        found = bases.listed(session)
    facts = ("id", "name", "base", "state", "app", "created_at", "finished_at")
    rows = [{name: getattr(one, name) for name in facts} for one in found]
    headings = {"id": "Id", "name": "Name", "state": "State", "app": "App", "created_at": "Begun"}
    here.table(rows, headings, _("No base was brought in yet."))


def _go_on(here: InWorkspace, means: Means, held: BaseImport, *, dry_run: bool = False) -> None:
    if held.state == "fetching":
        held = _worked(here, means, held, _("Records fetched"), 0)
        plan: dict[str, Any] = bases.readable(held.plan) or {}
        if dry_run:
            with here.write() as session:
                bases.discard(session, held.id)
            _tell_plan(here, plan)
            return
        with here.write() as session:
            held = bases.confirm(session, held.id)
    total = (held.plan or {}).get("files", 0) + (held.plan or {}).get("records", 0)
    held = _worked(here, means, held, _("Files and records"), total)
    _tell(here, held)


def _worked(here: InWorkspace, means: Means, held: BaseImport, what: Text, total: int) -> BaseImport:
    """What became of it once it is worked at, here or by the server. Raises `Failed`."""
    builders = partial(workspaces.builders, here.stores, here.workspace_id)
    worker = new_id("wrk")
    with shown(here.terminal, what, total) as tell:
        while held.under_way:
            if not working.work(here.store, means, worker, builders, only=held.id, tell=tell):
                time.sleep(SECONDS)
            with here.read() as session:
                held = bases.get(session, held.id)
            tell(held.line or 0)
    if held.state == "failed":
        raise Failed(_("{reason} To go on: formwork base go-on {id}", reason=held.says, id=held.id))
    return held


def _tell_plan(here: InWorkspace, plan: dict[str, Any]) -> None:
    if here.json:
        here.document(plan)
        return
    rows = [
        {"table": table["name"], "field": one["name"], "type": one["type"], "becomes": one["becomes"] or "-",
         "says": one["says"] or ""}
        for table in plan["tables"] for one in table["fields"]
    ]  # fmt: skip
    here.table(rows, {"table": "Table", "field": "Field", "type": "Type", "becomes": "Becomes", "says": "Note"})
    for table in plan["tables"]:
        here.note(_("{table}: {count} records", table=table["name"], count=table["records"]))
        for says in table["left"]:
            here.note(_("{table}: {says}", table=table["name"], says=says))
    for says in plan["left"]:
        here.note(says)


def _tell(here: InWorkspace, held: BaseImport) -> None:
    outcome: dict[str, Any] = bases.readable(held.outcome) or {}
    if here.json:
        here.document({"id": held.id, "app": held.app, "state": held.state, **outcome})
        return
    rows = [{"table": key, **counts} for key, counts in outcome["records"].items()]
    here.table(rows, {"table": held.app or "", **{kind: kind.capitalize() for kind in KINDS}})
    here.note(_("Files: {files}. Comments: {comments}.", files=outcome["files"], comments=outcome["comments"]))
    for one in outcome["told"]:
        what = {"table": one["table"], "field": one["field"], "says": one["says"], "count": one["count"]}
        here.note(_("{table}, {field}: {says} ({count} times)", **what))
    here.note(_("To take all of it back: formwork undo {id}", id=held.id))


def _token(here: InWorkspace, file: str) -> str:
    if file:
        lines = here.text(file).splitlines()
        return lines[0] if lines else ""
    if not here.terminal.interactive:
        raise WrongUse(_("Give the token with --token-file."))
    return here.terminal.ask(_("Personal access token:"))


def _means(here: InWorkspace) -> Means:
    return Means(here.settings, Egress.of(here.settings), Vault.at(here.settings.key_file))
