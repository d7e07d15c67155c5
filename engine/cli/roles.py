"""Commands about roles: who has which, giving and taking them."""

from __future__ import annotations

from engine import departments, roles
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.cli.naming import find_department
from engine.text import Text, _, label_in


def list_roles(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List everybody of the workspace with their roles in an app, and the departments that have some.

    Owners and builders see everything, whatever their roles. Who has no role, by themselves or through a department,
    has the default ones of the app, if it has any; who has none at all sees nothing of it.

    For example:

        formwork role list crm

    Parameters
    ----------
    app
        The key of the app.
    """
    with here.read() as session:
        held, of_departments = roles.of_app(session, app), roles.of_departments(session, app)
        language = session.workspace.language
    rows = [
        {
            "email": one.person.email,
            "name": one.person.name,
            "everything": one.everything,
            "given": [role.address for role in one.given],
            "through": [{"role": each.role.address, "department": each.department} for each in one.through],
            "roles": [role.address for role in one.roles],
            "shown": _("everything")
            if one.everything
            else ", ".join(label_in(role.label, language) for role in one.roles) or _("nothing"),
        }
        for one in held
    ]
    inside = [
        {
            "department": one.department.spelled,
            "given": [one.role.address],
            "only_head": one.only_head,
            "name": _head_of(one) if one.only_head else one.department.spelled,
            "shown": label_in(one.role.label, language),
        }
        for one in of_departments
    ]
    headings = {"email": "E-mail", "name": "Name", "shown": "Sees by"}
    here.table([*rows, *inside], headings, _("Nobody belongs to this workspace."))


def give(
    role: str,
    email: str = "",
    /,
    *,
    department: str = "",
    only_head: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Give a role to somebody, or to everybody in a department and below it, from the next request on.

    For example:

        formwork role give crm.rep bo@example.com
        formwork role give crm.rep --department Sales
        formwork role give crm.lead --department "Sales / East" --only-head

    Parameters
    ----------
    role
        The app and the role, such as crm.rep.
    email
        E-mail address of the person.
    department
        The department, by name, path or id: whoever is in it then has the role.
    only_head
        Only who heads the department has it.
    """
    _one_of(email, department)
    if not department:
        if only_head:
            raise WrongUse(_("Only departments have a head: say --department."))
        person = here.person_at(email).id
        with here.write() as session:
            roles.give(session, role, person)
        here.say(_("{email} has the role {role} now.", email=email, role=role))
        return
    with here.write() as session:
        found = find_department(session, department)
        roles.give_department(session, role, found, only_head=only_head)
        path = departments.paths(session)[found]
    says = _("The department {department} has the role {role} now.", department=path, role=role)
    if only_head:
        says = _("Who heads the department {department} has the role {role} now.", department=path, role=role)
    here.say(says)


def take(role: str, email: str = "", /, *, department: str = "", here: InWorkspace = IN_WORKSPACE) -> None:
    """Take a role from somebody or from a department, from the next request on.

    For example:

        formwork role take crm.rep bo@example.com
        formwork role take crm.rep --department Sales

    Parameters
    ----------
    role
        The app and the role, such as crm.rep.
    email
        E-mail address of the person.
    department
        The department, by name, path or id.
    """
    _one_of(email, department)
    if not department:
        person = here.person_at(email).id
        with here.write() as session:
            roles.take(session, role, person)
        here.say(_("{email} no longer has the role {role}.", email=email, role=role))
        return
    with here.write() as session:
        found = find_department(session, department)
        roles.take_department(session, role, found)
        path = departments.paths(session)[found]
    here.say(_("The department {department} no longer has the role {role}.", department=path, role=role))


def _one_of(email: str, department: str) -> None:
    if bool(email) == bool(department):
        raise WrongUse(_("Say whose role it is: an e-mail address, or --department."))


def _head_of(one: roles.DepartmentHolder) -> Text:
    return _("{department} (its head)", department=one.department.spelled)
