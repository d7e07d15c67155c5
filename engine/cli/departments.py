"""Commands about departments: the tree, and who belongs where. Departments are named by name, path or id."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from engine import departments, people
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.cli.naming import find_department, find_person
from engine.departments import KEPT
from engine.storage.session import Session
from engine.text import _

NOBODY = "-"  # where a name is expected: nobody, or at the top

Name = Annotated[str, Parameter(allow_leading_hyphen=True)]


def list_departments(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the departments as a tree: the head of each, and how many people belong to it.

    For example:

        formwork department list
    """
    with here.read() as session:
        names, tree = people.names(session), departments.tree(session)
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "path": one.spelled,
            "parent": one.parent,
            "head": names.get(one.head or ""),
            "people": one.people,
        }
        for one in tree
    ]
    headings = {"path": "Department", "head": "Head", "people": "People", "id": "Id"}
    here.table(rows, headings, _("There are no departments yet. Add one: formwork department add Sales"))


def add(name: str, /, *, under: str = "", head: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Add a department.

    For example:

        formwork department add Sales --head ben@example.com
        formwork department add East --under Sales

    Parameters
    ----------
    name
        What people call it.
    under
        The department that it lies under, such as "Sales / East". Without it: at the top.
    head
        Who heads it, by e-mail address or name.
    """
    with here.write() as session:
        parent = find_department(session, under) if under else None
        made = departments.create(session, name, parent, find_person(session, head) if head else None)
    here.say(_("Added {name} ({id}).", name=name, id=made), id=made, name=name)


def rename(department: str, name: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Call a department by another name.

    For example:

        formwork department rename "Sales / East" "Far East"

    Parameters
    ----------
    department
        Its name, path or id.
    name
        The new name.
    """
    with here.write() as session:
        found = find_department(session, department)
        departments.change(session, found, name=name)
    here.say(_("It is called {name} now.", name=name), id=found, name=name)


def move(
    department: str,
    /,
    *,
    under: Name | None = None,
    place: int | None = None,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Put a department with all below it somewhere else.

    For example:

        formwork department move East --under Marketing
        formwork department move East --under - --place 1

    Parameters
    ----------
    department
        Its name, path or id.
    under
        The department that it lies under from now on; - is the top.
    place
        Which one it is among those beside it, counted from 1. Without it one that moves comes last.
    """
    if under is None and place is None:
        raise WrongUse(_("Say where: --under or --place."))
    with here.write() as session:
        found = find_department(session, department)
        departments.change(
            session,
            found,
            parent=KEPT if under is None else None if under == NOBODY else find_department(session, under),
            place=None if place is None else place - 1,
        )
        path = departments.paths(session)[found]
    here.say(_("It is {path} now.", path=path), id=found, path=path)


def remove(department: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take away a department that nobody and no other department is in.

    For example:

        formwork department remove "Sales / East"

    Parameters
    ----------
    department
        Its name, path or id.
    """
    with here.write() as session:
        found = find_department(session, department)
        departments.remove(session, found)
    here.say(_("The department is removed."), id=found)


def assign(
    department: Name,
    /,
    *persons: str,
    head: Name | None = None,
    manager: Name | None = None,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Let people belong to a department, and to no other; say who heads it, or whom they report to.

    For example:

        formwork department assign "Sales / East" ben@example.com cai@example.com
        formwork department assign Sales --head ben@example.com
        formwork department assign Sales cai@example.com --manager ben@example.com
        formwork department assign - dee@example.com

    Parameters
    ----------
    department
        Its name, path or id; - is none.
    persons
        The people, by e-mail address or name.
    head
        Who heads the department, by e-mail address or name; - is nobody.
    manager
        Whom the people report to, by e-mail address or name; - is nobody.
    """
    if not persons and (head is None or department == NOBODY):
        raise WrongUse(_("Say who: formwork department assign Sales ben@example.com"))
    with here.write() as session:
        found = None if department == NOBODY else find_department(session, department)
        who = [find_person(session, one) for one in persons]
        departments.assign(session, who, found)
        if head is not None and found is not None:
            departments.change(session, found, head=_somebody(session, head))
        if manager is not None:
            above = _somebody(session, manager)
            for one in who:
                departments.set_manager(session, one, above)
    here.say(_("Saved."), people=who, department=found)


def _somebody(session: Session, name: str) -> str | None:
    return None if name == NOBODY else find_person(session, name)
