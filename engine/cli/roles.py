"""Commands about roles: who has which, giving and taking them."""

from __future__ import annotations

from engine import roles
from engine.cli.here import IN_WORKSPACE, InWorkspace
from engine.text import _, label_in


def list_roles(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List everybody of the workspace with their roles in an app.

    Owners and builders see everything, whatever their roles. Who has no role has the default ones of the app, if it
    has any; who has none at all sees nothing of it.

    For example:

        formwork role list crm

    Parameters
    ----------
    app
        The key of the app.
    """
    with here.read() as session:
        held = roles.of_app(session, app)
        language = session.workspace.language
    rows = [
        {
            "email": one.person.email,
            "name": one.person.name,
            "everything": one.everything,
            "given": [role.address for role in one.given],
            "roles": [role.address for role in one.roles],
            "shown": _("everything")
            if one.everything
            else ", ".join(label_in(role.label, language) for role in one.roles) or _("nothing"),
        }
        for one in held
    ]
    headings = {"email": "E-mail", "name": "Name", "shown": "Sees by"}
    here.table(rows, headings, _("Nobody belongs to this workspace."))


def give(role: str, email: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Give a role to somebody, from the next request on.

    For example:

        formwork role give crm.rep bo@example.com

    Parameters
    ----------
    role
        The app and the role, such as crm.rep.
    email
        E-mail address of the person.
    """
    person = here.person_at(email).id
    with here.write() as session:
        roles.give(session, role, person)
    here.say(_("{email} has the role {role} now.", email=email, role=role))


def take(role: str, email: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take a role from somebody, from the next request on.

    For example:

        formwork role take crm.rep bo@example.com

    Parameters
    ----------
    role
        The app and the role, such as crm.rep.
    email
        E-mail address of the person.
    """
    person = here.person_at(email).id
    with here.write() as session:
        roles.take(session, role, person)
    here.say(_("{email} no longer has the role {role}.", email=email, role=role))
