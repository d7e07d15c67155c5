"""What one running web application consists of, kept in `app.state.site`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from engine.automations.steps import Means
from engine.egress import Egress
from engine.files import Limits
from engine.settings import Settings
from engine.storage.stores import Stores
from engine.vault import Vault
from web.background import Background
from web.cookies import Cookies
from web.rate import Rate
from web.readiness import Readiness
from web.signing import Signer
from web.statics import Statics
from web.templates import Templates
from web.tokens import Tokens

THREADS = 24  # that answer programs: as many as may have a connection to a PostgreSQL server
STATIC = Path(__file__).parent / "static"
API_SECONDS = 10


@dataclass(frozen=True)
class Site:
    """Made once by `create_app`, and by a command that answers as the API does."""

    settings: Settings
    stores: Stores
    cookies: Cookies
    signer: Signer
    vault: Vault
    statics: Statics
    templates: Templates
    readiness: Readiness
    background: Background = field(default_factory=Background)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "api"))
    tokens: Tokens = field(default_factory=Tokens)
    public_forms: Rate = field(default_factory=lambda: Rate(times=10, seconds=60))  # sendings of one address

    correction_mails: Rate = field(default_factory=lambda: Rate(times=3, seconds=3600))  # to one address of mail
    api_rate: Rate | None = None  # requests of one token; None: any number
    noted_floods: Rate = field(default_factory=lambda: Rate(times=1, seconds=60))  # of one token, in the audit log
    share_openings: Rate = field(default_factory=lambda: Rate(times=1, seconds=60))  # counted of one share and address

    @classmethod
    def of(cls, settings: Settings, stores: Stores) -> Site:
        """The site of an installation. Raises `Misconfigured` when its key cannot be read."""
        statics = Statics(STATIC)
        vault = Vault.at(settings.key_file)
        return cls(
            settings=settings,
            stores=stores,
            cookies=Cookies.of(settings.public_url),
            signer=Signer(vault),
            vault=vault,
            statics=statics,
            templates=Templates(statics),
            readiness=Readiness(stores),
            api_rate=api_rate(settings),
        )

    @property
    def means(self) -> Means:
        """What runs and hooks work with."""
        return Means(self.settings, Egress.of(self.settings), self.vault)

    @property
    def file_limits(self) -> Limits:
        """How much may be uploaded."""
        return Limits.of(self.settings)


def api_rate(settings: Settings) -> Rate | None:
    """So many requests a second, on average over ten, so that a program may be quick for a moment."""
    return Rate(settings.api_rate * API_SECONDS, API_SECONDS) if settings.api_rate else None
