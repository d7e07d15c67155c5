"""Commands about installed apps: their definitions, plans and revisions."""

from __future__ import annotations

import re
from typing import Any

from engine import apps as engine_apps
from engine import people
from engine.apps import Plan
from engine.cli.here import IN_WORKSPACE, FileName, Instants, InWorkspace
from engine.cli.run import as_facts
from engine.definitions.alteration import Alteration
from engine.definitions.plan import ConvertField
from engine.errors import Problem, Refused
from engine.text import _, label_in


def apps(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the installed apps and the addresses of their tables.

    For example:

        formwork apps
    """
    with here.read() as session:
        language = session.workspace.language
        rows = [
            {
                "key": one.key,
                "label": label_in(one.label, language),
                "version": one.document.get("version"),
                "revision": one.revision,
                "tables": [table.address for table in one.tables.values()],
            }
            for one in engine_apps.installed(session)
        ]
    headings = {"key": "Key", "label": "Name", "version": "Version", "revision": "Revision", "tables": "Tables"}
    here.table(rows, headings, _("No app is installed yet. Look into the catalog: formwork template list."))


def check(file: FileName, /, *, here: InWorkspace = IN_WORKSPACE) -> int:
    """Tell every problem of a definition, each with its JSON pointer. Nothing is changed.

    For example:

        formwork check crm.json

    Parameters
    ----------
    file
        The definition; - is standard input.
    """
    document = here.read_json(file)
    with here.read() as session:
        problems = engine_apps.check(session, document)
        if not any(one.is_error for one in problems):
            problems += engine_apps.plan(session, document).broken
    wrong = any(one.is_error for one in problems)
    if here.json:
        here.document(list(map(as_facts, problems)))
    else:
        _note_problems(here, problems)
        if not wrong:
            here.say(_("The definition is right."))
    return 1 if wrong else 0


def plan(file: FileName, /, *, here: InWorkspace = IN_WORKSPACE) -> int:
    """Say in words what applying a definition would do, and count what it would take away. Nothing is changed.

    For example:

        formwork plan crm.json

    Parameters
    ----------
    file
        The definition; - is standard input.
    """
    document = here.read_json(file)
    with here.read() as session:
        planned = engine_apps.plan(session, document)
    if here.json:
        here.document(_plan_facts(planned))
    else:
        _note_problems(here, planned.problems)
        if not planned.refused:
            here.terminal.out(_plan_lines(planned.alterations))
        _note_problems(here, planned.broken)
    return 1 if planned.refused or planned.broken else 0


def apply(
    file: FileName,
    /,
    *,
    accept_loss: bool = False,
    despite_access_tests: bool = False,
    revision: int | None = None,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Install an app by its definition, or change it: the whole of it, or nothing.

    For example:

        formwork export crm > crm.json
        formwork apply crm.json

    Parameters
    ----------
    file
        The definition; - is standard input.
    accept_loss
        Carry it out although it takes values or records away.
    despite_access_tests
        Carry it out although access tests would not hold any more; the audit log tells.
    revision
        The revision that the definition was made from: refused when somebody changed the app since.
    """
    document = here.read_json(file)
    with here.write() as session:
        planned = engine_apps.plan(session, document)
        _refuse(planned, accept_loss, despite_access_tests)
        planned = engine_apps.apply(session, document, revision=revision, despite_tests=despite_access_tests)
        now = engine_apps.get(session, document["key"]).revision
    _carried_out(here, planned, now)


def remove(app: str, /, *, accept_loss: bool = False, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take an app out of the workspace. Its records stay in the database, out of sight, until it is installed again.

    For example:

        formwork remove after_sales --accept-loss

    Parameters
    ----------
    app
        Its key.
    accept_loss
        Take its records out of sight, too.
    """
    with here.write() as session:
        planned = engine_apps.remove(session, app)
        _refuse(planned, accept_loss)
    _carried_out(here, planned, None)


def export(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Print the definition of an app, to keep in git, to review, or to change and apply again.

    For example:

        formwork export crm > crm.json

    Parameters
    ----------
    app
        Its key.
    """
    with here.read() as session:
        document = engine_apps.export(session, app)
    here.document(document)


def revisions(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the revisions of an app, newest first, with what each changed.

    For example:

        formwork revisions crm

    Parameters
    ----------
    app
        Its key.
    """
    with here.read() as session:
        found = engine_apps.revisions(session, app)
        names = people.names(session)
    rows = [{**vars(one), "who": names.get(one.by or ""), "what": " ".join(one.summary)} for one in found]
    here.table(rows, {"number": "Revision", "at": Instants("When"), "who": "Who", "what": "What"})


def compare(app: str, older: int, newer: int, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Say what changed from one revision to another.

    For example:

        formwork compare crm 1 3

    Parameters
    ----------
    app
        Its key.
    older
        Number of the one revision.
    newer
        Number of the other.
    """
    with here.read() as session:
        found = engine_apps.compare(session, app, older, newer)
    if here.json:
        here.document(list(map(_alteration_facts, found)))
    else:
        here.terminal.out(_plan_lines(found))


def restore(
    app: str,
    number: int,
    /,
    *,
    accept_loss: bool = False,
    despite_access_tests: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Make an earlier revision of an app the newest; fields that it names come back with their values.

    For example:

        formwork restore crm 2

    Parameters
    ----------
    app
        Its key.
    number
        The revision, as `formwork revisions` prints it.
    accept_loss
        Carry it out although it takes values or records away.
    despite_access_tests
        Carry it out although access tests would not hold any more; the audit log tells.
    """
    with here.write() as session:
        planned = engine_apps.plan(session, engine_apps.document_of(session, app, number))
        _refuse(planned, accept_loss, despite_access_tests)
        planned = engine_apps.restore(session, app, number, despite_tests=despite_access_tests)
        now = engine_apps.get(session, app).revision
    _carried_out(here, planned, now)


def _refuse(planned: Plan, accept_loss: bool, despite_tests: bool = False) -> None:
    if planned.refused:
        raise Refused([one for one in planned.problems if one.is_error])
    if planned.broken and not despite_tests:
        how = _("Nothing was changed. If this is what you want, add --despite-access-tests.")
        raise Refused([*planned.broken, Problem("", how, "access_test")])
    if planned.lost and not accept_loss:
        losses = [Problem("", one.says, "loss") for one in planned.alterations if one.lost]
        how = _("Nothing was changed. If this is what you want, add --accept-loss.")
        raise Refused([*losses, Problem("", how, "loss")])


def _carried_out(here: InWorkspace, planned: Plan, revision: int | None) -> None:
    if here.json:
        here.document({**_plan_facts(planned), "revision": revision})
        return
    _note_problems(here, planned.problems)
    here.terminal.out(_plan_lines(planned.alterations))


def _plan_facts(planned: Plan) -> dict[str, Any]:
    return {
        "alterations": list(map(_alteration_facts, planned.alterations)),
        "lost": planned.lost,
        "problems": list(map(as_facts, planned.problems)),
        "broken": list(map(as_facts, planned.broken)),
    }


def _alteration_facts(one: Alteration) -> dict[str, Any]:
    does = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(one).__name__).lower()
    facts = {"does": does, "says": str(one.says), "destroys": one.destroys, "lost": one.lost}
    examples = one.examples if isinstance(one, ConvertField) else ()
    return facts | ({"examples": [{"was": was, "becomes": now} for was, now in examples]} if examples else {})


def _plan_lines(alterations: list[Alteration]) -> str:
    if not alterations:
        return _("It changes nothing.") + "\n"
    return "".join(line for one in alterations for line in _lines(one))


def _lines(one: Alteration) -> list[str]:
    examples = one.examples if isinstance(one, ConvertField) else ()
    shown = [f"    {was} -> {_('set aside') if now is None else now}\n" for was, now in examples]
    return [f"{'!' if one.lost else '-'} {one.says}\n", *shown]


def _note_problems(here: InWorkspace, problems: list[Problem]) -> None:
    for one in problems:
        word = "" if one.is_error else _("warning: ")
        here.note(f"formwork: {word}{one.at}: {one.says}" if one.at else f"formwork: {word}{one.says}")
