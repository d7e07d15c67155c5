"""The API of a started server, with its shop, as programs that others wrote see it; on both databases."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyairtable
import pytest
import uvicorn
from requests import HTTPError, PreparedRequest, Response
from requests.adapters import HTTPAdapter

from engine import accounts, api_tokens, apps
from engine.access.principals import person
from engine.accounts import Person
from engine.settings import Settings
from engine.storage.session import Session
from tests.web.api.conftest import SHOP, Installation
from web.app import create_app

UPLOADS = "http://content.airtable.com"  # where the client sends files, whatever its endpoint is
HOSTS = re.compile(r"https?://(api|content)\.airtable\.com")
MORE: dict[str, Any] = {
    "papers": {"type": "attachment", "label": "Papers"},
    "tags": {"type": "multi_select", "choices": {"red": {"label": "Red"}, "blue": {"label": "Blue"}}},
    "notes": {"type": "long_text"},
    "share": {"type": "percent", "decimals": 1},
    "took": {"type": "duration"},
    "mail": {"type": "email"},
    "stars": {"type": "rating"},
}

# Without anything computed: a client that sends back all that it has read can save a record of it.
LISTS: dict[str, Any] = {"label": "Lists", "fields": {"name": {"type": "text"}, "amount": {"type": "number"}}}


@dataclass
class Started:
    """A server that listens at `url`, over an installation."""

    installation: Installation
    url: str

    def token(self, user: Person | None = None) -> str:
        """A fresh token of `user`, else of the owner."""
        who = user or self.installation.owner
        return api_tokens.create(self.installation.stores, who.id, self.installation.membership.id, "test")[1]

    def api(self, user: Person | None = None, **options: Any) -> pyairtable.Api:
        """The client, as its documentation says to make one; but for where it sends files."""
        api = pyairtable.Api(self.token(user), endpoint_url=self.url, **options)
        api.session.mount(UPLOADS, SentTo(self.url))
        return api

    def add_person(self, name: str, role: Any = "member") -> Person:
        """Somebody else in the workspace."""
        return accounts.add_person(
            self.installation.stores,
            self.installation.membership.id,
            email=f"{name.lower()}@example.com",
            name=name,
            password="four other words",
            role=role,
        )

    def writing(self) -> Any:
        """A transaction of the workspace as its owner."""
        workspace = self.installation.stores.workspace(self.installation.membership.id)
        return workspace.write(person(self.installation.owner.id, "owner"))


class SentTo(HTTPAdapter):
    """Takes requests for the hosts that the client knows to our server, as a name server would."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: PreparedRequest, *given: Any, **more: Any) -> Response:
        assert request.url is not None
        request.url = HOSTS.sub(self.url, request.url)
        return super().send(request, *given, **more)


def refused(act: Callable[..., Any], *given: Any, **more: Any) -> tuple[int, str]:
    """The status and the type of the error that a call of the client is answered with."""
    with pytest.raises(HTTPError) as caught:
        act(*given, **more)
    answer = caught.value.response
    assert answer is not None
    error = answer.json()["error"]
    return answer.status_code, error if isinstance(error, str) else error["type"]


@pytest.fixture
def started(installation: Installation) -> Iterator[Started]:
    """A running server with the shop, whose orders have some fields more."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        before = installation.app.state.site.settings
        settings = Settings.from_environment(
            {
                "FORMWORK_DATA": str(before.data),
                "FORMWORK_DATABASE_URL": before.database_url or "",
                "FORMWORK_PUBLIC_URL": url,
                "FORMWORK_API_RATE": "0",
            }
        )
        app = create_app(settings, installation.stores)
        made = Started(installation, url)
        with made.writing() as session:
            _add_fields(session)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield made
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def client(started: Started) -> pyairtable.Api:
    """The owner's client."""
    return started.api()


@pytest.fixture
def orders(client: pyairtable.Api) -> pyairtable.Table:
    """The orders, by their name, which has a slash in it."""
    return client.table("shop", "Orders/Sales")


def _add_fields(session: Session) -> None:
    fields = {**SHOP["tables"]["orders"]["fields"], **MORE}
    orders = {**SHOP["tables"]["orders"], "fields": fields}
    apps.apply(session, {**SHOP, "tables": {**SHOP["tables"], "orders": orders, "lists": LISTS}})
