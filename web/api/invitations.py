"""Invitations: list those that count, invite somebody, take one back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import accounts, invitations, workspaces
from engine.access import door
from engine.invitations import DAYS, LONGEST_DAYS
from engine.text import Text
from engine.workspaces import ROLES
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import said
from web.api.shapes import DELETED, FLAG, MOMENT, NAME, TEXT, array, number, one_of, shape
from web.invitation_words import words_of

router = Endpoints("/meta/invitations")

_INVITATION = shape({"email": TEXT}, id=TEXT, role=one_of(*ROLES), expirationTime=MOMENT, invitedBy=TEXT)
_NEW = shape({"email": NAME, "days": number(1, LONGEST_DAYS)}, role=one_of(*ROLES))


@router.on("GET", "", shape(invitations=array(_INVITATION)))
async def list_invitations(request: Request) -> Response:
    """The invitations that count, the newest first."""
    return await answered(request, _list)


@router.on("POST", "", shape({"link": TEXT}, id=TEXT, isSent=FLAG), body=_NEW)
async def invite(request: Request) -> Response:
    """Invite somebody: by mail, if there is an `email` and a mail server is set; else `link` is told, this once."""
    return await answered_with_body(request, _invite)


@router.on("DELETE", "/{invitation}", DELETED)
async def revoke_invitation(request: Request, invitation: str) -> Response:
    """Take an invitation back: its link counts no more."""
    return await answered(request, _revoke, invitation)


def _list(caller: Caller) -> Any:
    door.enter_owner(caller.principal)
    found = invitations.open_ones(caller.site.stores, caller.holder.workspace_id)
    return {
        "invitations": [
            {"id": one.id, "role": one.role, "expirationTime": one.expires_at, "invitedBy": one.invited_by}
            | ({"email": one.email} if one.email else {})
            for one in found
        ]
    }


def _invite(caller: Caller, body: Body) -> Any:
    door.enter_owner(caller.principal)
    email, role = body.get("email") or "", body.get("role")
    if not isinstance(email, str) or not isinstance(role, str):
        raise wrong_request("role and email are texts")
    site, home, who = caller.site, caller.holder.workspace_id, caller.holder.user_id
    with caller.read() as session:
        language = session.workspace.language

    def say(text: Text) -> str:
        return said(text, language)

    names = workspaces.membership(site.stores, home, who).name, accounts.person(site.stores, who).name
    days = whole_number(body, "days", least=1, most=LONGEST_DAYS) or DAYS
    with caller.write():  # a request with a name of its own takes it here: whoever sends it again invites nobody twice
        made = invitations.invite(
            site.stores,
            site.vault,
            site.settings,
            home,
            who,
            role=role,
            email=email,
            days=days,
            words=words_of(*names, say),
        )
    return {"id": made.id, "isSent": made.is_sent} | ({} if made.is_sent else {"link": made.link})


def _revoke(caller: Caller, invitation: str) -> Any:
    door.enter_owner(caller.principal)
    invitations.revoke(caller.site.stores, caller.holder.workspace_id, invitation, by=caller.principal)
    return {"id": invitation, "deleted": True}
