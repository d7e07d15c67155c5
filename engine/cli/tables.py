"""Commands between tables and JSON Schemas."""

from __future__ import annotations

import copy
import re
from pathlib import PurePath
from typing import Any

from engine import apps
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace, WrongUse
from engine.cli.naming import find_table
from engine.definitions.record_schema import record_schema, tables_from
from engine.errors import Problem, Refused
from engine.text import _


def table_schema(table: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Print the JSON Schema (2020-12) of a table's records: what the API takes and gives, for other programs.

    For example:

        formwork table-schema crm.accounts > account.schema.json

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    """
    with here.read() as session:
        layout = session.layout
        here.document(record_schema(find_table(layout, table), layout.types, session.workspace.language))


def table_from_schema(file: FileName, /, *, key: str = "", app: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Make a table from a JSON Schema that someone brings; nested lists of objects become tables linked to it.

    With --app the tables are added to that app. Without it their definition is printed and nothing is changed. What
    could not be taken over is listed on standard error.

    For example:

        formwork table-from-schema invoice.schema.json --key invoices --app orders

    Parameters
    ----------
    file
        The JSON Schema; - is standard input.
    key
        Key of the table. Without it: from the name of the file.
    app
        Key of the installed app that gets the tables.
    """
    schema = here.read_json(file)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        raise Refused(
            [Problem("", _("A JSON Schema of an object is needed: its `properties` become fields."), "schema")]
        )
    key = key or _key_from(file)
    taken = tables_from(schema, key)
    left = [{"at": at, "says": str(says)} for at, says in taken.left]
    for one in left:
        here.note(f"formwork: {one['at']}: {one['says']}")
    facts: dict[str, Any] = {"tables": taken.tables, "left": left}
    if not app:
        here.document(facts if here.json else {"tables": taken.tables})
        return
    with here.write() as session:
        document = copy.deepcopy(dict(apps.export(session, app)))
        there = sorted(document["tables"].keys() & taken.tables.keys())
        if there:
            says = _("The app {app} has a table {table} already. Choose another --key.", app=app, table=there[0])
            raise Refused([Problem(f"/tables/{there[0]}", says, "taken", there[0])])
        document["tables"] |= taken.tables
        planned = apps.apply(session, document)
    addresses = [f"{app}.{name}" for name in taken.tables]
    done = "\n".join(f"- {one.says}" for one in planned.alterations)
    here.say(done, **facts, addresses=addresses)


def _key_from(file: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", PurePath(file).name.partition(".")[0].lower()).strip("_")
    if not key or not key[0].isalpha():
        raise WrongUse(_("Say with --key what the table is to be called, in small letters: invoices."))
    return key[:40]
