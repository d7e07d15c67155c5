"""Inboxes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import notifications
from engine.text import _, translated
from tests.support.house import ADA, BOB, OWNER, House


@pytest.fixture
def installed(house: House) -> House:
    house.install({})
    return house


def test_each_person_has_an_inbox_of_their_own(installed: House) -> None:
    with installed.workspace.write(OWNER) as session:
        assert notifications.tell(session, [ADA, BOB, BOB, "usrNobody"], "Hello", table="crm.deals") == [ADA, BOB]
        notifications.tell(session, [BOB], "Only Bob")
    with installed.workspace.write(OWNER) as session:
        (mine,) = notifications.inbox(session)
        assert (mine.message, mine.table, mine.is_read) == ("Hello", "crm.deals", False)
        assert notifications.unread(session) == 1
        assert notifications.mark_read(session, ["ntfOther"]) == 0
        assert notifications.mark_read(session) == 1
        assert notifications.inbox(session)[0].is_read
    with installed.workspace.read(replace(OWNER, user_id=BOB)) as session:
        assert [one.message for one in notifications.inbox(session)] == ["Only Bob", "Hello"]
        assert notifications.unread(session) == 2
        newest = notifications.inbox(session, limit=1)[0]
        assert [one.message for one in notifications.inbox(session, before=newest.id)] == ["Hello"]


def test_the_same_trouble_is_told_once_until_it_is_read(installed: House) -> None:
    with installed.workspace.write(OWNER) as session:
        for _again in range(3):
            notifications.tell_once(
                session, [ADA], _("{automation} failed: {reason}", automation="A", reason="x"), "crm.a"
            )
        assert notifications.unread(session) == 1
        notifications.mark_read(session)
        notifications.tell_once(session, [ADA], _("{automation} failed: {reason}", automation="A", reason="x"), "crm.a")
        assert notifications.unread(session) == 1


def test_our_own_sentences_keep_their_language(installed: House) -> None:
    inner = _("There is no table {table}.", table={"en": "Deals", "zh": "商机"})
    with installed.workspace.write(OWNER) as session:
        notifications.tell(session, [ADA], _("{automation} failed: {reason}", automation="A", reason=inner))
    with installed.workspace.read(OWNER) as session:
        message = notifications.inbox(session)[0].message
    chinese = {"{automation} failed: {reason}": "{automation} 失败：{reason}"}
    assert translated(message, lambda text: chinese.get(text, text)).startswith("A 失败：There is no table")
