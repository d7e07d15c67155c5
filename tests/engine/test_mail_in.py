"""Mails that become records: their parts in the fields of a form, each once; answers, files, and what programs send."""

from __future__ import annotations

import io
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image

from engine import apps, comments, files, mail_in, records
from engine.access.principals import Principal
from engine.errors import Forbidden, NotFound, Refused
from engine.files import Limits
from engine.mail_in import Arrived
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

ROOM = Limits(2**20, 2**30)
MAIL = {
    "name": "reporter",
    "sender": "email",
    "subject": "subject",
    "text": "body",
    "date": "came",
    "attachments": "papers",
}
TICKETS: dict[str, Any] = {
    "title": "subject",
    "fields": {
        "subject": {"type": "text", "required": True, "max_length": 40},
        "body": {"type": "long_text"},
        "reporter": {"type": "text"},
        "email": {"type": "email"},
        "came": {"type": "date_time"},
        "papers": {"type": "attachment"},
        "secret": {"type": "text"},
    },
    "forms": {"mail": {"fields": [*MAIL.values()], "mail": MAIL}, "desk": {"fields": ["subject"]}},
}


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, {"tickets": TICKETS})
    return workspace


def written(text: str = "It does not start.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {
        "From": "Ines Kühn <Ines@Example.com>", "To": "help@acme.example", "Subject": "Pump is broken",
        "Message-ID": "<first@example.com>", "Date": "Tue, 31 Mar 2026 16:30:00 +0200",
    }  # fmt: skip
    for name, value in {**given, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


def arrive(desk: Workspace, owner: Principal, message: EmailMessage | bytes) -> Arrived:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return mail_in.arrive(desk, owner, "shop.tickets", "mail", raw, ROOM)


def tickets(desk: Workspace, owner: Principal) -> list[Mapping[str, Any]]:
    with desk.read(owner) as session:
        return [one.values for one in records.find(session, Query("shop.tickets")).records]


def test_its_parts_go_into_the_fields_that_the_definition_names(desk: Workspace, owner: Principal) -> None:
    found = arrive(desk, owner, written("It does not start.\nSince Monday."))
    assert found.outcome == "created"
    (one,) = tickets(desk, owner)
    assert (one["subject"], one["body"]) == ("Pump is broken", "It does not start.\nSince Monday.")
    assert (one["reporter"], one["email"]) == ("Ines Kühn", "ines@example.com")
    assert one["came"] == "2026-03-31T14:30:00.000Z"
    assert one["created_by"] == owner.user_id


def test_the_same_mail_makes_one_record(desk: Workspace, owner: Principal) -> None:
    first = arrive(desk, owner, written())
    again = arrive(desk, owner, written("Delivered once more"))
    assert (again.outcome, again.record) == ("known", first.record)
    assert len(tickets(desk, owner)) == 1
    arrive(desk, owner, written(Message_ID="<second@example.com>"))
    assert len(tickets(desk, owner)) == 2


def test_one_without_an_id_is_known_by_what_is_in_it(desk: Workspace, owner: Principal) -> None:
    message = written()
    del message["Message-ID"]
    assert [arrive(desk, owner, message).outcome for _each in range(2)] == ["created", "known"]


def test_an_answer_becomes_a_comment_once(desk: Workspace, owner: Principal) -> None:
    first = arrive(desk, owner, written())
    answer = written(
        f"Is @[{owner.user_id}] there?", Message_ID="<a@x>", In_Reply_To="<first@example.com>", Subject="Re: Pump"
    )
    assert [arrive(desk, owner, answer).outcome for _each in range(2)] == ["commented", "known"]
    further = written("Thanks.", Message_ID="<b@x>", In_Reply_To="<lost@x>", References="<first@example.com> <lost@x>")
    assert arrive(desk, owner, further) == Arrived("commented", first.record)
    assert len(tickets(desk, owner)) == 1
    with desk.read(owner) as session:
        said = comments.of_record(session, "shop.tickets", first.record).comments
    assert [one.text.partition(":")[0] for one in said] == ["Ines Kühn <ines@example.com>"] * 2
    assert said[0].text.endswith("Thanks.")
    assert not said[1].mentioned


def test_an_answer_to_what_is_gone_is_a_record(desk: Workspace, owner: Principal) -> None:
    first = arrive(desk, owner, written())
    with desk.write(owner) as session:
        records.delete(session, "shop.tickets", [first.record])
    assert arrive(desk, owner, written(Message_ID="<a@x>", In_Reply_To="<first@example.com>")).outcome == "created"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Return_Path": "<>"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.com>"},
    ],
)
def test_what_programs_send_is_left_alone(desk: Workspace, owner: Principal, headers: dict[str, str]) -> None:
    found = arrive(desk, owner, written(**headers))
    assert (found.outcome, bool(found.says)) == ("ignored", True)
    assert not tickets(desk, owner)


