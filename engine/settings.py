"""Everything that can be set, each by one environment variable with a default.

`Settings.from_environment()` reads them all and tells every mistake at once; `Settings.described()` is
what `formwork settings` and the README print.
"""

from __future__ import annotations

import ipaddress
import os
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from engine.errors import Misconfigured
from engine.text import Text, _

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DATABASE_SCHEMES = ("postgresql+psycopg",)
SMTP_SECURITY = ("starttls", "tls", "none")
LANGUAGES = ("en", "zh")


class Described(NamedTuple):
    """One setting as people see it: `value` is what counts now, with passwords left out."""

    name: str
    value: str
    default: str
    meaning: str


def _setting(name: str, default: str, meaning: Text, read: Callable[[str], Any], secret: bool = False) -> Any:
    """A field of `Settings`; `read` turns the variable's text into the value or raises ValueError(says)."""
    return field(metadata={"name": name, "default": default, "meaning": meaning, "read": read, "secret": secret})


def _text(value: str) -> str:
    return value


def _folder(value: str) -> Path:
    return Path(value).expanduser()


def _file(value: str) -> Path | None:
    return Path(value).expanduser() if value else None


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 <= int(value) <= 65535:
        raise ValueError(_("must be a port, a whole number from 0 to 65535"))
    return int(value)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(_("must be a whole number from {least} to {most}", least=least, most=most))
        return int(value)

    return read


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in allowed:
            raise ValueError(_("must be one of: {allowed}", allowed=", ".join(allowed)))
        return value

    return read


def _yes_or_no(value: str) -> bool:
    return _one_of("yes", "no")(value) == "yes"


def _database(value: str) -> str:
    if value and value.partition("://")[0] not in DATABASE_SCHEMES:
        raise ValueError(_("must be empty (SQLite in the data folder) or begin with postgresql+psycopg://"))
    return value


def _public_url(value: str) -> str:
    if value and not _is_site(value):
        raise ValueError(_("must be the address that people open, such as https://formwork.example.com"))
    return value.rstrip("/")


def _is_site(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.query or parts.fragment or parts.username or parts.password)
        )
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _networks(value: str) -> tuple[Network, ...]:
    networks = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            raise ValueError(
                _("must hold networks such as 10.0.0.0/8, with commas between; not {part}", part=part)
            ) from None
    return tuple(networks)


