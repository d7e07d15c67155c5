"""An app taken along as one file from its page, and brought in from one, while the page tells how far it is."""

from __future__ import annotations

import io
import zipfile

import pytest
from httpx2 import Response

from engine import going_on
from engine.archives import Wanted, transfers
from engine.errors import Conflict
from tests.web import shop
from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import text_of


def bring(acts: Acts, content: bytes, key: str = "") -> Response:
    data = {"form_token": acts.visitor.token("/account"), "key": key}
    return acts.visitor.post(f"{acts.at}/archives", data=data, files={"file": ("a.zip", content, "application/zip")})


def settled(acts: Acts, answer: Response) -> tuple[str, Response]:
    """Where the work is told of, and its page once it is done."""
    assert answer.status_code == 200, text_of(answer)
    at = answer.url.path.removeprefix(acts.at)
    return at, acts.settled(at)


def packed(acts: Acts, **wanted: str) -> bytes:
    at, made = settled(acts, acts.post("/apps/shop/-/archives", **wanted))
    assert "The archive is made" in text_of(made)
    fetched = acts.get(f"{at}/file")
    assert fetched.headers["content-disposition"].startswith('attachment; filename="shop.zip"')
    return fetched.content


def test_it_goes_out_and_comes_in_again(acts: Acts) -> None:
    assert "Take along with all records" in text_of(acts.get("/apps/shop/-/revisions"))
    asked = text_of(acts.get("/apps/shop/-/archives/new"))
    assert "the history of the records" in asked
    content = packed(acts, history="yes")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"records/deals.jsonl", "history.jsonl"} <= set(archive.namelist())
        assert "comments.jsonl" not in archive.namelist()

    assert "Bring in an app" in text_of(acts.get("/catalog"))
    assert "Choose an archive" in text_of(acts.get("/archives/new"))
    at, done = settled(acts, bring(acts, content, "other"))
    said = text_of(done)
    assert "The app is here, with its records." in said
    assert "have other ids here" in said
    assert "Not in the archive: comments." in said
    listed = text_of(acts.get("/archives"))
    assert "brought in" in listed
    assert "taken along" in listed

    assert "was taken out again" in text_of(acts.post(f"{at}/undo"))
    assert acts.get("/apps/other/-/revisions").status_code == 404
    assert "Discarded a.zip" in text_of(acts.post(f"{at}/deletion"))
    assert acts.get(at).status_code == 404


def test_what_is_in_the_way_can_be_wished_otherwise(acts: Acts) -> None:
    content = packed(acts)
    at, taken = settled(acts, bring(acts, content))
    assert "There is an app shop here already. Choose another key." in text_of(taken)
    assert 'aria-invalid="true"' in taken.text
    _at, done = settled(acts, acts.post(f"{at}/runs", key="other"))
    assert "The app is here" in text_of(done)
    broken = bring(acts, b"nothing", "other")
    assert broken.status_code == 422
    assert "This is no archive of an app" in text_of(broken)
    assert 'value="other"' in broken.text
    without = acts.visitor.post(f"{acts.at}/archives", data={"form_token": acts.visitor.token("/account")})
    assert "Choose a file first" in text_of(without)


def test_what_is_wrong_stands_with_its_record_and_field(acts: Acts) -> None:
    content = packed(acts)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as other:
        for name in archive.namelist():
            wrong = b'{"id": "rec00000000000001", "title": 7}'
            other.writestr(name, wrong if name == "records/deals.jsonl" else archive.read(name))
    _at, failed = settled(acts, bring(acts, made.getvalue(), "other"))
    said = text_of(failed)
    assert "nothing was changed" in said
    assert "deals / rec00000000000001 / title" in said
    assert "must be a text" in said


def test_while_it_goes_on_it_tells_how_far_and_can_be_stopped(acts: Acts) -> None:
    with acts.store.write(shop.principal(acts.who)) as session:
        held = transfers.start_out(session, "shop", Wanted())
    path = acts.store.files / "transfers" / held.id
    path.parent.mkdir(parents=True, exist_ok=True)
    at = f"/archives/{held.id}"
    assert "It was interrupted" in text_of(acts.get(at))
    with going_on.told(path) as tell:
        tell(3)
        shown = acts.get(at)
        assert "Making the archive" in text_of(shown)
        assert '<progress value="3"' in shown.text
        assert "It stops" in text_of(acts.post(f"{at}/cancellation"))
        with pytest.raises(Conflict):
            tell(4)
    _at, done = settled(acts, acts.post(f"{at}/runs"))
    assert "The archive is made" in text_of(done)
