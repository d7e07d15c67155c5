"""A web application over a fresh installation, and browsers without a screen or script that visit it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from engine import accounts
from engine.settings import Settings
from engine.workspaces import Membership
from web.app import create_app
from web.site import STATIC, Site
from web.statics import Statics
from web.templates import Templates

BASE = "http://127.0.0.1:8000"
EMAIL, PASSWORD = "ada@example.com", "four words in a row"


class Visitor(TestClient):
    """What a browser does: sends its cookies, says where a request came from, and the token of the form it fills in."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app, base_url=BASE, headers={"Sec-Fetch-Site": "same-origin"}, raise_server_exceptions=False)

    def submit(self, path: str, on: str | None = None, **fields: str) -> Response:
        """Fill in the form of the page `on` (or of `path` itself) and send it to `path`."""
        return self.post(path, data={"form_token": self.token(on or path), **fields})

    def token(self, page: str) -> str:
        """The token of a page's form."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.get(page).text)
        assert found, f"{page} has no form"
        return found[1]

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Response:
        return self.submit("/sign-in", email=email, password=password)


@pytest.fixture(autouse=True, scope="session")
def templates_once() -> Iterator[None]:
    """The page files are the same for every application of a run; reading them takes a second."""
    with pytest.MonkeyPatch.context() as patch:
        made = Templates(Statics(STATIC))
        patch.setattr("web.site.Templates", lambda _statics: made)
        yield


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """The application over an installation with nothing in it."""
    app = create_app(Settings.from_environment({"FORMWORK_DATA": str(tmp_path / "data")}))
    yield app
    app.state.site.background.close()
    app.state.site.stores.close()


@pytest.fixture
def site(app: FastAPI) -> Site:
    """The application's parts."""
    found: Site = app.state.site
    return found


@pytest.fixture
def membership(site: Site) -> Membership:
    """The owner's place in the first workspace."""
    _person, made = accounts.create_owner(site.stores, email=EMAIL, name="Ada", password=PASSWORD, workspace="Acme")
    return made


@pytest.fixture
def visitor(app: FastAPI) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app)


@pytest.fixture
def owner(app: FastAPI, membership: Membership) -> Visitor:
    """The owner, signed in."""
    visitor = Visitor(app)
    assert visitor.sign_in().status_code == 200
    return visitor
