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
    """Work out all formulas, rollups, lookups and counts again and compare them with what is stored.

    The exit code is 1 when something differs, which would be a fault of Formwork.

    For example:

        formwork verify
    """
    from engine import computed

    with here.read() as session:
        found = computed.differences(session)
    rows = [{"table": table, "field": field, "records": count} for table, field, count in found]
    if rows or here.json:
        here.table(rows, {"table": "Table", "field": "Field", "records": "Records that differ"})
    else:
        here.say(_("All computed values are right."))
    return 1 if rows else 0
