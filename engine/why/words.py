"""The reasons of a verdict in words, and what would make it another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.access import clauses, principals, sight
from engine.access.clauses import Clause
from engine.access.rights import Closed, Rights
from engine.definitions.language import Field
from engine.text import Text, _
from engine.why.answers import Act, Saying
from engine.why.facts import fact
from engine.why.question import Question


def reasons(asked: Question, act: Act, key: str, may: bool, said: Sequence[Saying]) -> Iterator[Text]:
    """Why they may, or may not: the one thing that decides."""
    of = asked.of
    words = {"name": asked.name, "table": of.table.label, "app": of.app.label}
    if not asked.whom.role:
        yield _("{name} does not belong to this workspace (any more).", **words)
    elif asked.is_off:
        yield _("The account of {name} is switched off.", **words)
    elif act == "change" and key and not of.table.fields[key].writable:
        yield _("Nobody sets {field}: it is worked out or filled in by itself.", field=of.table.fields[key].label)
    elif of.is_locked(act, key):
        yield from (one.says for one in of.closed)
    elif sight.sees_everything(asked.whom):
        yield _("No role limits {name}, who owns or builds this workspace.", **words)
    elif act != "see" and asked.whom.role == "guest":
        yield _("{name} is a guest, and guests change nothing.", **words)
    elif not of.app.roles:
        yield _("{app} has no roles: everybody in the workspace sees its records, and members change them.", **words)
    elif not asked.roles:
        yield _("{name} has no role in {app}.", **words)
    elif may:
        yield from (_("{role} allows it.", role=one.role.label) for one in said if one.allows)
    elif asked.rights is not None:
        yield _refusal(asked, asked.rights, act, key)


def would(asked: Question, act: Act, key: str, said: Sequence[Saying]) -> Iterator[Text]:
    """What would let them: one part of a rule that would hold, or another role."""
    of = asked.of
    if asked.is_off or not asked.whom.role or asked.rights is None or of.is_locked(act, key):
        return
    if act == "change" and key and not of.table.fields[key].writable:
        return
    if act != "see" and asked.whom.role == "guest":
        yield _("Make {name} a member of the workspace.", name=asked.name)
        return
    for one in said:
        if isinstance(one.said, Clause) and not one.allows:
            whole = one.said
            yield from (_would_hold(asked, part) for part in whole.single if whole.would_hold(part))
    yield from (
        _("Give {name} the role {role}.", name=asked.name, role=role.label)
        for role in of.app.roles.values()
        if role not in asked.roles and _with_role(asked, role.address).may(act, key)
    )


def _with_role(asked: Question, role: str) -> Question:
    """The same about somebody who had that role, too."""
    session, whom = asked.of.session, asked.whom
    held = session.store.roles_of(session, whom.user_id or "") if whom.held is None else whom.held
    return Question(asked.of, replace(principals.holding({*held, role}, whom.user_id), role=whom.role))


def _refusal(asked: Question, rights: Rights, act: Act, key: str) -> Text:
    of = asked.of
    if rights.tables[of.table.address].read is False:
        return _("No role of {name} shows {table}.", name=asked.name, table=of.table.label)
    if key and not asked.is_shown():
        return _("{name} does not see this record.", name=asked.name)
    if key and (act == "see" or not asked.is_shown(key)):
        return _hidden(asked, rights, of.table.fields[key])
    return _("No role of {name} allows it for this record.", name=asked.name)


def _hidden(asked: Question, rights: Rights, field: Field) -> Text:
    """Why a field of a record that is seen is not."""
    words = {"name": asked.name, "field": field.label}
    if rights.tables[field.table].of(field.key).seen is False:
        return _("Every role of {name} that shows the record hides {field}.", **words)
    if rights.seen(field) is False:
        closed = next(rights.closed_inputs(field), None) if field.kind.computed or field.kind.copied else None
        if closed is not None:
            return _secret(asked, field, closed)
        return _("{field} leads to records that no role of {name} shows.", **words)
    if field.many:
        return _("{field} holds many records, so it is seen in all records or in none.", **words)
    return _("{field} is seen only where a rule holds, and none does for this record.", **words)


def _secret(asked: Question, field: Field, closed: Closed) -> Text:
    """A computed field is as secret as what it is worked out from."""
    table = asked.of.session.whole.table(closed.table)
    words = {"name": asked.name, "field": field.label, "table": table.plural or table.label}
    if not closed.field:
        return _("{field} is worked out from {table}, of which {name} does not see all records.", **words)
    words["input"] = table.fields[closed.field].label if closed.field in table.fields else closed.field
    if closed.table == field.table:
        return _("{field} is worked out from {input}, which {name} does not see in every record.", **words)
    return _("{field} is worked out from {input} of {table}, which {name} does not see in every record.", **words)


def _would_hold(asked: Question, part: Clause) -> Text:
    if part.holds:
        return _("It would be so if this did not hold: {rule}", rule=part.text)
    path = clauses.made_mine(part, asked.of.scope)
    found = fact(asked.of, path) if path and asked.whom.user_id else None
    if found is None:
        return _("It would be so if this held: {rule}", rule=part.text)
    words = {"name": asked.name, "field": found.labels[-1]}
    if len(found.labels) > 1:
        return _("Make {name} the {field} of {link}.", link=found.labels[-2], **words)
    if found.field.kind.holds == "users":
        return _("Put {name} into {field}.", **words)
    return _("Make {name} the {field}.", **words)
