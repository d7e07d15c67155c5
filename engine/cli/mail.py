"""The command that takes a mail in, for a mail server's pipe."""

from __future__ import annotations

from engine import mail_in as engine_mail_in
from engine.cli.here import IN_WORKSPACE, InWorkspace, WrongUse
from engine.files import Limits
from engine.text import _


def mail_in(form: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Make a record of the mail on standard input, by a form whose definition says which part goes into which field.

    The same mail makes one record, however often it comes; an answer to it becomes a comment on its record; what
    programs sent by themselves is left alone. It acts for the person whom --as names, else for the first owner. The
    sender is only a text of the mail.

    For example:

        formwork mail-in after_sales.tickets.mail --as desk@example.com < message.eml

    In /etc/aliases of the mail server; it keeps the mail and tries again while the database is not ready:

        support: "|formwork mail-in after_sales.tickets.mail --as desk@example.com || exit 75"

    Parameters
    ----------
    form
        Address of the form: table and key, such as after_sales.tickets.mail.
    """
    table, _dot, key = form.rpartition(".")
    if "." not in table:
        raise WrongUse(_("Name the form with its table, such as after_sales.tickets.mail."))
    limits = Limits.of(here.settings)
    found = engine_mail_in.arrive(here.store, here.principal, table, key, here.terminal.read("-"), limits)
    says = {
        "created": _("Created {record}.", record=found.record),
        "commented": _("It answers a mail: a comment on {record}.", record=found.record),
        "known": _("It came before: {record}.", record=found.record),
        "ignored": _("Nothing was made of it. {why}", why=found.says),
    }
    here.say(says[found.outcome], outcome=found.outcome, record=found.record, says=str(found.says))
