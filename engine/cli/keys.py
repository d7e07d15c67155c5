"""Commands about the key that stored secrets are sealed with."""

from __future__ import annotations

from engine import keys
from engine.cli.here import WITH_STORES, WithStores
from engine.text import _
from engine.vault import Vault


def rotate(*, here: WithStores = WITH_STORES) -> int:
    """Seal all stored secrets (of connections, hooks, second factors) with a new key.

    The server may go on meanwhile. The old key stays in the key file behind the new one, since backups need it:
    `formwork key drop` takes it out. A rotation that was broken off is finished by the same command. Links and forms
    that were signed with the old key count no more: people reload the page. Where several machines serve one
    database, copy the key file to the others at once.

    The exit code is 1 when something cannot be opened with any key of the file.

    For example:

        formwork key rotate
    """
    done = keys.rotate(here.stores, Vault.at(here.settings.key_file))
    facts = {"new": done.is_new, "sealed": done.sealed, "unreadable": list(done.unreadable)}
    begun = _("There is a new key.") if done.is_new else _("An earlier rotation is finished.")
    here.say(_("{begun} {count} secrets are sealed with it.", begun=begun, count=done.sealed), **facts)
    for place in done.unreadable:
        here.note(_("No key opens {place}: enter that secret again.", place=place))
    return 1 if done.unreadable else 0


def drop(*, here: WithStores = WITH_STORES) -> None:
    """Take older keys out of the key file, once nothing here is sealed with them any more.

    A backup from before cannot be read without them: keep a copy of the file with it.

    For example:

        formwork key drop
    """
    count = keys.drop_old(here.stores, Vault.at(here.settings.key_file))
    here.say(_("Older keys that went: {count}.", count=count), count=count)
