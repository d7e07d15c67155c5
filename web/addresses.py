"""The addresses of pages, in one place. Keys and ids only, so that a renamed label breaks no link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

Query = Mapping[str, str | Sequence[str] | None]


@dataclass(frozen=True)
class At:
    """The addresses of one workspace."""

    workspace: str

    @property
    def home(self) -> str:
        return f"/w/{self.workspace}"

    def page(self, *parts: str, **query: str | Sequence[str] | None) -> str:
        """`at.page("catalog", "crm", lang="en")` is `/w/<workspace>/catalog/crm?lang=en`."""
        path = "/".join(quote(part, safe="") for part in parts)
        return with_query(f"{self.home}/{path}", query)

    def app(self, app: str) -> str:
        return self.page("apps", app)

    def table(self, app: str, table: str) -> str:
        return self.page("apps", app, table)

    def view(self, app: str, table: str, view: str, **query: str | Sequence[str] | None) -> str:
        return with_query(self.page("apps", app, table, "views", view), query)

    def record(self, app: str, table: str, record: str) -> str:
        return self.page("apps", app, table, "records", record)

    def access(self, app: str, table: str, record: str, **query: str | Sequence[str] | None) -> str:
        """Who may see a record, and why."""
        return with_query(f"{self.record(app, table, record)}/access", query)

    def new_record(self, app: str, table: str, **query: str | Sequence[str] | None) -> str:
        return with_query(self.page("apps", app, table, "records", "new"), query)

    def inside(self, app: str, *parts: str, **query: str | Sequence[str] | None) -> str:
        """What belongs to an app but to none of its tables: `-` stands where a table's key would, so none is hidden."""
        return self.page("apps", app, "-", *parts, **query)

    def automation(self, app: str, automation: str) -> str:
        return self.inside(app, "automations", automation)

    def form(self, app: str, table: str, form: str) -> str:
        return self.page("apps", app, table, "forms", form)

    def public_form(self, app: str, table: str, form: str) -> str:
        """Where anybody may fill in a form; the only page of a workspace below another address than `home`."""
        return "/f/" + "/".join(quote(part, safe="") for part in (self.workspace, app, table, form))

    @staticmethod
    def correction(token: str) -> str:
        """Where whoever sent a public form corrects it, with the token of their link."""
        return f"/c/{quote(token, safe='')}"

    @staticmethod
    def share(token: str) -> str:
        """Where whoever has the token of a share sees what it shows."""
        return f"/s/{quote(token, safe='')}"

    @staticmethod
    def feed(token: str) -> str:
        """Where calendar programs fetch what a share of a calendar shows."""
        return f"{At.share(token)}/calendar.ics"


@dataclass(frozen=True)
class SharedAt(At):
    """The addresses of what a share shows, all below its own (`of`); other tables than `table` have none."""

    of: str
    table_address: str

    def page(self, *parts: str, **query: str | Sequence[str] | None) -> str:
        path = "/".join(quote(part, safe="") for part in parts)
        return with_query(f"{self.of}/{path}", query)

    def view(self, app: str, table: str, view: str, **query: str | Sequence[str] | None) -> str:
        return with_query(self.of, query)

    def record(self, app: str, table: str, record: str) -> str:
        return f"{self.of}?record={quote(record, safe='')}" if f"{app}.{table}" == self.table_address else ""


def with_query(path: str, query: Query) -> str:
    """`path` with the parameters that are not empty; a list gives its parameter several times."""
    pairs = [(name, value) for name, value in query.items() if value not in (None, "", [], ())]
    return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def own_path(wanted: str, otherwise: str = "/") -> str:
    """`wanted` if it is a path on this site, else `otherwise`: no link sends people elsewhere after signing in."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return otherwise
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else otherwise
