"""Commands about mailboxes: which mails are fetched for which form, and what came of the last look."""

from __future__ import annotations

from datetime import UTC, datetime

from engine import mailboxes
from engine.addresses import IMAPS_PORT
from engine.automations.steps import Means
from engine.cli.accounts import read_password
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace
from engine.egress import Egress
from engine.mailboxes import INBOX
from engine.text import _
from engine.vault import Vault


def set_up(
    form: str,
    /,
    *,
    host: str,
    account: str,
    port: int = IMAPS_PORT,
    folder: str = INBOX,
    password_file: FileName = "",
    here: InWorkspace = IN_WORKSPACE,
) -> None:
    """Have the mails of a mailbox fetched for a form, by IMAP under TLS; every minute while the server runs.

    What is unread becomes records and is marked as read. The password is asked for, or read from a file.

    For example:

        formwork mailbox set after_sales.tickets.mail --host imap.example.com --account desk@example.com

    Parameters
    ----------
    form
        Address of the form: table and key, such as after_sales.tickets.mail.
    host
        Name of the mail server.
    account
        The name to sign in with, mostly the address of mail.
    port
        Where the mail server takes IMAP under TLS.
    folder
        Which folder is looked into.
    password_file
        File with the password in its first line; - is standard input. Without it: asked for, and not shown.
    """
    password = read_password(here, password_file)
    settings = here.settings
    with here.write() as session:
        mailboxes.connect(
            session, Vault.at(settings.key_file), Egress.of(settings), form,
            host=host, port=port, account=account, password=password, folder=folder,
        )  # fmt: skip
    here.say(_("Mails of {account} become records by {form}.", account=account, form=form), form=form)


def list_mailboxes(*, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the mailboxes: how many mails each brought, when it was looked into last, and what is wrong.

    For example:

        formwork mailbox list
    """
    with here.read() as session:
        rows = [vars(one) for one in mailboxes.of_workspace(session)]
    headings = {"form": "Form", "account": "Account", "host": "Host", "taken": "Mails", "looked_at": "Last look"}
    here.table(rows, headings | {"says": "What is wrong"}, _("There are no mailboxes."))


def look(form: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Take in what is unread now, without waiting for the next look of the server.

    For example:

        formwork mailbox look after_sales.tickets.mail

    Parameters
    ----------
    form
        Address of the form that mails are fetched for.
    """
    settings = here.settings
    with here.read() as session:
        found = mailboxes.get(session, form)
    means = Means(settings, Egress.of(settings), Vault.at(settings.key_file))
    looked = mailboxes.look(here.store, means, found.id, lambda: datetime.now(UTC))
    says = _("{count} mails were taken in.", count=looked.taken)
    here.say(looked.says or says, taken=looked.taken, refused=looked.refused, says=str(looked.says or ""))


def remove(form: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Fetch no more for a form, and forget the password; mails and records stay as they are.

    For example:

        formwork mailbox remove after_sales.tickets.mail

    Parameters
    ----------
    form
        Address of the form that mails are fetched for.
    """
    with here.write() as session:
        mailboxes.disconnect(session, form)
    here.say(_("No more mails are fetched for {form}.", form=form), form=form)
