"""Commands about the machine: settings, the schema of definitions, the check of computed values."""

from __future__ import annotations

from engine.cli.here import HERE, IN_WORKSPACE, Here, InWorkspace
from engine.text import _


def settings(*, here: Here = HERE) -> None:
    """Print every setting with its meaning and the value that counts now.

    Each is an environment variable. Passwords are not printed.

    For example:

        formwork settings
    """
    described = here.settings.described()
    if here.json:
        here.document([one._asdict() for one in described])
        return
    for one in described:
        here.terminal.out(f"{one.name}={one.value}\n    {one.meaning}\n")


def schema(*, here: Here = HERE) -> None:
    """Print the JSON Schema of definitions, for editors that complete and check while you type.

    For example:

        formwork schema > app.schema.json
    """
    from engine.definitions.schema import app_schema

    here.document(app_schema())


def verify(*, here: InWorkspace = IN_WORKSPACE) -> int:
    """Work out all formulas, rollups, lookups and counts again, compare them with what is stored, follow all links.

    The exit code is 1 when something is wrong, which would be a fault of Formwork. Nothing is changed.

    For example:

        formwork verify
        formwork verify --json
    """
    from engine import verifying
    from engine.cli.progress import shown

    with here.read() as session, shown(here.terminal, _("Fields"), verifying.count(session)) as tell:
        found = verifying.verify(session, tell)
    rows = [
        {"table": one.table, "field": one.field, "count": one.count, "says": str(one.says), "records": one.records}
        for one in found
    ]
    if here.json:
        here.document(rows)
    elif rows:
        lines = [{**row, "records": ", ".join(one.records[:3])} for row, one in zip(rows, found, strict=True)]
        headings = {
            "table": "Table",
            "field": "Field",
            "says": "What is wrong",
            "count": "Records",
            "records": "Such as",
        }
        here.table(lines, headings)
    else:
        here.say(_("All computed values and links are right."))
    return 1 if rows else 0