def picture() -> bytes:
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "canary"
    Image.new("RGB", (40, 30), "red").save(made, "JPEG", exif=exif)
    return made.getvalue()


def test_what_is_longer_than_any_mail_may_be_is_refused(desk: Workspace, owner: Principal) -> None:
    message = written()
    message.add_attachment(b"x" * ROOM.file, maintype="application", subtype="zip", filename="huge.zip")
    with pytest.raises(Refused):
        arrive(desk, owner, message)


def test_a_file_that_cannot_be_kept_is_named_in_the_text(desk: Workspace, owner: Principal) -> None:
    message = written()
    message.add_attachment(picture(), maintype="image", subtype="jpeg", filename="../../pump.jpg")
    message.add_attachment(b"", maintype="application", subtype="pdf", filename="empty.pdf")
    for number in range(mail_in.MOST_FILES):
        message.add_attachment(b"words", maintype="text", subtype="plain", filename=f"{number}.txt")
    arrive(desk, owner, message)
    (one,) = tickets(desk, owner)
    assert len(one["papers"]) == mail_in.MOST_FILES
    assert one["body"].endswith(f"[19.txt was left out: a mail brings at most {mail_in.MOST_FILES} files.]")
    with desk.read(owner) as session:
        known = files.known(session, one["papers"])
    held = known[one["papers"][0]]
    assert (held.filename, held.type) == ("pump.jpg", "image/jpeg")
    assert b"canary" not in files.path_of(desk, held.id).read_bytes()


def test_html_becomes_text(desk: Workspace, owner: Principal) -> None:
    message = written()
    message.set_content(
        "<html><style>p{}</style><script>alert(1)</script><p>It&nbsp;does <b>not</b> start.</p><p>a &lt; b<br>c</p>",
        subtype="html",
    )
    arrive(desk, owner, message)
    (one,) = tickets(desk, owner)
    assert one["body"].split("\n") == ["It does not start.", "a < b", "c"]


def test_a_subject_is_as_long_as_its_field_and_never_missing(desk: Workspace, owner: Principal) -> None:
    arrive(desk, owner, written(Subject="x" * 60))
    arrive(desk, owner, written("First line\nsecond", Subject="", Message_ID="<b@x>"))
    assert {one["subject"] for one in tickets(desk, owner)} == {"x" * 40, "First line"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"From: a@b\nContent-Type: text/plain; charset=klingon\n\nhello",
        b"From: a@b\nContent-Type: multipart/mixed\n\nno boundary",
        b"From: =?utf-8?q?broken?= <a@b\nDate: yesterday\nSubject: =?x?z?=\n\nhello",
        b"From: a@b\nContent-Transfer-Encoding: base64\n\n!!!",
        b"Message-ID: <[broken\nFrom: \xff\xfe\nTo: ,,,;\n\nhello",
    ],
)
def test_whatever_comes_is_not_lost(desk: Workspace, owner: Principal, raw: bytes) -> None:
    raw = raw if b"Subject" in raw else b"Subject: Something\n" + raw
    assert arrive(desk, owner, raw).outcome == "created"
    assert len(tickets(desk, owner)) == 1


def test_only_forms_that_say_so_take_mail_and_only_who_may_create_hands_it_over(
    desk: Workspace, owner: Principal
) -> None:
    with pytest.raises(NotFound):
        mail_in.arrive(desk, owner, "shop.tickets", "desk", written().as_bytes(), ROOM)
    with pytest.raises(Forbidden):
        arrive(desk, Principal("person", "usrGuest", "usrGuest", "guest"), written())
    assert not tickets(desk, owner)


def test_a_definition_that_puts_parts_elsewhere_is_refused(desk: Workspace, owner: Principal) -> None:
    wrong = {"subject": "gone", "text": "secret", "date": "subject", "attachments": "body"}
    form = {"fields": [*MAIL.values()], "mail": wrong}
    document = {
        "formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0",
        "tables": {"tickets": {**TICKETS, "forms": {"mail": form}}},
    }  # fmt: skip
    with desk.read(owner) as session:
        problems = apps.check(session, document)
    assert {one.at for one in problems} == {f"/tables/tickets/forms/mail/mail/{part}" for part in wrong}
