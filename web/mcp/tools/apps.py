"""What there is: apps, tables with their fields and views, and as whom one asks."""

from __future__ import annotations

from engine import accounts, apps
from engine.access import door
from web.api.callers import Caller
from web.api.meta import described_table
from web.api.naming import said, table_named
from web.mcp.tools import APP, TABLE, Arguments, Facts, Tool


def _list_apps(caller: Caller, _given: Arguments) -> Facts:
    person, scope = accounts.person(caller.site.stores, caller.holder.user_id), caller.holder.scope
    with caller.read() as session:
        language = session.workspace.language
        listed = [
            {
                "id": app.key,
                "name": said(app.label, language),
                "tables": [{"id": one.key, "name": said(one.label, language)} for one in app.tables.values()],
            }
            for app in apps.installed(session)
        ]
        return {
            "as": {"name": person.name, "email": person.email, "role": caller.holder.role, "writes": scope.writes},
            "timeZone": session.workspace.time_zone,
            "apps": listed,
        }


def _describe_table(caller: Caller, given: Arguments) -> Facts:
    with caller.read() as session:
        table = table_named(session.layout, given["app"], given["table"])
        acts: tuple[door.Act, ...] = ("create", "update", "delete")
        may = {act: door.may(caller.principal, act, table) for act in acts}
        return {**described_table(session, table, with_fields=True), "may": may}


TOOLS = (
    Tool(
        "list_apps",
        "List the apps of the workspace with their tables, and say as whom you act. Begin with this.",
        _list_apps,
        {},
    ),
    Tool(
        "describe_table",
        "Describe a table: its fields with their types, choices and formulas, its views, and whether you may create, "
        "update and delete records. Ask before you query or write.",
        _describe_table,
        {"app": APP, "table": TABLE},
        ("app", "table"),
    ),
)
