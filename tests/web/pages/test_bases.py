"""A base on its way in, page by page: token, base, what it becomes, done, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.bases import asking, working
from tests.engine.bases.test_bringing import SHOP
from tests.support.base_server import There, made, served
from tests.web.conftest import Visitor
from tests.web.pages.conftest import text_of
from web.app import create_app
from web.site import Site


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    """The server over there, with two bases, of which one has markup in its name."""
    with served(tmp_path / "there") as server:
        server.install(SHOP)
        server.install({**SHOP, "key": "odd", "label": "<b>Odd</b>"})
        server.create("sales.firms", {"name": "Acme"}, {"name": "Bolt"})
        yield server


def test_a_base_comes_in_and_goes_again(there: There, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking.Asker, "pace", 0.0)
    from_there = {"FORMWORK_BASES_URL": f"{there.url}/v0", "FORMWORK_EGRESS_ALLOW": "127.0.0.0/8"}
    settings, stores, workspace, owner = made(tmp_path / "here", **from_there)
    app = create_app(settings, stores)
    site: Site = app.state.site
    visitor = Visitor(app)
    visitor.sign_in()
    at = f"/w/{workspace}/bases"

    def work() -> None:
        assert working.work(stores.workspace(workspace), site.means, "wrktest", lambda: [owner])

    assert "Bring your base along" in text_of(visitor.get(at))
    refused = visitor.submit(at, on=f"{at}/new", token="patwrong")
    assert refused.status_code == 422
    assert "does not know this token" in text_of(refused)
    assert "patwrong" not in refused.text
    chosen = visitor.submit(at, on=f"{at}/new", token=there.token)
    assert there.token not in chosen.text
    assert "<b>Odd</b>" in text_of(chosen)
    here = chosen.url.path
    assert visitor.submit(f"{here}/choices", on=here, base="appOther").status_code == 422
    waiting = visitor.submit(f"{here}/choices", on=here, base="sales")
    assert "0 records fetched" in text_of(waiting)
    work()
    shown = text_of(visitor.get(here))
    assert "Bring in 2 records" in shown
    assert "multipleRecordLinks" in shown
    assert "Automations, interfaces, extensions" in shown
    assert "Bringing files and records in" in text_of(visitor.submit(f"{here}/runs", on=here))
    work()
    done = text_of(visitor.get(here))
    assert "The base is here." in done
    assert "Open Sales" in done
    assert visitor.submit(f"{here}/runs", on=here).status_code == 409
    anew = visitor.submit(at, on=f"{at}/new", token=there.token)
    assert "Anew into Sales" in text_of(anew)
    discarded = visitor.submit(f"{anew.url.path}/deletion", on=anew.url.path)
    assert discarded.url.path == at
    visitor.submit(f"{here}/undo", on=here)
    site.background.close()
    assert "All of it was taken back." in text_of(visitor.get(here))
    stores.close()
