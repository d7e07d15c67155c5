"""A mail server's pipe hands mails over to a command."""

from __future__ import annotations

import copy
import json

from tests.engine.cli.conftest import SHOP, CommandLine

MAIL = "From: Ines <ines@example.com>\nSubject: Two pumps\nMessage-ID: <a@x>\n\nPlease.\n"


def test_a_pipe_makes_records(formwork: CommandLine) -> None:
    document = copy.deepcopy(SHOP)
    document["tables"]["customers"]["forms"] = {"mail": {"fields": ["name"], "mail": {"subject": "name"}}}
    formwork("apply -", stdin=json.dumps(document))
    assert formwork("mail-in shop.customers.mail", stdin=MAIL).startswith("Created rec")
    assert formwork("mail-in shop.customers.mail", stdin=MAIL).startswith("It came before: rec")
    (one,) = formwork.json("query shop.customers")
    assert one["name"] == "Two pumps"
    automatic = f"Auto-Submitted: auto-replied\n{MAIL}"
    assert formwork.json("mail-in shop.customers.mail", stdin=automatic)["outcome"] == "ignored"
    assert formwork.refused("mail-in customers", code=2, stdin=MAIL)


def test_a_mailbox_is_set_up_looked_into_and_removed(formwork: CommandLine) -> None:
    document = copy.deepcopy(SHOP)
    document["tables"]["customers"]["forms"] = {"mail": {"fields": ["name"], "mail": {"subject": "name"}}}
    formwork("apply -", stdin=json.dumps(document))
    wanted = "mailbox set shop.customers.mail --host imap.example --account desk@example.com --password-file -"
    assert (
        formwork(wanted, stdin="four words\n") == "Mails of desk@example.com become records by shop.customers.mail.\n"
    )
    (one,) = formwork.json("mailbox list")
    assert (one["host"], one["port"], one["folder"], one["taken"]) == ("imap.example", 993, "INBOX", 0)
    assert "four words" not in json.dumps(one)
    assert formwork.json("mailbox look shop.customers.mail")["says"]  # no name is resolved in tests
    refused = formwork.refused(f"{wanted} --folder 'a\"b'", stdin="four words\n")
    assert refused == ["/folder: Name a folder in plain letters, such as INBOX."]
    formwork("mailbox remove shop.customers.mail")
    assert formwork.json("mailbox list") == []
    assert formwork.refused("mailbox look shop.customers.mail") == ["No mailbox is set up for this form."]
