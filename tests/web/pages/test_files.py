"""Files through the pages: brought, shown, handed over, also without a script (T-FILE-02, T-FILE-03)."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from httpx2 import Response

from engine import apps, records
from engine.access.principals import person
from engine.queries import Query
from tests.support.pictures import HTML, PDF, SVG, picture
from tests.support.statements import counted
from tests.web import shop
from tests.web.conftest import Visitor
from tests.web.pages.conftest import Work
from tests.web.test_headers import EXPECTED

VISITS = "shop.visits"
TABLE: dict[str, Any] = {
    "label": "Visit",
    "title": "name",
    "fields": {
        "name": {"type": "text", "label": "Name", "required": True},
        "papers": {"type": "attachment", "label": "Papers", "max": 3},
        "photo": {"type": "attachment", "label": "Photo", "max": 1, "kinds": ["image"]},
    },
    "views": {"all": {"type": "grid", "label": "All"}},
    "forms": {"report": {"label": "Report", "fields": ["name", "photo"], "public": True}},
}


@pytest.fixture
def visits(work: Work) -> Work:
    document = copy.deepcopy(shop.SHOP)
    document["tables"]["visits"] = TABLE
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, document)
    return work


def send(work: Work, path: str, files: list[tuple[str, tuple[str, bytes, str]]], **fields: Any) -> Response:
    """Send a form with files as a browser without script does."""
    token = work.visitor.token(work.at)
    return work.visitor.post(work.at + path, data={"form_token": token, **fields}, files=files, follow_redirects=False)


def upload(work: Work, name: str, content: bytes, said: str = "image/png") -> dict[str, Any]:
    answer = send(work, "/uploads", [("file", (name, content, said))])
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


def visit(work: Work, **values: Any) -> str:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        return records.create(session, VISITS, [{"name": "Monday", **values}])[0]


def held(work: Work, record: str) -> dict[str, Any]:
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        return records.get(session, VISITS, record).values


def test_a_form_without_script_brings_files(visits: Work) -> None:
    files = [("papers", ("plan.pdf", PDF, "text/html")), ("papers", ("view.png", picture(), "image/png")),
             ("photo", ("", b"", "application/octet-stream"))]  # fmt: skip
    answer = send(visits, "/apps/shop/visits/records", files, name="Monday", papers="", photo="")
    assert answer.status_code == 303
    page = visits.visitor.get(answer.headers["location"])
    record = answer.headers["location"].rpartition("/")[2]
    assert len(held(visits, record)["papers"]) == 2
    assert held(visits, record)["photo"] is None
    for words in ("plan.pdf", "view.png", 'type="file"', "data-full=", "multiple"):
        assert words in page.text
    assert 'accept="image/*"' in page.text
    papers = held(visits, record)["papers"]
    seen = re.findall(r'name="seen" value="([^"]+)"', page.text)[0]
    answer = send(visits, f"/apps/shop/visits/records/{record}", [("papers", ("c.csv", b"a,b\n", "x/y"))],
                  name="Monday", seen=seen, papers=["", papers[1]])  # fmt: skip
    assert answer.status_code == 303, answer.text
    now = held(visits, record)["papers"]
    assert (now[0], len(now)) == (papers[1], 2)


def test_what_is_not_taken_stands_at_its_field(visits: Work) -> None:
    answer = send(visits, "/apps/shop/visits/records", [("photo", ("photo.png", PDF, "image/png"))], name="Monday")
    assert answer.status_code == 422
    assert "Photo does not take photo.png, only: Picture." in answer.text
    large = b"x" * (20 * 2**20 + 1)
    answer = send(visits, "/apps/shop/visits/records", [("photo", ("photo.png", large, "image/png"))], name="Monday")
    assert answer.status_code == 422
    assert "The file is larger than 20 MB." in answer.text
    assert 'value="Monday"' in answer.text


def test_lines_show_small_pictures(visits: Work) -> None:
    plan, photo = upload(visits, "plan.pdf", PDF), upload(visits, "view.png", picture())
    visit(visits, papers=[plan["id"], photo["id"]])
    answer = visits.get("/apps/shop/visits/views/all")
    assert f'<img src="{visits.at}/files/{photo["id"]}/small"' in answer.text
    assert "file-type-pdf" in answer.text
    assert 'data-name="plan.pdf"' in answer.text


def test_a_file_is_handed_over_and_never_shown_in_place(visits: Work) -> None:
    for name, content, said in [
        ("a.svg", SVG, "application/octet-stream"),
        ("a.html", HTML, "application/octet-stream"),
        ("报价 “x”.pdf", PDF, "application/octet-stream"),
        ("view.png", picture(), "image/png"),
        ("list.csv", b"a,b\n", "text/csv; charset=utf-8"),
    ]:
        file = upload(visits, name, content, "text/html;image/png")
        answer = visits.visitor.get(file["href"])
        assert answer.content == content
        assert answer.headers["content-type"] == said
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert {key: answer.headers.get(key) for key in EXPECTED} == EXPECTED
    assert (
        "filename*=UTF-8''%E6%8A%A5"
        in visits.visitor.get(upload(visits, "报价.pdf", PDF)["href"]).headers["content-disposition"]
    )


def test_small_pictures_are_asked_for_each_time_and_sent_once(visits: Work) -> None:
    file = upload(visits, "view.png", picture(3000, 1000))
    answer = visits.visitor.get(file["small"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-cache"
    again = visits.visitor.get(file["small"], headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert visits.visitor.get(file["href"] + "/huge").status_code == 404
    assert visits.visitor.get(upload(visits, "plan.pdf", PDF)["href"] + "/small").status_code == 404


def test_nobody_else_gets_it(visits: Work, guest: Work) -> None:
    file = upload(visits, "plan.pdf", PDF)
    assert guest.visitor.get(file["href"]).status_code == 404  # no record shows it yet
    visit(visits, papers=[file["id"]])
    assert guest.visitor.get(file["href"]).status_code == 200
    assert Visitor(visits.visitor.app).get(file["href"], follow_redirects=False).status_code in (302, 303)  # type: ignore[arg-type]
    assert send(guest, "/uploads", [("file", ("a.png", picture(), "image/png"))]).status_code == 403


def test_an_upload_says_why_not(visits: Work) -> None:
    answer = send(visits, "/uploads", [("file", ("a.png", b"", "image/png"))])
    assert (answer.status_code, answer.json()) == (422, {"problem": "The file is empty."})
    assert send(visits, "/uploads", []).status_code == 422


def test_a_public_form_brings_a_picture_without_its_traces(visits: Work) -> None:
    stranger = Visitor(visits.visitor.app)  # type: ignore[arg-type]
    address = f"/f/{visits.membership.id}/shop/visits/report"
    page = stranger.get(address)
    assert "data-upload" not in page.text
    token = re.findall(r'name="form_token" value="([^"]+)"', page.text)[0]
    files = [("photo", ("me.jpg", picture(80, 40, "JPEG", orientation=6), "image/jpeg"))]
    refused = stranger.post(address, data={"form_token": token, "name": ""}, files=files)
    assert refused.status_code == 422
    assert "me.jpg" in refused.text  # what was brought is kept
    kept = re.findall(r'name="photo" value="(att\w+)" checked', refused.text)
    assert len(kept) == 1
    given = {"form_token": token, "name": "Ada", "photo": ["", *kept]}
    assert stranger.post(address, data=given, follow_redirects=False).status_code == 303
    twice = {"form_token": token, "name": "Bo", "photo": ""}
    for _time in range(2):
        assert stranger.post(address, data=twice, files=files, follow_redirects=False).status_code == 303
    with visits.site.stores.workspace(visits.membership.id).read(person(visits.who, "owner")) as session:
        found = records.find(session, Query(VISITS, sort=["name"])).records
    assert [one.values["name"] for one in found] == ["Ada", "Bo"]
    photo = visits.get(f"/files/{kept[0]}")
    assert b"A camera" not in photo.content
    assert photo.headers["content-type"] == "image/jpeg"
    assert stranger.get(f"{visits.at}/files/{kept[0]}", follow_redirects=False).status_code in (302, 303)


def test_a_public_form_takes_no_file_of_somebody_else(visits: Work) -> None:
    file = upload(visits, "view.png", picture())
    stranger = Visitor(visits.visitor.app)  # type: ignore[arg-type]
    address = f"/f/{visits.membership.id}/shop/visits/report"
    answer = stranger.submit(address, name="Ada", photo=file["id"])
    assert answer.status_code == 422
    assert "view.png" not in answer.text


def test_a_page_takes_as_many_statements_with_many_files(visits: Work) -> None:
    store = visits.site.stores.workspace(visits.membership.id)
    for number in range(3):
        visit(visits, name=f"Visit {number}", papers=[upload(visits, "a.txt", b"x")["id"]])
    pages = ["/apps/shop/visits/views/all", f"/apps/shop/visits/records/{visit(visits)}"]

    def statements() -> list[int]:
        counts = []
        for page in pages:
            visits.get(page)
            with counted(store) as said:
                visits.get(page)
            counts.append(len(said))
        return counts

    few = statements()
    for number in range(12):
        held = [upload(visits, f"{number}.txt", b"x")["id"] for _time in range(2)]
        visit(visits, name=f"More {number}", papers=held)
    assert statements() == few
