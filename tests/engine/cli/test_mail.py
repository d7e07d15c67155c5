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