def _time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ValueError(_("must be a time zone such as Europe/Berlin")) from None
    return value


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What this machine was told. Frozen: a changed setting takes a restart."""

    data: Path = _setting("FORMWORK_DATA", "./data", _("Folder of databases, files and keys."), _folder)
    host: str = _setting("FORMWORK_HOST", "127.0.0.1", _("Address the server listens on."), _text)
    port: int = _setting("FORMWORK_PORT", "8000", _("Port the server listens on."), _port)
    database_url: str = _setting(
        "FORMWORK_DATABASE_URL",
        "",
        _("Empty: SQLite files in the data folder. Or postgresql+psycopg://user:password@host/name."),
        _database,
    )
    public_url: str = _setting(
        "FORMWORK_PUBLIC_URL",
        "",
        _("Address that people open, used in links. Empty: http://<host>:<port>, allowed on loopback only."),
        _public_url,
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        "FORMWORK_TRUSTED_PROXIES",
        "",
        _("Networks of proxies in front, such as 10.0.0.0/8, that say who asks (X-Forwarded-For). Empty: none."),
        _networks,
    )
    smtp_host: str = _setting("FORMWORK_SMTP_HOST", "", _("Mail server. Empty: mail is kept in the outbox."), _text)
    smtp_port: int = _setting("FORMWORK_SMTP_PORT", "587", _("Port of the mail server."), _port)
    smtp_user: str = _setting("FORMWORK_SMTP_USER", "", _("User at the mail server, if it asks for one."), _text)
    smtp_password: str = _setting("FORMWORK_SMTP_PASSWORD", "", _("Password at the mail server."), _text, secret=True)
    smtp_from: str = _setting("FORMWORK_SMTP_FROM", "", _("Sender of all mail."), _text)
    smtp_security: str = _setting(
        "FORMWORK_SMTP_SECURITY", "starttls", _("starttls, tls (from the first byte) or none."), _one_of(*SMTP_SECURITY)
    )
    oidc_issuer: str = _setting(
        "FORMWORK_OIDC_ISSUER",
        "",
        _("Address of an OpenID Connect provider that people may sign in with. Empty: none."),
        _public_url,
    )
    oidc_client_id: str = _setting(
        "FORMWORK_OIDC_CLIENT_ID", "", _("Name under which the provider knows this installation."), _text
    )
    oidc_client_secret: str = _setting(
        "FORMWORK_OIDC_CLIENT_SECRET", "", _("Secret that the provider gave for it."), _text, secret=True
    )
    oidc_label: str = _setting(
        "FORMWORK_OIDC_LABEL", "Single sign-on", _("What the button on the sign-in page calls the provider."), _text
    )
    secret_key_file: Path | None = _setting(
        "FORMWORK_SECRET_KEY_FILE",
        "",
        _("File with the key that stored secrets are encrypted with. Empty: secret.key in the data folder."),
        _file,
    )
    egress_allow: tuple[Network, ...] = _setting(
        "FORMWORK_EGRESS_ALLOW",
        "",
        _("Private networks that webhooks may reach, such as 10.0.0.0/8, 127.0.0.1/32. Empty: none."),
        _networks,
    )
    egress_http: bool = _setting(
        "FORMWORK_EGRESS_HTTP",
        "no",
        _("yes: webhooks may use http without TLS to any address. no: only to the allowed networks."),
        _yes_or_no,
    )
    bases_url: str = _setting(
        "FORMWORK_BASES_URL",
        "https://api.airtable.com/v0",
        _("Where the API answers from which bases of Airtable are brought in."),
        _public_url,
    )
    upload_mb: int = _setting(
        "FORMWORK_UPLOAD_MB", "20", _("Megabytes that one uploaded file may have."), _whole(1, 2_000)
    )
    files_gb: int = _setting(
        "FORMWORK_FILES_GB", "10", _("Gigabytes that all files of one workspace may have."), _whole(1, 100_000)
    )
    trash_days: int = _setting(
        "FORMWORK_TRASH_DAYS",
        "30",
        _("Days that deleted things can be restored, before they are purged."),
        _whole(1, 3_650),
    )
    api_rate: int = _setting(
        "FORMWORK_API_RATE",
        "20",
        _("Requests that a program may send with one API token in a second. 0: any number."),
        _whole(0, 10_000),
    )
    token: str = _setting(
        "FORMWORK_TOKEN", "", _("API token with which `formwork mcp` lets an assistant act."), _text, secret=True
    )
    mails_a_day: int = _setting(
        "FORMWORK_MAILS_A_DAY",
        "500",
        _("Mails that one workspace sends within a day; more of them wait. 0: any number."),
        _whole(0, 1_000_000),
    )
    keep_runs_days: int = _setting(
        "FORMWORK_KEEP_RUNS_DAYS",
        "90",
        _("Days that finished runs of automations are kept. 0: for ever."),
        _whole(0, 36_500),
    )
    keep_mail_days: int = _setting(
        "FORMWORK_KEEP_MAIL_DAYS", "90", _("Days that sent and kept mail is kept. 0: for ever."), _whole(0, 36_500)
    )
    keep_imports_days: int = _setting(
        "FORMWORK_KEEP_IMPORTS_DAYS", "30", _("Days that files of imports are kept. 0: for ever."), _whole(0, 36_500)
    )
    keep_audit_days: int = _setting(
        "FORMWORK_KEEP_AUDIT_DAYS",
        "400",
        _("Days that entries of the audit log are kept. 0: for ever."),
        _whole(0, 36_500),
    )
    time_zone: str = _setting("FORMWORK_TIME_ZONE", "UTC", _("Time zone of new workspaces."), _time_zone)
    language: str = _setting("FORMWORK_LANGUAGE", "en", _("Language of new workspaces: en or zh."), _one_of(*LANGUAGES))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of `environment` (the process's own when None).

        An empty variable counts as not set. Raises Misconfigured with one line per mistake, each naming its variable.
        """
        given = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        mistakes: list[str] = []
        for each in fields(cls):
            name = each.metadata["name"]
            try:
                values[each.name] = each.metadata["read"](given.get(name, "").strip() or each.metadata["default"])
            except ValueError as error:
                mistakes.append(f"{name} {error}")
        mistakes += _between(values)
        if mistakes:
            raise Misconfigured("\n".join(mistakes))
        if not values["public_url"]:
            host = f"[{values['host']}]" if ":" in values["host"] else values["host"]
            values["public_url"] = f"http://{host}:{values['port']}"
        return cls(**values)

    def described(self) -> list[Described]:
        """Every setting in order, with what counts now; secrets as `set` or `not set`."""
        return [
            Described(
                each.metadata["name"],
                self._shown(each.name, secret=each.metadata["secret"]),
                each.metadata["default"],
                each.metadata["meaning"],
            )
            for each in fields(self)
        ]

    def __repr__(self) -> str:
        """Without secrets, since a settings object may end up in a log."""
        return f"Settings({', '.join(f'{each.name}={each.value}' for each in self.described())})"

    @property
    def key_file(self) -> Path:
        """Where the key for stored secrets is kept."""
        return self.secret_key_file or self.data / "secret.key"

    def _shown(self, name: str, *, secret: bool) -> str:
        value = getattr(self, name)
        if secret:
            return "set" if value else "not set"
        if name == "database_url":
            return _without_password(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        return "" if value is None else str(value)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host` (a name or an address)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _between(values: Mapping[str, Any]) -> list[str]:
    """Mistakes that lie between two settings; a setting that is itself wrong is missing from `values`."""
    mistakes = []
    if "public_url" in values and not values["public_url"] and not is_loopback(values["host"]):
        mistakes.append(
            _(
                "FORMWORK_PUBLIC_URL must be set because FORMWORK_HOST is {host}, which others can reach",
                host=values["host"],
            )
        )
    issuer = urlsplit(values.get("oidc_issuer", ""))
    if issuer.scheme == "http" and not is_loopback(issuer.hostname or ""):
        mistakes.append(_("FORMWORK_OIDC_ISSUER must begin with https://"))
    if issuer.scheme and not values["oidc_client_id"]:
        mistakes.append(_("FORMWORK_OIDC_CLIENT_ID must be set together with FORMWORK_OIDC_ISSUER"))
    if values["smtp_host"] and not values["smtp_from"]:
        mistakes.append(_("FORMWORK_SMTP_FROM must be set together with FORMWORK_SMTP_HOST"))
    if any(character in values["smtp_from"] for character in "\r\n"):
        mistakes.append(_("FORMWORK_SMTP_FROM must be one line"))
    return [str(mistake) for mistake in mistakes]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password:
        return url
    user_and_password, _at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user_and_password.partition(':')[0]}:***@{place}"))
