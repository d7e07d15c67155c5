"""The mailbox of a form on its page: set up, looked into, told of at the forms, and taken away."""

from __future__ import annotations

import pytest

from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import Work, text_of

FORMS = "/apps/shop/deals/forms"
PAGE = f"{FORMS}/desk/mailbox"
GIVEN = {"host": "imap.example.com", "port": "993", "account": "desk@acme.example", "password": "p", "folder": ""}


@pytest.fixture
def taking(acts: Acts) -> Acts:
    """A shop whose form at the desk takes mail."""
    acts.apply(lambda document: document["tables"]["deals"]["forms"]["desk"].update(mail={"subject": "title"}))
    return acts


def test_a_mailbox_is_set_up_and_the_form_tells_its_address(taking: Acts, member: Work) -> None:
    assert f'href="{taking.at}{PAGE}"' in taking.get(FORMS).text
    saved = taking.post(PAGE, **GIVEN)
    assert "Saved." in text_of(saved)
    assert 'value="imap.example.com"' in saved.text
    assert 'value="p"' not in saved.text
    assert "Mails to desk@acme.example become records, too." in text_of(taking.get(FORMS))
    told = text_of(member.get(FORMS))
    assert "Mails to desk@acme.example" in told
    assert "Mailbox" not in told
    assert "Saved." in text_of(taking.post(PAGE, **{**GIVEN, "password": ""}))
    assert "No more mails are fetched" in text_of(taking.post(f"{PAGE}/removal"))
    assert "desk@acme.example" not in taking.get(FORMS).text


def test_a_look_that_fails_says_why(taking: Acts) -> None:
    taking.post(PAGE, **{**GIVEN, "host": "127.0.0.1", "port": "9"})
    assert "cannot be reached" in text_of(taking.post(f"{PAGE}/looks"))
    assert "cannot be reached" in text_of(taking.get(FORMS))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"host": "10.0.0.1"}, "The address cannot be reached, or may not be called."),
        ({"host": "imap.example/x"}, "This is not the name of a mail server."),
        ({"port": "25000000"}, "with port 993."),
        ({"password": ""}, "This is needed."),
        ({"folder": 'a"b'}, "Name a folder in plain letters"),
    ],
)
def test_what_is_wrong_stands_at_its_field(taking: Acts, given: dict[str, str], says: str) -> None:
    refused = taking.post(PAGE, **{**GIVEN, **given})
    assert refused.status_code == 422
    assert says in text_of(refused)
    assert f'value="{GIVEN["account"]}"' in refused.text
    assert "desk@acme.example" not in taking.get(FORMS).text


def test_only_forms_that_take_mail_and_only_builders(taking: Acts, member: Work) -> None:
    assert taking.get(f"{FORMS}/enquiry/mailbox").status_code == 404
    assert member.get(PAGE).status_code == 403
    assert member.post(PAGE, **GIVEN).status_code == 403
    assert taking.post(f"{PAGE}/looks").status_code == 404
