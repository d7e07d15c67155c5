"""Comments: seen with their record, written by who works here, changed by who wrote them; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine import comments, notifications, records, retention, trash, undo
from engine.access.principals import ENGINE, Principal, Shared, person, public_form, share
from engine.access.scopes import Scope
from engine.errors import Forbidden, NotFound, Refused
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_ANA, AS_GUS, AS_LEA, AS_NEW, AS_REP, GUS, LEA, NEW, REP

ACCOUNTS = "crm.accounts"


@pytest.fixture
def account(shop: Shop) -> str:
    """An account of the rep."""
    return shop.create("accounts", {"name": "Acme"}, by=AS_REP)[0]


def say(shop: Shop, record: str, text: str, by: Principal = AS_REP, **more: Any) -> str:
    with shop.workspace.write(by) as session:
        return comments.add(session, ACCOUNTS, record, text, **more).id


def said(shop: Shop, record: str, by: Principal = AS_ANA, **more: Any) -> list[str]:
    with shop.workspace.read(by) as session:
        return [one.text for one in comments.of_record(session, ACCOUNTS, record, **more).comments]


def counted(shop: Shop, *ids: str, by: Principal = AS_ANA) -> dict[str, int]:
    with shop.workspace.read(by) as session:
        return comments.counts(session, ACCOUNTS, ids)


def told(shop: Shop, *people: str) -> list[list[str]]:
    found = []
    for one in people:
        with shop.workspace.read(person(one)) as session:
            found.append([message.message for message in notifications.inbox(session)])
    return found


def test_what_is_said_stands_newest_first_in_pages(shop: Shop, account: str) -> None:
    for text in ("one", "two", "three"):
        say(shop, account, f" {text}\n")
    assert said(shop, account) == ["three", "two", "one"]
    with shop.workspace.read(AS_REP) as session:
        page = comments.of_record(session, ACCOUNTS, account, limit=2)
        rest = comments.of_record(session, ACCOUNTS, account, limit=2, before=page.next or "")
    assert [one.text for one in rest.comments] == ["one"]
    assert rest.next is None
    assert counted(shop, account, "recNone") == {account: 3}


def test_only_with_a_record_that_one_sees(shop: Shop, account: str) -> None:
    (other,) = shop.create("accounts", {"name": "Bolt"})
    say(shop, other, "Hidden from the rep", by=AS_ANA)
    for act in (
        lambda session: comments.of_record(session, ACCOUNTS, other),
        lambda session: comments.add(session, ACCOUNTS, other, "Hello"),
        lambda session: comments.of_record(session, "crm.secrets", other),
    ):
        with pytest.raises(NotFound), shop.workspace.write(AS_REP) as session:
            act(session)
    with pytest.raises(NotFound), shop.workspace.read(AS_NEW) as session:
        comments.of_record(session, ACCOUNTS, account)
    assert said(shop, account, by=AS_LEA) == []


def test_who_only_looks_reads_and_says_nothing(shop: Shop, account: str) -> None:
    (tag,) = shop.create("tags", {"name": "New"})
    only_reads = Principal("token", "tok1", ANA, "owner", Scope(writes=False))
    for asker in (AS_GUS, only_reads):
        with shop.workspace.read(asker) as session:
            assert comments.of_record(session, "crm.tags", tag).comments == []
        with pytest.raises(Forbidden), shop.workspace.write(asker) as session:
            comments.add(session, "crm.tags", tag, "Hello")
    shared = share("shr1", Shared(ACCOUNTS, "all", "", AS_ANA))
    for stranger in (shared, public_form("crm", "accounts", "new")):
        with pytest.raises(NotFound), shop.workspace.read(stranger) as session:
            comments.of_record(session, ACCOUNTS, account)


def test_one_changes_ones_own_and_what_it_said_is_kept(shop: Shop, account: str) -> None:
    made = say(shop, account, "First")
    with pytest.raises(Forbidden), shop.workspace.write(AS_ANA) as session:
        comments.change(session, ACCOUNTS, account, made, "Not mine")
    for text in ("Second", "Second", "Third"):
        with shop.workspace.write(AS_REP) as session:
            changed = comments.change(session, ACCOUNTS, account, made, text)
    assert changed.changed_at is not None
    assert said(shop, account) == ["Third"]
    with shop.workspace.read(AS_LEA) as session:
        kept = comments.history(session, ACCOUNTS, account, made)
    assert [text for _until, text in kept] == ["First", "Second"]


def test_one_deletes_ones_own_and_an_owner_any(shop: Shop, account: str) -> None:
    mine, other = say(shop, account, "Mine"), say(shop, account, "Other", by=AS_LEA)
    with pytest.raises(Forbidden), shop.workspace.write(AS_REP) as session:
        comments.delete(session, ACCOUNTS, account, other)
    for comment, by in ((mine, AS_REP), (other, AS_ANA)):
        with shop.workspace.write(by) as session:
            comments.delete(session, ACCOUNTS, account, comment)
    assert (said(shop, account), counted(shop, account)) == ([], {})
    with shop.workspace.write(AS_REP) as session:
        comments.restore(session, ACCOUNTS, account, mine)
        for wrong in (mine, "comNone"):
            with pytest.raises(NotFound):
                comments.restore(session, ACCOUNTS, account, wrong)
    assert said(shop, account) == ["Mine"]


def test_an_answer_names_what_it_answers(shop: Shop, account: str) -> None:
    first = say(shop, account, "Well?")
    say(shop, account, "Yes", parent=first)
    with shop.workspace.read(AS_REP) as session:
        newest = comments.of_record(session, ACCOUNTS, account).comments[0]
    assert newest.parent == first
    with pytest.raises(Refused):
        say(shop, account, "To nobody", parent="comNone")


def test_who_is_mentioned_is_told_if_they_see_the_record(shop: Shop, account: str) -> None:
    made = say(shop, account, f"@[{LEA}] @[{LEA}] and @[{NEW}], @[{GUS}], @[{REP}], @[usrNobody]: look")
    says = "Rep mentioned you: @Lea @Lea and @New, @Gus, @Rep, @usrNobody: look"
    assert told(shop, LEA, NEW, GUS, REP, ANA) == [[says], [], [], [], []]
    with shop.workspace.write(AS_REP) as session:
        comments.change(session, ACCOUNTS, account, made, f"@[{ANA}] @[{LEA}]")
    assert told(shop, LEA, ANA) == [[says], ["Rep mentioned you: @Ana @Lea"]]


def test_nothing_and_too_much_is_refused(shop: Shop, account: str) -> None:
    say(shop, account, "x" * comments.LONGEST)
    for wrong in ("", " \n", "x" * (comments.LONGEST + 1)):
        with pytest.raises(Refused) as refused:
            say(shop, account, wrong)
        assert refused.value.problems[0].at == "/text"


def test_comments_go_and_come_with_their_record(shop: Shop, account: str) -> None:
    say(shop, account, "Kept")
    with shop.workspace.write(AS_ANA) as session:
        records.delete(session, ACCOUNTS, [account])
        gone = session.transaction_id
    with pytest.raises(NotFound):
        said(shop, account)
    with shop.workspace.write(AS_ANA) as session:
        undo.undo(session, gone)
    assert said(shop, account) == ["Kept"]
    shop.delete("accounts", account)
    with shop.workspace.write(AS_ANA) as session:
        trash.purge(session, [one.id for one in trash.entries(session)])
    with shop.workspace.write(ENGINE) as session:
        assert counted_behind(session) == 0


def test_a_deleted_comment_is_erased_with_the_trash(shop: Shop, account: str) -> None:
    made = say(shop, account, "First")
    with shop.workspace.write(AS_REP) as session:
        comments.change(session, ACCOUNTS, account, made, "Second")
        comments.delete(session, ACCOUNTS, account, made)
    keep = retention.Keep(None, None, None, timedelta(days=30))
    for days, left in ((29, 1), (31, 0)):
        with shop.workspace.write(ENGINE) as session:
            session.now += timedelta(days=days)
            retention.purge(session, keep)
            assert counted_behind(session) == left


def counted_behind(session: Any) -> int:
    import sqlalchemy as sa

    from engine.storage.comment_tables import comment_texts
    from engine.storage.comment_tables import comments as rows

    texts = session.connection.execute(sa.select(sa.func.count()).select_from(comment_texts)).scalar_one()
    found = session.connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()
    assert texts <= found
    return int(found)


def test_they_are_for_people_and_their_tokens(shop: Shop, account: str) -> None:
    token = Principal("token", "tok1", REP, "member")
    say(shop, account, "By a program", by=token)
    with shop.workspace.write(AS_REP) as session:
        (only,) = comments.of_record(session, ACCOUNTS, account).comments
        assert only.author == REP
        comments.change(session, ACCOUNTS, account, only.id, "By myself")
    elsewhere = replace(token, scope=Scope(within=("crm.tags",)))
    with pytest.raises(NotFound), shop.workspace.read(elsewhere) as session:
        comments.of_record(session, ACCOUNTS, account)
