"""Commands about people: who belongs to a workspace, and their accounts."""

from __future__ import annotations

from engine import accounts, api_tokens, invitations, remembered, resets, second_factor, sessions, ways_in, workspaces
from engine.access.principals import ENGINE
from engine.accounts import Standing
from engine.cli.accounts import read_password
from engine.cli.here import IN_WORKSPACE, WITH_STORES, FileName, Instants, InWorkspace, WithStores
from engine.text import _
from engine.vault import Vault


def list_people(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the people of a workspace.

    For example:

        formwork person list
    """
    rows = [vars(one) for one in workspaces.people(here.stores, here.workspace_id)]
    here.table(rows, {"email": "E-mail", "name": "Name", "role": "Role", "id": "Id"})


def list_accounts(*, here: WithStores = WITH_STORES) -> None:
    """List everybody who has an account, whatever they belong to, with what lets them in.

    For example:

        formwork person accounts
    """
    rows = [_facts(one) for one in accounts.standings(here.stores)]
    headings = {"email": "E-mail", "name": "Name", "state": "State", "second_factor": "Second factor"}
    headings |= {
        "workspaces": "Workspaces",
        "sessions": "Sessions",
        "tokens": "Tokens",
        "last_seen_at": Instants("Last seen"),
    }
    here.table(rows, headings, _("There are no accounts yet."))


def show(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """Show one account: where it belongs, and everything that lets somebody in with it.

    For example:

        formwork person show ben@example.com

    Parameters
    ----------
    email
        Whose account it is.
    """
    who = here.person_at(email)
    (one,) = accounts.standings(here.stores, who.id)
    here_now = sessions.belonging_to(here.stores, who.id)
    known = remembered.belonging_to(here.stores, who.id)
    tokens = api_tokens.belonging_to(here.stores, who.id)
    homes = workspaces.belonging_to(here.stores, who.id)
    facts = {name: value for name, value in _facts(one).items() if name not in ("sessions", "tokens")}
    rows = [{"what": name, "since" if name.endswith("_at") else "value": value} for name, value in facts.items()]
    rows += [{"what": "workspace", "value": f"{home.name} ({home.role})"} for home in homes]
    rows += [
        {"what": "session", "value": f"{each.address} {each.agent}", "since": each.created_at} for each in here_now
    ]
    rows += [{"what": "no code", "value": f"{each.address} {each.agent}", "since": each.created_at} for each in known]
    rows += [{"what": "token", "value": f"{each.name} ({each.id})", "since": each.created_at} for each in tokens]
    here.table(rows, {"what": "What", "value": "Value", "since": Instants("Since")})


def invite(
    *,
    email: str = "",
    role: str = "member",
    days: int = invitations.DAYS,
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Make a link that lets one person into a workspace, once. Whoever has no account makes one with it.

    Standard output has the link alone; it is shown this once, and not sent.

    For example:

        formwork person invite --role builder --days 3
        formwork person invite --email ben@example.com

    Parameters
    ----------
    email
        The address that the new account will have; empty: any.
    role
        owner, builder, member or guest.
    days
        How long it works, from 1 to 30.
    """
    vault = Vault.at(here.settings.key_file)
    made = invitations.invite(
        here.stores, vault, here.settings, here.workspace_id, here.person.id, role=role, email=email, days=days
    )
    here.say(made.link, id=made.id, link=made.link)


def list_invitations(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the invitations into a workspace that are not used yet.

    For example:

        formwork person invitations
    """
    rows = [vars(one) for one in invitations.open_ones(here.stores, here.workspace_id)]
    headings = {"id": "Id", "email": "E-mail", "role": "Role", "expires_at": Instants("Expires"), "invited_by": "From"}
    here.table(rows, headings, _("There are no open invitations."))


def uninvite(invitation: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take an invitation back: its link works no more.

    For example:

        formwork person uninvite inv0NqXk3hQe7ZbC

    Parameters
    ----------
    invitation
        Its id, as `formwork person invitations` prints it.
    """
    invitations.revoke(here.stores, here.workspace_id, invitation, by=here.principal)
    here.say(_("The invitation is taken back."), id=invitation)


def add_person(
    *,
    email: str,
    name: str = "",
    role: str = "member",
    password_file: FileName = "",
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Let somebody into a workspace, with a first password, which they can change.

    Somebody who has an account already is let in as they are: name and password are not asked for.

    For example:

        formwork person add --email ben@example.com --name Ben --role builder
        formwork person add --email b@example.com --name Ben --password-file - < password

    Parameters
    ----------
    email
        Address to sign in with.
    name
        Name that others see.
    role
        owner, builder, member or guest.
    password_file
        File with the first password in its first line; - is standard input. Without it: asked for, and not shown.
    """
    known = accounts.person_by_email(here.stores, email)
    password = "" if known else read_password(here, password_file)
    added = accounts.add_person(
        here.stores, here.workspace_id, here.principal, email=email, name=name, password=password, role=role
    )
    here.say(_("{name} can now sign in.", name=added.name), id=added.id, email=added.email, role=role)


def change_role(email: str, role: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Say what somebody may do in a workspace. It counts from their next request on.

    For example:

        formwork person role ben@example.com builder

    Parameters
    ----------
    email
        Whose role it is.
    role
        owner, builder, member or guest.
    """
    who = here.person_at(email)
    workspaces.change_role(here.stores, here.workspace_id, who.id, role, by=here.principal)
    here.say(_("The role is changed."), id=who.id, role=role)


def remove_person(email: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take somebody out of a workspace; their account stays.

    For example:

        formwork person remove ben@example.com

    Parameters
    ----------
    email
        Who goes.
    """
    who = here.person_at(email)
    workspaces.remove_person(here.stores, here.workspace_id, who.id, by=here.principal)
    here.say(_("Removed from the workspace."), id=who.id)


def reset_link(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """Make a link that lets somebody choose a new password: for half an hour, and once.

    Standard output has the link alone. Give it to the person whose account it is, and to nobody else.

    For example:

        formwork person reset-link ben@example.com

    Parameters
    ----------
    email
        Who forgot their password.
    """
    who = here.person_at(email)
    url = f"{here.settings.public_url}/reset/{resets.link(here.stores, who.id)}"
    here.say(url, id=who.id, url=url)


def drop_second_factor(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """Ask somebody for no code any more, who lost both the phone and the recovery codes.

    For example:

        formwork person drop-second-factor ben@example.com

    Parameters
    ----------
    email
        Who cannot sign in.
    """
    who = here.person_at(email)
    second_factor.switch_off(here.stores, who.id)
    here.say(_("{name} signs in with the password alone now.", name=who.name), id=who.id)


def sign_out(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """End all sessions of somebody, in every browser; each is asked for a code of the phone again, where one is needed.

    For example:

        formwork person sign-out ben@example.com

    Parameters
    ----------
    email
        Whose sessions end.
    """
    who = here.person_at(email)
    count = sessions.end_all(here.stores, who.id, by=ENGINE)
    remembered.forget_all(here.stores, who.id)
    here.say(_("Signed out of {count} sessions.", count=count), id=who.id, count=count)


def disable(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """Let nobody in with an account any more, in any workspace: sessions end, tokens stop. Nothing is deleted.

    For example:

        formwork person disable ben@example.com

    Parameters
    ----------
    email
        Whose account is switched off.
    """
    who = here.person_at(email)
    ways_in.disable(here.stores, who.id)
    here.say(_("The account of {name} is switched off.", name=who.name), id=who.id)


def enable(email: str, /, *, here: WithStores = WITH_STORES) -> None:
    """Let an account in again that was switched off.

    For example:

        formwork person enable ben@example.com

    Parameters
    ----------
    email
        Whose account is switched on.
    """
    who = here.person_at(email)
    ways_in.enable(here.stores, who.id)
    here.say(_("The account of {name} is switched on.", name=who.name), id=who.id)


def _facts(one: Standing) -> dict[str, object]:
    state = _("switched off since {at}", at=one.disabled_at) if one.disabled_at else _("on")
    return {**vars(one), "state": str(state), "second_factor": one.second_factor or str(_("off"))}
