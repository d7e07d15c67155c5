"""What a new definition gives to roles and takes from them, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.alteration import Alteration
from engine.definitions.documents import own_tables
from engine.definitions.language import Condition, Document
from engine.definitions.roles import (
    ACTS,
    EVERY_AUTOMATION,
    EVERY_FIELD,
    EVERY_TABLE,
    Default,
    RecordAct,
    Steering,
    limits_setting,
    within,
)
from engine.text import Label, Text, _

Part = Mapping[str, Any]
_NOTHING: Part = {}
_OTHERS = _("every field not named")
_ACTS: Mapping[RecordAct, Text] = {
    "read": _("read"),
    "create": _("create"),
    "update": _("change"),
    "delete": _("delete"),
    "export": _("take along"),
}


@dataclass(frozen=True)
class ChangeRole(Alteration):
    """A role may do something with a table from now on, or no longer; `records` are those that it may do it with."""

    role: Label = ""
    table: Label = ""
    act: RecordAct = "read"
    records: bool | Condition = False

    @property
    def says(self) -> Text:
        words = {"role": self.role, "act": _ACTS[self.act], "table": self.table}
        if self.records is True:
            return _("Role {role}: may now {act} all records of {table}.", **words)
        if self.records is False:
            return _("Role {role}: may no longer {act} records of {table}.", **words)
        where = condition_words(self.records)
        return _("Role {role}: may now {act} records of {table} where {condition}.", **words, condition=where)


@dataclass(frozen=True)
class ChangeRoleField(Alteration):
    """A role sees or sets a field otherwise; `said` is what the role says of it now, None for nothing."""

    role: Label = ""
    table: Label = ""
    field: Label = ""
    said: str | Condition | None = None

    @property
    def says(self) -> Text:
        words = {"role": self.role, "table": self.table, "field": self.field}
        if self.said is None or self.said == "open":
            return _("Role {role}: {field} of {table} is now as open as its records.", **words)
        if self.said == "hidden":
            return _("Role {role}: {field} of {table} is now hidden.", **words)
        if self.said == "read_only":
            return _("Role {role}: {field} of {table} can now be seen but not set.", **words)
        if limits_setting(self.said):
            where = condition_words(self.said["set"])
            return _("Role {role}: {field} of {table} is now set only where {condition}.", **words, condition=where)
        where = condition_words(self.said)
        return _("Role {role}: {field} of {table} is now seen only where {condition}.", **words, condition=where)


@dataclass(frozen=True)
class ChangeRoleAutomation(Alteration):
    """A role sees the runs of an automation, or steers it, otherwise. `given`: what it gives now, None for nothing."""

    role: Label = ""
    automation: Label = ""
    given: Steering | None = None

    @property
    def says(self) -> Text:
        words = {"role": self.role, "automation": self.automation}
        if self.given == "seen":
            return _("Role {role}: may now see what {automation} does.", **words)
        if self.given == "steered":
            return _("Role {role}: may now see what {automation} does, pause it and try runs again.", **words)
        return _("Role {role}: may no longer see what {automation} does.", **words)


@dataclass(frozen=True)
class ChangeDefaultRole(Alteration):
    """Whether those without a role have this one."""

    role: Label = ""
    default: Default = False

    @property
    def says(self) -> Text:
        if self.default == "members":
            return _("Role {role}: is now that of members who have no other.", role=self.role)
        if self.default == "guests":
            return _("Role {role}: is now that of guests who have no other.", role=self.role)
        if self.default:
            return _("Role {role}: is now everybody's who has no other.", role=self.role)
        return _("Role {role}: is now only theirs to whom it is given.", role=self.role)


@dataclass(frozen=True)
class ReleaseField(Alteration):
    """A computed field is shown, or no longer, to roles that may not see all that it is worked out from."""

    table: Label = ""
    field: Label = ""
    released: bool = True

    @property
    def says(self) -> Text:
        words = {"field": self.field, "table": self.table}
        if self.released:
            return _(
                "Releases {field} of {table}: also roles that may not see what it is worked out from see it now.",
                **words,
            )
        return _("{field} of {table} is no longer shown to roles that may not see what it is worked out from.", **words)


def role_alterations(app: str, old: Document, new: Document) -> Iterator[Alteration]:
    """What each role of the new definition gains and loses in the tables that it has."""
    tables = own_tables(new)
    for key, role in new.get("roles", _NOTHING).items():
        name, was = _name(role, key), old.get("roles", _NOTHING).get(key, _NOTHING)
        if role.get("default", False) != was.get("default", False):
            yield ChangeDefaultRole(app, role=name, default=role.get("default", False))
        for table_key, table in tables.items():
            before, after = _access(was, table_key), _access(role, table_key)
            label = _name(table, table_key)
            for act in ACTS:
                if _given(before, act) != _given(after, act):
                    yield ChangeRole(app, role=name, table=label, act=act, records=_given(after, act))
            fields, then = after.get("fields", _NOTHING), before.get("fields", _NOTHING)
            for one in dict.fromkeys([*fields, *then]):
                if fields.get(one) != then.get(one):
                    field = _OTHERS if one == EVERY_FIELD else _name(table["fields"].get(one, _NOTHING), one)
                    yield ChangeRoleField(app, role=name, table=label, field=field, said=fields.get(one))
        for automation_key, automation in new.get("automations", _NOTHING).items():
            given = _steering(role, automation_key)
            if given != _steering(was, automation_key):
                label = _name(automation, automation_key)
                yield ChangeRoleAutomation(app, role=name, automation=label, given=given)


def released(app: str, table: Label, name: Label, old: Part, new: Part) -> Iterator[Alteration]:
    """Whether a field is released from now on, or no longer."""
    if bool(old.get("released")) != bool(new.get("released")):
        yield ReleaseField(app, table=table, field=name, released=bool(new.get("released")))


def condition_words(condition: Condition) -> str:
    """A condition in short, as its document says it: `{owner} = ME()`, `stage is won and amount is_more_than 5`."""
    if isinstance(condition, str):
        return condition.removeprefix("=").strip()
    if "all" in condition or "any" in condition:
        word, parts = (" and ", condition["all"]) if "all" in condition else (" or ", condition["any"])
        return word.join(f"({condition_words(one)})" if len(parts) > 1 else condition_words(one) for one in parts)
    value = condition.get("value")
    return " ".join([condition["field"], condition["op"], *([] if value is None else [str(value)])])


def _access(role: Part, table: str) -> Part:
    tables: Part = role.get("tables", _NOTHING)
    found: Part = tables.get(table) or tables.get(EVERY_TABLE) or _NOTHING
    return found


def _steering(role: Part, automation: str) -> Steering | None:
    automations: Mapping[str, Steering] = role.get("automations", _NOTHING)
    return automations.get(automation) or automations.get(EVERY_AUTOMATION)


def _given(table: Part, act: RecordAct) -> bool | Condition:
    return within(table.get("where", True), table.get(act, False))


def _name(part: Part, key: str) -> Label:
    label: Label = part.get("label") or key
    return label
