"""The application over each database, with a mail server, and the worker that hands over the mail about accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI

from engine.automations.steps import Means
from engine.egress import Egress
from engine.opening import open_stores
from engine.settings import Settings
from engine.worker import Worker
from tests.support.databases import Database
from tests.support.mail import SmtpSink
from web.app import create_app
from web.site import Site
from web.texts import said_in


@dataclass
class Post:
    """The mail that was sent."""

    sink: SmtpSink
    worker: Worker

    def deliver(self) -> list[tuple[str, str]]:
        """Let the worker do what is due; the receivers and texts of all mails so far."""
        while self.worker.serve_accounts():
            pass
        return [(str(one["To"]), str(one.get_content())) for one in self.sink.messages]

    def links(self, to: str) -> list[str]:
        """The links in the mails to one address, oldest first."""
        found = (re.search(r"https?://\S+", text) for receiver, text in self.deliver() if receiver == to)
        return [one[0] for one in found if one]


@pytest.fixture
def app(database_url: Database, smtp_sink: SmtpSink) -> Iterator[FastAPI]:
    """The application over each database."""
    environment = {
        "FORMWORK_DATA": str(database_url.folder),
        "FORMWORK_DATABASE_URL": database_url.url,
        "FORMWORK_SMTP_HOST": "127.0.0.1",
        "FORMWORK_SMTP_PORT": str(smtp_sink.port),
        "FORMWORK_SMTP_FROM": "formwork@example.com",
        "FORMWORK_SMTP_SECURITY": "none",
    }
    settings = Settings.from_environment(environment)
    app = create_app(settings, open_stores(settings))
    yield app
    app.state.site.background.close()
    app.state.site.stores.close()


@pytest.fixture
def post(site: Site, smtp_sink: SmtpSink) -> Post:
    """What becomes of the mails."""
    means = Means(site.settings, Egress.of(site.settings), site.vault, said_in)
    return Post(smtp_sink, Worker(site.stores, means))
