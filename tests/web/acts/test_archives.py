"""An app taken along as one file from its page, and brought in from one."""

from __future__ import annotations

import io
import zipfile

from httpx2 import Response

from tests.web.acts.conftest import Acts
from tests.web.pages.conftest import text_of


def bring(acts: Acts, content: bytes, key: str = "") -> Response:
    data = {"form_token": acts.visitor.token("/account"), "key": key}
    return acts.visitor.post(f"{acts.at}/archives", data=data, files={"file": ("a.zip", content, "application/zip")})


def test_it_goes_out_and_comes_in_again(acts: Acts) -> None:
    assert "Take along with all records" in text_of(acts.get("/apps/shop/-/revisions"))
    packed = acts.post("/apps/shop/-/archives")
    assert packed.headers["content-disposition"].startswith('attachment; filename="shop.zip"')
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert "records/deals.jsonl" in archive.namelist()

    assert "Bring in an app" in text_of(acts.get("/catalog"))
    assert "Choose an archive" in text_of(acts.get("/archives/new"))
    taken = bring(acts, packed.content)
    assert taken.status_code == 422
    assert "There is an app shop here already. Choose another key." in text_of(taken)
    broken = bring(acts, b"nothing", "other")
    assert broken.status_code == 422
    assert "This is no archive of an app" in text_of(broken)
    assert 'value="other"' in broken.text
    done = bring(acts, packed.content, "other")
    assert done.status_code == 200, text_of(done)
    assert "The app is here, with its records." in text_of(done)
    assert "have other ids here" in text_of(done)
