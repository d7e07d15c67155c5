"""Commands about people and their way in: owner, workspaces, API tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import accounts, api_tokens, workspaces
from engine.access.scopes import Scope
from engine.api_tokens import Token
from engine.cli.here import IN_WORKSPACE, WITH_STORES, FileName, Instants, InWorkspace, WithStores
from engine.text import _


def create_owner(
    *,
    email: str,
    name: str,
    workspace_name: str,
    password_file: FileName = "",
    here: WithStores = WITH_STORES,
) -> None:
    """Create the first account, which owns the installation, and its first workspace.

    The password is asked for and not shown; a script gives it in a file.

    For example:

        formwork owner create --email ana@example.com --name Ana --workspace-name Acme
        formwork owner create --email a@example.com --name Ana --workspace-name Acme --password-file - < password

    Parameters
    ----------
    email
        Address to sign in with.
    name
        Name that others see.
    workspace_name
        Name of the first workspace.
    password_file
        File with the password in its first line; - is standard input.
    """
    password = read_password(here, password_file)
    person, membership = accounts.create_owner(
        here.stores, email=email, name=name, password=password, workspace=workspace_name
    )
    says = _("Created {name} and the workspace {workspace}.", name=person.name, workspace=membership.name)
    here.say(says, user=person.id, email=person.email, workspace=membership.id)


def create_workspace(name: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Make a workspace: an organisation's own store, which nothing crosses.

    It belongs to the person whom --as names, else to the first owner.

    For example:

        formwork workspace create "Acme Japan"

    Parameters
    ----------
    name
        What people call it.
    """
    made = workspaces.create(here.stores, here.person.id, name)
    here.say(_("Created the workspace {name} ({id}).", name=made.name, id=made.id), id=made.id, name=made.name)


def list_workspaces(*, here: WithStores = WITH_STORES) -> None:
    """List the workspaces of this installation.

    For example:

        formwork workspace list
    """
    known = workspaces.directory(here.stores)
    rows = [
        {"id": key, "name": name} for key, name in sorted(known.items(), key=lambda one: (one[1].casefold(), one[0]))
    ]
    here.table(rows, {"id": "Id", "name": "Name"}, _("There is no workspace yet."))


def create_token(
    name: str,
    /,
    *,
    days: int = api_tokens.DAYS,
    read_only: bool = False,
    within: Sequence[str] = (),
    builds: bool = False,
    people: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Make an API token: it acts in one workspace for the person whom --as names, else for the first owner.

    Standard output has the token alone. It is shown this once.

    For example:

        TOKEN=$(formwork token create "Nightly report" --days 365)
        formwork token create "Web shop" --within shop.orders --within shop.customers
        formwork token create "Dashboard" --read-only --within crm
        formwork token create "Deployment" --builds

    Parameters
    ----------
    name
        What it is for.
    days
        How long it counts; 0: until it is revoked.
    read_only
        It changes nothing.
    within
        An app (crm) or a table (crm.accounts) that it may use; several times for several. Without: all.
    builds
        It also changes apps: definitions, automations, webhooks.
    people
        It also sees and changes who belongs to the workspace, departments and roles.
    """
    scope = Scope(not read_only, tuple(within), builds, people)
    made, secret = api_tokens.create(
        here.stores, here.person.id, here.workspace_id, name, days=days or None, scope=scope
    )
    here.say(secret, token=secret, **_facts(made))
    until = here.told(made.expires_at) if made.expires_at else _("it is revoked")
    here.note(_("It is shown this once and counts until {until}. Keep it like a password.", until=until))


def list_tokens(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the API tokens of the person whom --as names, else of the first owner.

    For example:

        formwork token list
    """
    rows = [_facts(one) for one in api_tokens.belonging_to(here.stores, here.person.id)]
    headings = {"id": "Id", "name": "Name", "workspace_id": "Workspace", "may": "May", "within": "Within"}
    headings |= {
        "created_at": Instants("Created"),
        "expires_at": Instants("Expires"),
        "last_used_at": Instants("Last used"),
    }
    here.table(rows, headings, _("There are no tokens."))


def revoke_token(token: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Make a token useless: the next request with it is refused.

    For example:

        formwork token revoke tok0NqXk3hQe7ZbC

    Parameters
    ----------
    token
        Its id, as `formwork token list` prints it.
    """
    api_tokens.delete(here.stores, here.person.id, token)
    here.say(_("The token counts no more."), id=token)


def read_password(here: WithStores, file: str) -> str:
    """The password in the first line of a file, or what a person types."""
    if not file:
        return here.terminal.ask(_("Password:"))
    lines = here.text(file).splitlines()
    return lines[0] if lines else ""


def _facts(token: Token) -> dict[str, Any]:
    held = token.scope
    may = [word for word, is_so in (("builds", held.builds), ("people", held.people)) if is_so]
    scope = {"may": " ".join(["write" if held.writes else "read", *may]), "within": " ".join(held.within)}
    return {name: value for name, value in vars(token).items() if name != "scope"} | scope
