"""What the mail says that brings an invitation."""

from __future__ import annotations

from collections.abc import Callable

from engine.account_mail import LINK, Words
from engine.text import Text, _


def words_of(workspace: str, inviter: str, say: Callable[[Text], str]) -> Words:
    """Its subject and its text; `say` gives a sentence in the language of the mail."""
    return Words(
        say(_("{inviter} invites you to {workspace}", inviter=inviter, workspace=workspace)),
        say(
            _(
                "{inviter} invites you to work in {workspace} on Formwork.\n\nCome in here:\n{link}\n\n"
                "The link works once. If you do not know {inviter}, do nothing.",
                inviter=inviter,
                workspace=workspace,
                link=LINK,
            )
        ),
    )
