"""Links by which strangers see a view or a record: made, opened, taken back (T-SHARE-01)."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from httpx2 import Response

from engine import accounts, apps, audit, catalog, files, records, shares, workspaces
from engine.access import principals
from engine.access.principals import Principal, Shared
from engine.files import Limits
from engine.queries import Query
from engine.storage.share_tables import shares as share_table
from tests.web import shop
from tests.web.conftest import BASE, Visitor
from tests.web.pages.conftest import HTMX, Work, lines_of, text_of
from tests.web.routes import paths
from tests.web.test_headers import check_headers
from web.addresses import SharedAt
from web.asked import Asked
from web.views import drawings, looking

NOWHERE = "This link does not lead anywhere (any more)."


def link_of(answer: Response) -> str:
    """The path of the link that the page shows this once."""
    found = re.search(rf'id="link" value="{BASE}(/s/[^"]+)"', answer.text)
    assert found, text_of(answer)
    return html.unescape(found[1])


def made(work: Work, view: str = "open", **fields: Any) -> str:
    return link_of(work.post("/shares", table=shop.DEALS, view=view, **fields))


def all_of(work: Work) -> list[shares.Share]:
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        return list(shares.belonging_to(session))


def check_nowhere(answer: Response) -> None:
    assert answer.status_code == 404
    assert NOWHERE in text_of(answer)
    assert not re.search(r"Deal \d|Open deals|Shop\b|shop\.deals|Acme", answer.text)


def test_a_view_is_shared_and_a_stranger_reads_it(work: Work, visitor: Visitor) -> None:
    assert "shares/new?table=shop.deals&amp;view=open" in work.get("/apps/shop/deals/views/open").text
    page = work.get(f"/shares/new?table={shop.DEALS}&view=open")
    assert "Share Open deals" in text_of(page)
    board = text_of(work.get(f"/shares/new?table={shop.DEALS}&view=board"))
    assert "Title Customer Amount Owner State Name" in board  # the fields that it will show
    answer = visitor.get(made(work, name="For Bo"))
    assert answer.status_code == 200
    assert lines_of(answer) == ["Deal 001", "Deal 002", "Deal 004", "Deal 005"]
    assert "Acme" in text_of(answer)
    assert answer.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    for word in ("/w/", "Sign out", "New Deal", "data-editable", "form_token", "ada@example.com", "aside class"):
        assert word not in answer.text
    check_headers(answer)
    assert "set-cookie" not in answer.headers


def test_the_link_is_shown_once_and_only_its_hash_is_kept(work: Work) -> None:
    link = made(work)
    token = link.removeprefix("/s/")
    assert token not in work.get("/shares").text
    with work.site.stores.workspace(work.membership.id).read() as session:
        (row,) = session.connection.execute(sa.select(share_table)).all()
    assert len(token.partition(".")[2]) >= 43
    assert token.partition(".")[2] not in str(row)


def test_search_order_page_and_nothing_else_may_be_asked(work: Work, visitor: Visitor) -> None:
    work.more_deals(150, first=100)
    link = made(work, view="all")
    assert len(lines_of(visitor.get(link))) == 50
    assert lines_of(visitor.get(f"{link}?page=2"))[0] == "Deal 144"
    assert lines_of(visitor.get(f"{link}?sort=-title"))[0] == "Deal 249"
    assert lines_of(visitor.get(f"{link}?q=Deal 101")) == ["Deal 101"]
    plain = lines_of(visitor.get(link))
    for more in ("state__is=won", "group=state", "fields=notes", "totals=amount:max", "1~match=any", "height=tall"):
        answer = visitor.get(f"{link}?{more}")
        assert lines_of(answer) == plain
        assert "Won" not in text_of(answer).split("Deal 001")[0]
    part = visitor.get(f"{link}?q=101", headers=HTMX | {"HX-Target": "div#view"})
    assert "<html" not in part.text
    assert lines_of(part) == ["Deal 101"]


def test_only_the_fields_of_the_view_are_there(work: Work, visitor: Visitor) -> None:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        document = dict(apps.export(session, "shop"))
        views = document["tables"]["deals"]["views"]
        few = {**views["all"], "label": "Few", "fields": ["customer", "state"], "group": "owner", "sort": ["-amount"]}
        tables = document["tables"] | {"deals": document["tables"]["deals"] | {"views": views | {"few": few}}}
        apps.apply(session, {**document, "tables": tables})
        deal = records.find(session, Query(shop.DEALS, limit=1)).records[0].id
        records.update(session, shop.DEALS, {deal: {"notes": "Hidden words", "title": "Deal 001"}})
    link = made(work, view="few")
    answer = visitor.get(link)
    text = text_of(answer)
    assert "Customer 001" in text
    assert re.search(r'<span class="chip"><span>Customer 001', answer.text)  # the name, and no way there
    for hidden in ("Amount", "Owner", "Ada", "$", "Hidden words", "50%"):
        assert hidden not in text, hidden
    assert lines_of(answer)[0] == "Deal 001"  # nor is their order that of what is hidden
    assert lines_of(visitor.get(f"{link}?q=Hidden")) == []
    assert lines_of(visitor.get(f"{link}?q=100")) == []
    assert lines_of(visitor.get(f"{link}?sort=-amount")) == lines_of(answer)
    sheet = visitor.get(f"{link}?record={deal}", headers=HTMX | {"HX-Target": "div#panel"})
    assert "Customer 001" in sheet.text
    assert "Hidden words" not in sheet.text
    assert "Amount" not in sheet.text


def test_every_view_of_every_template_can_be_shared(work: Work) -> None:
    store = work.site.stores.workspace(work.membership.id)
    for one in catalog.templates():
        with store.write(shop.principal(work.who)) as session:
            catalog.install(session, one.key, samples=True)
    with store.read(shop.principal(work.who)) as session:
        tables = list(session.layout.apps.tables.values())
    for table in tables:
        for view in table.views:
            shared = Shared(table.address, view, "", shop.principal(work.who))
            of = Reading(principals.share("shr0", shared), SharedAt(work.membership.id, "/s/x", table.address))
            with store.read(of.principal) as session:
                at = looking(session, of, table.app, table.key, view, Asked())
                assert drawings[at.view.type].content(at)


@dataclass(frozen=True)
class Reading:
    """Whoever has a link."""

    principal: Principal
    at: SharedAt


def test_a_record_of_elsewhere_does_not_open(work: Work, visitor: Visitor) -> None:
    link = made(work)
    won = next(one.id for one in work.deals() if one.values["state"] == "won")
    customer = work.find(Query(shop.CUSTOMERS))[0].id
    for record in (won, customer, "rec00000000000000", "x"):
        check_nowhere(visitor.get(f"{link}?record={record}"))


def test_a_board_is_shown_and_more_of_its_cards(work: Work, visitor: Visitor) -> None:
    work.more_deals(90, first=100)
    link = made(work, view="board")
    answer = visitor.get(link)
    assert "Deal 101" in answer.text
    assert "data-sortable" not in answer.text
    assert "Move to" not in answer.text
    more = re.search(r'hx-get="(/s/[^"]+/stacks[^"]+)"', answer.text)
    assert more
    cards = visitor.get(html.unescape(more[1]), headers=HTMX)
    assert "card-record" in cards.text
    assert visitor.get(html.unescape(more[1])).status_code == 200
    check_nowhere(visitor.get(f"{made(work)}/stacks?stack=won"))  # a grid has none


def test_one_record_is_shared_with_the_fields_of_a_view(work: Work, visitor: Visitor) -> None:
    deal = work.deals()[0].id
    page = work.get(f"/apps/shop/deals/records/{deal}")
    href = re.search(r'href="([^"]+/shares/new[^"]+)"', page.text)
    assert href
    asked = work.visitor.get(html.unescape(href[1]))
    assert "Share Deal 001" in text_of(asked)
    link = made(work, view="board", record=deal)
    text = text_of(visitor.get(link))
    assert "Deal 001" in text
    assert "$100.00" in text
    assert "Notes" not in text
    other = work.deals()[1].id
    assert "Deal 002" not in visitor.get(f"{link}?record={other}").text
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        records.delete(session, shop.DEALS, [deal])
    check_nowhere(visitor.get(link))


def test_taken_back_it_leads_nowhere_at_the_next_request(work: Work, visitor: Visitor) -> None:
    link = made(work, view="board")
    for path in ("", "/stacks?stack=open"):
        assert visitor.get(link + path).status_code == 200
    (share,) = all_of(work)
    assert "leads nowhere any more" in text_of(work.post(f"/shares/{share.id}/revocation"))
    for path in ("", "?q=Deal", "/stacks?stack=open", "/files/att0", "/files/att0/small"):
        check_nowhere(visitor.get(link + path))
    assert work.post(f"/shares/{share.id}/revocation").status_code == 404


def test_it_ends_when_its_time_is_over(work: Work, visitor: Visitor) -> None:
    link = made(work, days="7")
    assert visitor.get(link).status_code == 200
    with work.site.stores.workspace(work.membership.id).write() as session:
        session.connection.execute(sa.update(share_table).values(expires_at="2020-01-01T00:00:00.000Z"))
    check_nowhere(visitor.get(link))


@pytest.mark.parametrize("token", ["nothing", "wsp00000000000000.x", ".", "%00", "a" * 300, "..%2f.."])
def test_what_never_was_a_link_says_the_same(work: Work, visitor: Visitor, token: str) -> None:
    answer = visitor.get(f"/s/{token}")
    assert answer.status_code == 404
    check_headers(answer)
    check_nowhere(visitor.get(f"/s/{work.membership.id}.{'x' * 43}"))


def test_it_shows_nothing_once_its_maker_left(work: Work, visitor: Visitor) -> None:
    stores, here = work.site.stores, work.membership.id
    bo = accounts.add_person(
        stores, here, email="bo@example.com", name="Bo", password="four other words", role="member"
    )
    member = Visitor(work.visitor.app)  # type: ignore[arg-type]
    member.sign_in("bo@example.com", "four other words")
    link = made(Work(member, work.site, work.membership, bo.id))
    assert visitor.get(link).status_code == 200
    workspaces.change_role(stores, here, bo.id, "guest")
    check_nowhere(visitor.get(link))
    workspaces.change_role(stores, here, bo.id, "member")
    assert visitor.get(link).status_code == 200
    workspaces.remove_person(stores, here, bo.id)
    check_nowhere(visitor.get(link))


def test_it_follows_its_view_and_ends_with_it(work: Work, visitor: Visitor) -> None:
    link = made(work)
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        document = dict(apps.export(session, "shop"))
        deals = document["tables"]["deals"]
        views = {key: one for key, one in deals["views"].items() if key != "open"}
        apps.apply(session, {**document, "tables": document["tables"] | {"deals": deals | {"views": views}}})
    check_nowhere(visitor.get(link))
    assert "shows nothing any more" in text_of(work.get("/shares"))


def test_with_a_password_nothing_is_shown_before_it_is_typed(app: FastAPI, work: Work, visitor: Visitor) -> None:
    link = made(work, view="board", password="correct horse battery")
    asked = visitor.get(link)
    assert "This page has a password" in text_of(asked)
    assert not re.search(r"Deal \d|Acme|Board", asked.text)
    for path in ("/stacks?stack=open", "/files/att0"):
        check_nowhere(visitor.get(link + path))
    wrong = visitor.submit(link, password="wrong")
    assert wrong.status_code == 422
    assert "This is not the password." in text_of(wrong)
    opened = visitor.submit(link, password="correct horse battery")
    assert "Deal 001" in opened.text
    assert "Deal 001" in visitor.get(f"{link}/stacks?stack=open").text
    # What was typed counts for this link alone, and in this browser alone.
    assert "This page has a password" in text_of(visitor.get(made(work, password="correct horse battery")))
    assert "This page has a password" in text_of(Visitor(app).get(link))


def test_passwords_cannot_be_tried_out(work: Work, visitor: Visitor) -> None:
    link = made(work, password="correct horse battery")
    for _try in range(11):
        assert visitor.submit(link, password="wrong").status_code == 422
    answer = visitor.submit(link, password="correct horse battery")
    assert answer.status_code == 429
    assert "Too many tries" in text_of(answer)


def test_what_is_wrong_with_a_new_link_is_said(work: Work) -> None:
    answer = work.post("/shares", table=shop.DEALS, view="open", password="short", name="Kept")
    assert answer.status_code == 422
    assert "at least 8 characters" in text_of(answer)
    assert 'value="Kept"' in answer.text
    for table, view in (("shop.nothing", "open"), (shop.DEALS, "nothing"), ("", "")):
        assert work.post("/shares", table=table, view=view).status_code == 404


def test_openings_are_counted_and_acts_noted(app: FastAPI, work: Work, visitor: Visitor) -> None:
    link = made(work, name="For Bo")
    assert "not opened yet" in text_of(work.get("/shares"))
    for _each in range(3):
        visitor.get(link)
    (share,) = all_of(work)
    assert (share.openings, share.name) == (1, "For Bo")
    assert "opened 1 time" in text_of(work.get("/shares"))
    work.post(f"/shares/{share.id}/revocation")
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        found = audit.entries(session)
        assert audit.verify(session).is_whole
    noted = [(one.act, one.by_kind) for one in found if one.act.startswith("share.")]
    assert noted == [("share.revoked", "person"), ("share.opened", "share"), ("share.created", "person")]
    assert link.partition(".")[2] not in str(found)


def test_people_see_and_take_back_their_own_and_builders_all(work: Work, guest: Work) -> None:
    stores, here = work.site.stores, work.membership.id
    bo = accounts.add_person(
        stores, here, email="bo@example.com", name="Bo", password="four other words", role="member"
    )
    member = Work(Visitor(work.visitor.app), work.site, work.membership, bo.id)  # type: ignore[arg-type]
    member.visitor.sign_in("bo@example.com", "four other words")
    made(work, name="Adas")
    made(member, name="Bos")
    assert "Adas" in text_of(work.get("/shares"))
    assert "Bos" in text_of(work.get("/shares"))
    assert "Adas" not in text_of(member.get("/shares"))
    by_name = {one.name: one.id for one in all_of(work)}
    assert member.post(f"/shares/{by_name['Adas']}/revocation").status_code == 404
    assert member.post(f"/shares/{by_name['Bos']}/revocation").status_code == 200
    assert guest.post("/shares", table=shop.DEALS, view="open").status_code == 403
    assert "/shares/new" not in guest.get("/apps/shop/deals/views/open").text


def test_files_are_handed_over_while_a_shown_record_holds_them(work: Work, visitor: Visitor) -> None:
    store = work.site.stores.workspace(work.membership.id)
    with store.write(shop.principal(work.who)) as session:
        document = dict(apps.export(session, "shop"))
        deals = document["tables"]["deals"]
        fields = deals["fields"] | {"papers": {"type": "attachment"}, "secret": {"type": "attachment"}}
        views = deals["views"] | {"papers": {"type": "grid", "label": "Papers", "fields": ["papers"]}}
        tables = document["tables"] | {"deals": deals | {"fields": fields, "views": views}}
        apps.apply(session, {**document, "tables": tables})
    shown, hidden = (
        files.bring(store, shop.principal(work.who), io.BytesIO(b"words"), name, Limits(1000, 10000)).id
        for name in ("shown.txt", "hidden.txt")
    )
    deal = work.deals()[0].id
    with store.write(shop.principal(work.who)) as session:
        records.update(session, shop.DEALS, {deal: {"papers": [shown], "secret": [hidden]}})
    link = made(work, view="papers")
    assert f'href="{link}/files/{shown}"' in visitor.get(link).text
    answer = visitor.get(f"{link}/files/{shown}")
    assert answer.content == b"words"
    assert answer.headers["content-disposition"].startswith("attachment")
    check_nowhere(visitor.get(f"{link}/files/{hidden}"))
    check_nowhere(visitor.get(f"{made(work, view='board')}/files/{shown}"))
    with store.write(shop.principal(work.who)) as session:
        records.update(session, shop.DEALS, {deal: {"papers": []}})
    check_nowhere(visitor.get(f"{link}/files/{shown}"))


def test_every_other_route_answers_whoever_has_a_link_like_a_stranger(app: FastAPI, work: Work) -> None:
    link = made(work, view="board", password="correct horse battery")
    inside, outside = Visitor(app), Visitor(app)
    inside.submit(link, password="correct horse battery")
    assert "Deal 001" in inside.get(link).text
    token = link.removeprefix("/s/")
    deal = work.deals()[0].id
    known = {"workspace": work.membership.id, "table": "deals", "view": "open", "record": deal}

    def routes(method: str) -> list[str]:
        return [one.replace("/apps/nothing/", "/apps/shop/") for one in paths(app, method, **known)]

    for path in routes("get"):
        bearer = {"Authorization": f"Bearer {token}"}
        one, other = (each.get(path, headers=bearer, follow_redirects=False) for each in (inside, outside))
        assert one.status_code == other.status_code, path
        assert one.headers.get("location") == other.headers.get("location"), path
        assert "Deal 001" not in one.text, path
    form_token = inside.token(made(work, password="another battery"))
    for method in ("post", "put", "patch", "delete"):
        for path in routes(method):
            answer = inside.request(method, path, data={"form_token": form_token})
            assert answer.status_code in (400, 401, 403, 404, 405, 422), (method, path)


def test_a_link_has_six_routes_and_leaves_nothing_behind(app: FastAPI, work: Work, visitor: Visitor) -> None:
    ways = {(method, path) for method in ("get", "post", "put", "patch", "delete") for path in paths(app, method)}
    ours = {(method, path) for method, path in ways if path.startswith("/s/")}
    assert ours == {
        ("get", "/s/nothing"),
        ("post", "/s/nothing"),
        ("get", "/s/nothing/stacks"),
        ("get", "/s/nothing/calendar.ics"),
        ("get", "/s/nothing/files/nothing"),
        ("get", "/s/nothing/files/nothing/nothing"),
    }
    link = made(work, view="board")
    visitor.get(link)  # counted once a minute
    store = work.site.stores.workspace(work.membership.id)

    def content() -> list[str]:
        with store.read() as session:
            raw = session.connection.connection.driver_connection
            assert raw
            return list(raw.iterdump())

    before = content()
    for path in ("", "?q=Deal&sort=-amount", "/stacks?stack=open", "/files/att0", "?record=rec0"):
        visitor.get(link + path)
        visitor.post(link + path, data={"form_token": "x", "title": "Mine"})
    assert content() == before


def test_a_share_is_changed_in_the_list(work: Work, visitor: Visitor) -> None:
    link = made(work, view="board", name="First")
    (share,) = all_of(work)
    assert "not opened yet" in text_of(work.get("/shares"))
    wrong = work.post(f"/shares/{share.id}", name=" ", days="7", password="short")
    assert wrong.status_code == 422
    assert "Give it a name" in text_of(wrong)
    assert '<details class="folded" open>' in wrong.text
    assert "Saved." in text_of(
        work.post(f"/shares/{share.id}", name="Second", days="never", password="four other words")
    )
    (held,) = all_of(work)
    assert (held.name, held.expires_at, held.has_password) == ("Second", None, True)
    assert "has a password" in visitor.get(link).text
    work.post(f"/shares/{share.id}", name="Second", without="yes")
    assert "has a password" not in visitor.get(link).text
