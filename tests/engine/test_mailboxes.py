"""Mailboxes: what is unread at a real IMAP server is taken in once, whoever dies; what is refused gets a star."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from engine import audit, keys, mail_in, mailboxes, people
from engine.access.principals import Principal, person
from engine.automations.steps import Means
from engine.egress import Egress, EgressFailed, told_as_failures
from engine.errors import Forbidden, NotFound, Refused
from engine.mailboxes import Looked, Mailbox
from engine.people import Person
from engine.settings import Settings
from engine.storage.stores import Workspace
from engine.vault import Vault, new_key
from tests.engine.test_mail_in import TICKETS, tickets, written
from tests.support.clock import Clock
from tests.support.imap import ACCOUNT, HOST, PASSWORD, ImapServer
from tests.support.workspaces import install

FORM = "shop.tickets.mail"


class Desk:
    """A workspace with a form that takes mail, and a mail server."""

    def __init__(self, workspace: Workspace, owner: Principal, server: ImapServer, folder: Path) -> None:
        self.workspace, self.owner, self.server, self.clock = workspace, owner, server, Clock()
        install(workspace, owner, {"tickets": TICKETS})
        with workspace.write(owner) as session:
            people.mirror(session, [Person(owner.id, "Ada", "ada@example.com", "owner")])
        given = {"FORMWORK_DATA": str(folder), "FORMWORK_EGRESS_ALLOW": "127.0.0.0/8", "FORMWORK_UPLOAD_MB": "1"}
        settings = Settings.from_environment(given)
        egress = replace(
            Egress.of(settings), resolve=lambda _host, _port: [ipaddress.ip_address("127.0.0.1")], trust=server.trust
        )
        self.means = Means(settings, egress, Vault(new_key()))

    def connect(self, **given: Any) -> None:
        wanted = {"host": HOST, "port": self.server.port, "account": ACCOUNT, "password": PASSWORD, **given}
        with self.workspace.write(self.owner) as session:
            mailboxes.connect(session, self.means.vault, self.means.egress, FORM, **wanted)

    def mailbox(self) -> Mailbox:
        with self.workspace.read(self.owner) as session:
            return mailboxes.get(session, FORM)

    def look(self) -> Looked:
        return mailboxes.look(self.workspace, self.means, self.mailbox().id, self.clock)

    def subjects(self) -> list[str]:
        return sorted(one["subject"] for one in tickets(self.workspace, self.owner))


@pytest.fixture
def desk(workspace: Workspace, owner: Principal, imap_server: ImapServer, tmp_path: Path) -> Desk:
    return Desk(workspace, owner, imap_server, tmp_path)


def mail(subject: str, message: EmailMessage | None = None) -> bytes:
    message = message or written(Message_ID=f"<{subject}@example.com>", Subject=subject)
    return message.as_bytes()


def test_what_is_unread_becomes_records_and_is_marked_as_read(desk: Desk) -> None:
    desk.server.put(mail("One"), mail("Two"))
    desk.connect()
    assert desk.look() == Looked(2)
    assert desk.subjects() == ["One", "Two"]
    assert desk.server.flags() == [{r"\Seen"}, {r"\Seen"}]
    assert desk.look() == Looked()
    assert (desk.mailbox().taken, desk.mailbox().says) == (2, None)


def test_whoever_dies_before_marking_makes_nothing_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.server.put(mail("One"), mail("Two"))
    desk.connect()
    arrive = mail_in.arrive

    def dies(*given: Any) -> Any:
        arrive(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mail_in, "arrive", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert (desk.subjects(), desk.server.flags()) == (["One"], [set(), set()])
    desk.look()
    assert desk.subjects() == ["One", "Two"]
    assert desk.server.flags() == [{r"\Seen"}, {r"\Seen"}]


def test_what_is_refused_gets_a_star_and_holds_nobody_up(desk: Desk) -> None:
    too_big = written("x" * 2_000_000, Message_ID="<big@example.com>")
    desk.server.put(mail("big", too_big), mail("Small"))
    desk.connect()
    assert desk.look() == Looked(1, 1)
    assert desk.server.flags() == [{r"\Seen", r"\Flagged"}, {r"\Seen"}]
    assert desk.subjects() == ["Small"]
    assert desk.mailbox().says == "1 mails were refused. They are marked with a star in the mailbox."


def test_it_is_looked_into_when_it_is_due_by_one_worker_only(desk: Desk) -> None:
    desk.server.put(mail("One"))
    desk.connect()
    assert mailboxes.tend(desk.workspace, desk.means, desk.clock) == 1
    assert mailboxes.tend(desk.workspace, desk.means, desk.clock) == 0
    desk.server.put(mail("Two"))
    desk.clock.forward(61)
    assert mailboxes.tend(desk.workspace, desk.means, desk.clock) == 1
    assert desk.subjects() == ["One", "Two"]


def test_trouble_is_told_and_waits_longer_each_time(desk: Desk) -> None:
    desk.connect(password="another one")
    assert desk.look().says == "The mail server lets nobody in with this name and password."
    first = desk.mailbox()
    desk.look()
    assert (first.attempt, desk.mailbox().attempt) == (1, 2)
    assert (desk.mailbox().due_at or "") > (first.due_at or "")
    desk.connect(folder="Nowhere")
    assert desk.look().says == "There is no folder Nowhere in the mailbox."
    desk.server.close()
    desk.connect()
    assert desk.look().says == "The address cannot be reached, or may not be called."


def test_a_server_without_a_certificate_that_is_trusted_gets_no_password(desk: Desk) -> None:
    desk.means = replace(desk.means, egress=Egress(desk.means.egress.rules, resolve=desk.means.egress.resolve))
    desk.connect()
    assert "no valid certificate" in str(desk.look().says)


def test_a_private_address_is_refused(desk: Desk) -> None:
    desk.connect(port=993)
    desk.means = replace(desk.means, egress=Egress(resolve=desk.means.egress.resolve, trust=desk.server.trust))
    assert desk.look().says == "The address cannot be reached, or may not be called."
    with desk.workspace.read(desk.owner) as session:
        assert audit.entries(session, limit=1)[0].act == "egress.refused"


def test_mails_are_taken_with_the_rights_of_who_set_it_up(desk: Desk) -> None:
    desk.server.put(mail("One"))
    desk.connect()
    with desk.workspace.write(desk.owner) as session:
        people.mirror(session, [Person("usrOther", "Bo", "bo@example.com", "owner")])
    assert desk.look().says == "You do not belong to this workspace."
    assert (desk.subjects(), desk.server.flags()) == ([], [set()])


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"host": "imap.example/inbox"}, "/host"),
        ({"host": ""}, "/host"),
        ({"account": "a\r\nb"}, "/account"),
        ({"account": ""}, "/account"),
        ({"password": ""}, "/password"),
        ({"folder": 'In"box'}, "/folder"),
    ],
)
def test_what_is_typed_wrong_is_refused_at_its_place(desk: Desk, given: dict[str, str], at: str) -> None:
    with pytest.raises(Refused) as refused:
        desk.connect(**given)
    assert [one.at for one in refused.value.problems] == [at]


def test_the_password_stays_with_its_host_and_account(desk: Desk) -> None:
    desk.server.put(mail("One"))
    desk.connect()
    desk.connect(password="")
    assert desk.look() == Looked(1)
    with pytest.raises(Refused):
        desk.connect(password="", host="other.example")
    with pytest.raises(Refused):
        desk.connect(password="", account="other@acme.example")


def test_builders_alone_and_only_forms_that_take_mail(desk: Desk) -> None:
    desk.connect()
    with pytest.raises(Forbidden), desk.workspace.read(person("usrBo", "member")) as session:
        mailboxes.of_workspace(session)
    with pytest.raises(NotFound), desk.workspace.write(desk.owner) as session:
        mailboxes.connect(
            session, desk.means.vault, desk.means.egress, "shop.tickets.desk", host=HOST, account="a", password="b"
        )
    with desk.workspace.read(desk.owner) as session:
        assert mailboxes.addresses(session, "shop.tickets") == {"mail": ACCOUNT}
    with desk.workspace.write(desk.owner) as session:
        mailboxes.disconnect(session, FORM)
    with pytest.raises(NotFound):
        desk.mailbox()


def test_its_password_is_sealed_anew_with_the_others() -> None:
    assert any(one.column.table.name == "_mailboxes" for one in keys.OF_WORKSPACE)


def test_the_talk_has_an_end(desk: Desk) -> None:
    """However slowly the server answers, and however much."""
    talk = desk.means.egress.mailbox(HOST, desk.server.port)
    talk.allow(-1)
    with pytest.raises(EgressFailed) as failed, told_as_failures():
        talk.noop()
    assert failed.value.kind == "timeout"
    talk.shutdown()
