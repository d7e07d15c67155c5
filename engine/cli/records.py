"""Commands about single records, their history, and undoing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine import history as engine_history
from engine import people, records
from engine import undo as engine_undo
from engine.cli.here import IN_WORKSPACE, FileName, Instants, InWorkspace, WrongUse
from engine.cli.naming import field_keys, find_table
from engine.definitions.language import Table
from engine.errors import Problem, Refused
from engine.showing import Shown
from engine.storage.session import Session
from engine.text import _
from engine.typecast import named
from engine.values import Values

Reading = Literal["json", "text"]


def get(table: str, record: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Show a record with all its values, computed ones included.

    For example:

        formwork record get crm.accounts rec0tqN3kXhQe7ZbC

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    record
        The record's id.
    """
    with here.read() as session:
        of = find_table(session.layout, table)
        found = records.get(session, of.address, record)
        if here.json:
            here.document({"id": found.id, **found.values})
            return
        shown = Shown(session, of, list(of.fields))
        texts = shown.rows([found.values])[0]
    rows = [{"field": "Id", "value": found.id}]
    rows += [{"field": label, "value": texts[key]} for key, label in shown.headings.items()]
    here.table(rows, {"field": "Field", "value": "Value"})


def create(table: str, /, *values: str, file: FileName = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Create a record from values, or many from a JSON file. What is not given takes its default.

    Values are read as a person types them: 1,234.50, yes, a choice's label, somebody's e-mail address, a department's
    name; a link takes what records are called, or their ids, several with commas between them.

    For example:

        formwork record create crm.accounts name="Acme Ltd" phone="+1 555 0100"
        formwork record create crm.accounts --file accounts.json

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    values
        Field and value, with = between them. The field is named by key or label.
    file
        A JSON object of values by field, or a list of such objects; - is standard input.
    """
    given, reading = _given(here, values, file)
    with here.write() as session:
        of = find_table(session.layout, table)
        ids = records.create(session, of.address, _values(session, of, given, reading), reading=reading)
    says = _("Created {ids}. To take it back: formwork undo {id}", ids=_few(ids), id=session.transaction_id)
    here.say(says, ids=ids, transaction=session.transaction_id)


def update(table: str, record: str, /, *values: str, file: FileName = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Set values of a record; the others stay. An empty value clears.

    For example:

        formwork record update crm.accounts rec0tqN3kXhQe7ZbC phone="+1 555 0101" website=

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    record
        The record's id.
    values
        Field and value, with = between them. The field is named by key or label.
    file
        A JSON object of values by field; - is standard input.
    """
    given, reading = _given(here, values, file)
    if len(given) != 1:
        raise WrongUse(_("The file must hold one JSON object: the values of this record."))
    with here.write() as session:
        of = find_table(session.layout, table)
        (wanted,) = _values(session, of, given, reading)
        changed = records.update(session, of.address, {record: wanted}, reading=reading)
    says = _("Changed {ids}. To take it back: formwork undo {id}", ids=record, id=session.transaction_id)
    here.say(
        says if changed else _("It had these values already."),
        ids=changed,
        transaction=session.transaction_id if changed else None,
    )


def delete(table: str, /, *ids: str, here: InWorkspace = IN_WORKSPACE) -> None:
    """Delete records; links to them are taken off.

    For example:

        formwork record delete crm.accounts rec0tqN3kXhQe7ZbC

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    ids
        The records' ids.
    """
    if not ids:
        raise WrongUse(_("Say which records: formwork record delete {table} rec...", table=table))
    with here.write() as session:
        of = find_table(session.layout, table)
        gone = records.delete(session, of.address, ids)
    says = _("Deleted {ids}. To take it back: formwork undo {id}", ids=_few(gone), id=session.transaction_id)
    here.say(says, ids=gone, transaction=session.transaction_id)


def history(table: str, record: str, /, *, limit: int = 20, here: InWorkspace = IN_WORKSPACE) -> None:
    """Say what happened to a record, newest first; also to one that was deleted.

    For example:

        formwork record history crm.accounts rec0tqN3kXhQe7ZbC

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    record
        The record's id.
    limit
        How many changes at most.
    """
    with here.read() as session:
        of = find_table(session.layout, table)
        names = people.names(session)
        rows = [
            {
                "at": one.at,
                "by": one.by_id,
                "who": names.get(one.user_id or "", one.by_kind),
                "what": one.change.kind,
                "says": one.says,
                "cause": one.cause,
                "fields": ", ".join({**one.change.before, **one.change.after}),
                "transaction": one.transaction_id,
                "before": one.change.before,
                "after": one.change.after,
            }
            for one in engine_history.of_record(session, of.address, record, limit)
        ]
    headings = {"at": Instants("When"), "who": "Who", "says": "What", "fields": "Fields", "transaction": "Transaction"}
    here.table(rows, headings, _("Nothing is known of this record."))


def undo(transaction: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take back everything that one command, import, form or step of an automation did.

    It is refused, and takes nothing back, when somebody changed one of the values since.

    For example:

        formwork undo trx0tqN3kXhQe7ZbC

    Parameters
    ----------
    transaction
        Its id (trx...), as `formwork record history` and every command that writes print it; or that of an import
        (imp...), of an app that came from an archive (arc...) or of a base that was brought in (bas...).
    """
    if transaction.startswith("imp"):
        from engine import imports

        held = imports.take_back(here.store, here.principal, transaction)
        here.say(_("Took back the import of {name}.", name=held.name), id=held.id, state=held.state)
        return
    if transaction.startswith("arc"):
        from engine.archives import transfers

        with here.write() as session:
            gone = transfers.undo(session, transaction)
        here.say(_("Took the app {app} out again. It is in the trash.", app=gone.app), id=gone.id, state=gone.state)
        return
    if transaction.startswith("bas"):
        from engine import bases

        base = bases.take_back(here.store, here.principal, transaction)
        here.say(_("Took back the import of {name}.", name=base.name), id=base.id, state=base.state)
        return
    with here.write(cause=f"undo:{transaction}") as session:
        count = engine_undo.undo(session, transaction)
    says = _("Took back what was done to {count} records.", count=count)
    here.say(says, records=count, transaction=session.transaction_id)


def _given(here: InWorkspace, pairs: Sequence[str], file: str) -> tuple[list[Mapping[str, Any]], Reading]:
    if file and pairs:
        raise WrongUse(_("Give values or a file, not both."))
    if file:
        document = here.read_json(file)
        found = document if isinstance(document, list) else [document]
        if not found or not all(isinstance(one, dict) for one in found):
            raise Refused(
                [Problem("", _("The file must hold an object of values by field, or a list of them."), "json")]
            )
        return found, "json"
    values = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongUse(_("Write a field and its value with = between them, not {given}.", given=pair))
        values[name.strip()] = value
    if not values:
        raise WrongUse(_("Say what the record holds: name=value ..., or --file."))
    return [values], "text"


def _values(session: Session, of: Table, given: Sequence[Mapping[str, Any]], reading: Reading) -> list[Values]:
    """The values by field key; where a person typed them, all that they name by what it is called."""
    by_key = [dict(zip(field_keys(session.layout, of, one), one.values(), strict=True)) for one in given]
    return named(session, of.address, by_key) if reading == "text" else by_key


def _few(ids: Sequence[str]) -> str:
    return ", ".join(ids) if len(ids) <= 5 else _("{count} records", count=len(ids))
