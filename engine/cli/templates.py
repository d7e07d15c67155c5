"""Commands about the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from cyclopts import Parameter

from engine import catalog
from engine.cli.here import HERE, IN_WORKSPACE, Here, InWorkspace, WrongUse
from engine.definitions.language import Document
from engine.errors import Problem, Refused
from engine.text import _, label_in


def list_templates(*, here: Here = HERE) -> None:
    """List the templates of the catalog.

    For example:

        formwork template list
    """
    rows = [
        {
            "key": one.key,
            "label": label_in(one.label, "en"),
            "tables": len(one.document["tables"]),
            "samples": one.sample_count,
            "description": label_in(one.document.get("description"), "en"),
        }
        for one in catalog.templates()
    ]
    headings = {"key": "Key", "label": "Name", "tables": "Tables", "samples": "Sample records", "description": "About"}
    here.table(rows, headings, _("The catalog is empty."))


def show_template(template: str, /, *, here: Here = HERE) -> None:
    """Say what a template brings: its tables, automations, and what it takes from other apps. As JSON: its definition.

    For example:

        formwork template show crm

    Parameters
    ----------
    template
        Its key, as `formwork template list` prints it.
    """
    chosen = catalog.template(template)
    if here.json:
        here.document(chosen.document)
        return
    out = here.terminal.out
    document = chosen.document
    out(f"{label_in(chosen.label, 'en')} ({chosen.key}) {document.get('version', '')}\n")
    out(f"{label_in(document.get('description'), 'en')}\n\n")
    here.table(_tables(document, chosen.samples), _TABLE_HEADINGS)
    for title, part, said in (
        ("Automations", "automations", "label"),
        ("Takes from other apps", "requires", "description"),
    ):
        if document.get(part):
            out(f"\n{title}:\n")
            out("".join(f"  {key}: {label_in(one.get(said), 'en')}\n" for key, one in document[part].items()))
    if chosen.readme:
        out(f"\n{chosen.readme}")


_TABLE_HEADINGS = {
    "key": "Table", "label": "Name", "fields": "Fields", "views": "Views", "forms": "Forms", "samples": "Samples",
}  # fmt: skip


def _tables(document: Document, samples: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "label": label_in(one.get("label"), "en", key),
            **{part: len(one.get(part, ())) for part in ("fields", "views", "forms")},
            "samples": len(samples.get(key, ())),
        }
        for key, one in document["tables"].items()
    ]


def install(
    template: str,
    /,
    *,
    samples: Annotated[bool, Parameter(negative="--no-samples")] = True,
    bind: list[str] | None = None,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Install a template from the catalog, with its sample records.

    What it takes from other apps is bound to the best table that is there, unless --bind says otherwise.

    For example:

        formwork install crm
        formwork install orders --no-samples --bind customer=crm.accounts

    Parameters
    ----------
    template
        Its key, as `formwork template list` prints it.
    samples
        Whether to bring the sample records.
    bind
        What it requires, and the table that is to serve: customer=crm.accounts. May be given several times.
    """
    bound = _bound(bind or [])
    with here.write() as session:
        chosen = catalog.template(template)
        _check_bound(bound, catalog.bindings(session, chosen))
        counts = catalog.install(session, template, samples=samples, bound=bound)
        label = label_in(session.layout.apps[template].label, session.workspace.language)
    says = _("Installed {app} with {count} records.", app=label, count=sum(counts.values()))
    here.say(says, app=template, samples=counts)


def _bound(pairs: list[str]) -> dict[str, str]:
    bound = {}
    for pair in pairs:
        role, equals, table = pair.partition("=")
        if not equals:
            raise WrongUse(
                _("--bind takes what is required and a table: customer=crm.accounts, not {given}.", given=pair)
            )
        bound[role] = table
    return bound


def _check_bound(bound: Mapping[str, str], possible: Mapping[str, list[str]]) -> None:
    problems = []
    for role, table in bound.items():
        if role not in possible:
            says = _(
                "It requires nothing that is called {role}. It requires: {roles}.", role=role, roles=", ".join(possible)
            )
            problems.append(Problem(f"/requires/{role}", says, "unknown"))
        elif table not in possible[role]:
            says = _("{table} cannot serve here. These can: {tables}.", table=table, tables=", ".join(possible[role]))
            problems.append(Problem(f"/bindings/{role}", says, "binding", table))
    if problems:
        raise Refused(problems)
