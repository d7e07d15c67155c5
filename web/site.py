"""What one running web application consists of, kept in `app.state.site`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Site:
    """Made once by `create_app`."""

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
    share_openings: Rate = field(default_factory=lambda: Rate(times=1, seconds=60))  # counted of one share and address

    @property
    def file_limits(self) -> Limits:
        """How much may be uploaded."""
        return Limits(self.settings.upload_mb * 2**20, self.settings.files_gb * 2**30)
