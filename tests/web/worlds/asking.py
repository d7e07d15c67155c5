"""What the rep asks in both worlds, and the answers without what differs by chance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response

from tests.web.worlds.place import FILE, SECRET, TAG, Two, deal, mine, other

APP = "/apps/crm"
FIELDS = ("name", "credit", "phone", "twice", "score", "above", "parent", "papers", "level", "won", "tag_count", "tags")


@dataclass(frozen=True)
class Request:
    """One request: of a page (`/w/...` goes before it) or of the API."""

    method: str
    path: str
    given: dict[str, Any] = field(default_factory=dict)
    api: bool = False
    query: dict[str, Any] = field(default_factory=dict)


def script() -> Iterator[Request]:
    """All channels that there are: reading first, then writing, then reading what became of it."""
    yield from pages()
    yield from questions()
    yield from writing()
    yield from looks()


def looks() -> Iterator[Request]:
    """One look at everything: enough to see what became of writes, or that some guard is missing."""
    for path in ("/search?q=Elm", "/trash", APP, f"{APP}/accounts", f"{APP}/deals?q=Elm", f"/files/{FILE}"):
        yield Request("GET", path)
    for record in (mine(0), mine(1), other(0)):
        yield Request("GET", f"{APP}/accounts/records/{record}")
        yield Request("GET", f"/crm/accounts/{record}/comments", api=True)
    yield Request("GET", "/inbox")
    yield Request("GET", f"{APP}/deals/records/{deal(1)}")
    yield Request("GET", f"{APP}/tags/records/{TAG.format(0)}")
    for table in ("accounts", "deals", "tags"):
        yield Request("GET", f"/crm/{table}", api=True)
        yield Request("GET", f"/crm/{table}/groups", api=True)
    yield Request("GET", "/crm/accounts", api=True, query={"view": "rich"})
    yield Request("GET", "/crm/accounts", api=True, query={"filterByFormula": "{phone} = 'Elm'"})


def pages() -> Iterator[Request]:
    for path in (
        "", "/search?q=Elm", "/search?q=300", "/trash", "/inbox", "/people", "/imports", APP, f"{APP}/nothing",
        f"{APP}/-/revisions", f"{APP}/-/indexes", f"{APP}/-/access", f"{APP}/secrets", f"{APP}/-/automations",
    ):  # fmt: skip
        yield Request("GET", path)
    for table in ("accounts", "deals", "tags"):
        yield Request("GET", f"{APP}/{table}")
        yield Request("GET", f"{APP}/{table}?q=Elm")
        yield Request("GET", f"{APP}/{table}?q=7")
        yield Request("GET", f"{APP}/{table}/titles?q=E")
        yield Request("GET", f"{APP}/{table}/records/new")
        yield Request("GET", f"{APP}/{table}/formulas")
        yield Request("GET", f"{APP}/{table}/forms")
        yield Request("GET", f"/imports/new?table=crm.{table}")
    for key in ("credit", "phone", "score", "parent", "tags"):
        yield Request("GET", f"{APP}/accounts?sort={key}")
        yield Request("GET", f"{APP}/accounts?group={key}")
        yield Request("GET", f"{APP}/accounts?totals={key}:sum,{key}:unique")
        yield Request("GET", f"{APP}/accounts?{key}__is_empty=")
        yield Request("GET", f"{APP}/accounts?fields={key}")
    for view in ("all", "rich", "board"):
        yield Request("GET", f"{APP}/accounts/views/{view}")
    for key in ("account", "about", "parent", "tags", "papers"):
        for table in ("accounts", "deals"):
            yield Request("GET", f"{APP}/{table}/choices/{key}?q=")
    for table, record in (
        ("accounts", mine(0)), ("accounts", mine(1)), ("accounts", other(0)), ("accounts", other(9)),
        ("accounts", other(10)), ("deals", deal(0)), ("deals", deal(1)), ("tags", TAG.format(0)),
        ("tags", TAG.format(1)), ("secrets", SECRET.format(0)),
    ):  # fmt: skip
        yield Request("GET", f"{APP}/{table}/records/{record}")
        yield Request("GET", f"{APP}/{table}/records/{record}/history")
        yield Request("GET", f"{APP}/{table}/records/{record}/comments")
    yield Request("GET", f"/files/{FILE}")


def questions() -> Iterator[Request]:
    def ask(path: str, **query: Any) -> Request:
        return Request("GET", path, api=True, query=query)

    yield ask("/meta/bases")
    yield ask("/meta/bases/crm/tables", include="visibleFieldIds")
    for table in ("accounts", "deals", "tags", "secrets"):
        yield ask(f"/crm/{table}")
        yield ask(f"/crm/{table}", pageSize=1)
        yield ask(f"/crm/{table}", cellFormat="string", timeZone="utc", userLocale="en")
        yield ask(f"/crm/{table}/groups")
    for key in FIELDS:
        yield ask("/crm/accounts", **{"sort[0][field]": key})
        yield ask("/crm/accounts", **{"fields[]": key})
        yield ask("/crm/accounts", filterByFormula=f"{{{key}}} & '' = 'Elm'")
        yield ask("/crm/deals", filterByFormula=f"{{account.{key}}} & '' = ''")
        yield ask("/crm/accounts/groups", by=key)
        yield ask("/crm/accounts/groups", sum=key, max=key)
    for formula in (
        "COUNT_IF('accounts', {accounts.credit} > 3) > 0", "LOOKUP('secrets', {secrets.name}, {secrets.name} = 'Elm')",
        "{account} = ''", "{about} = ''", "COUNT({accounts}) > 0",
    ):  # fmt: skip
        yield ask("/crm/deals", filterByFormula=formula)
        yield ask("/crm/tags", filterByFormula=formula)
    for view in ("all", "rich", "board"):
        yield ask("/crm/accounts", view=view)
    for record in (mine(0), mine(2), other(0), other(9)):
        yield ask(f"/crm/accounts/{record}")
    yield ask(f"/crm/deals/{deal(1)}")
    yield ask(f"/crm/tags/{TAG.format(0)}")
    for kind in ("csv", "json", "jsonl"):  # that the same cells come as XLSX is a test of its own
        for table in ("accounts", "deals", "tags", "secrets"):
            yield Request("POST", f"/crm/{table}/exports", {"format": kind}, api=True)
    yield Request("POST", "/crm/accounts/exports", {"format": "csv", "returnFieldsByFieldId": True}, api=True)
    yield Request("POST", "/crm/accounts/exports", {"format": "csv", "view": "rich", "fields": ["credit"]}, api=True)
    yield Request("POST", "/crm/accounts/exports", {"format": "csv", "filterByFormula": "{phone} = 'Elm'"}, api=True)
    yield Request("POST", f"{APP}/deals/views/all/exports", {"format": "csv"})
    yield Request("POST", f"{APP}/accounts/views/rich/exports", {"format": "jsonl", "by_keys": "yes"})
    for record in (mine(0), mine(2), other(0), other(9)):
        yield ask(f"/crm/accounts/{record}/comments")
    yield ask("/crm/accounts", **{"recordMetadata[]": "commentCount"})
    yield ask(f"/crm/secrets/{SECRET.format(0)}/comments")


def writing() -> Iterator[Request]:
    def send(method: str, path: str, **given: Any) -> Request:
        return Request(method, path, given, api=True)

    yield send("PATCH", f"/crm/accounts/{mine(0)}", fields={"credit": 5})
    yield send("PATCH", f"/crm/accounts/{mine(0)}", fields={"phone": "x"})
    yield send("PATCH", f"/crm/accounts/{mine(0)}", fields={"name": "Anew", "owner": "usrNobody"})
    yield send("PATCH", f"/crm/accounts/{other(0)}", fields={"name": "Anew"})
    yield send("PATCH", f"/crm/accounts/{mine(0)}", fields={"parent": [other(0)]})
    yield send("PUT", f"/crm/deals/{deal(1)}", fields={"title": "Put"})
    yield send("PATCH", f"/crm/deals/{deal(1)}", fields={"account": [other(1)]})
    yield send("PATCH", f"/crm/deals/{deal(0)}", fields={"about": SECRET.format(0)})
    yield send("POST", "/crm/accounts", records=[{"fields": {"name": "New"}}, {"fields": {"name": "", "credit": 1}}])
    yield send("POST", "/crm/accounts", fields={"name": "New one", "level": "a"})
    yield send("POST", "/crm/deals", fields={"title": "New", "account": ["Elm"]}, typecast=True)
    yield send(
        "PATCH", "/crm/accounts", records=[{"fields": {"name": "Elm"}}], performUpsert={"fieldsToMergeOn": ["name"]}
    )
    yield send("PATCH", f"/crm/tags/{TAG.format(0)}", fields={"accounts": []})
    yield send("POST", f"/crm/accounts/{mine(0)}/comments", text="Seen by us")
    yield send("POST", f"/crm/accounts/{other(0)}/comments", text="Not seen")
    yield send("DELETE", f"/crm/accounts/{other(0)}")
    yield send("DELETE", f"/crm/tags/{TAG.format(0)}")
    yield send("POST", f"/crm/{mine(0)}/papers/uploadAttachment", contentType="text/plain", filename="a", file="YQ==")
    yield Request("POST", f"{APP}/accounts/records/{mine(0)}", {"name": "Typed", "phone": "", "credit": "9"})
    yield Request("POST", f"{APP}/accounts/deletions", {"record": mine(0)})
    yield Request("POST", f"{APP}/accounts/records/{mine(1)}/deletion", {})
    yield Request("POST", "/undo/trx00000000000000", {})


def answers(two: Two, place: int, asked: Iterable[Request]) -> list[tuple[Request, str]]:
    """What a world answers, one after the other."""
    names: dict[str, str] = {}
    return [(one, _plain(_asked(two, place, one), names)) for one in asked]


def _asked(two: Two, place: int, one: Request) -> Response:
    if one.api:
        headers = {"Authorization": f"Bearer {two.tokens[place]}"}
        json = one.given or None
        return two.visitors[place].request(one.method, f"/v0{one.path}", params=one.query, json=json, headers=headers)
    at = f"/w/{two.ids[place]}"
    if one.method == "GET":
        return two.visitors[place].get(f"{at}{one.path}", follow_redirects=False)
    given = {"form_token": two.visitors[place].token(at), **one.given}
    return two.visitors[place].post(f"{at}{one.path}", data=given, follow_redirects=False)


_BY_CHANCE = (
    (re.compile(r'(name="form_token" value=|nonce=)"[^"]*"'), r"\1"),
    (re.compile(r"hx-headers[^=]*='[^']*'"), ""),
    (re.compile(r"wsp[0-9a-z]{14}"), "WORKSPACE"),
    (re.compile(r"\?token=[^\"&]*|toast=[^;]*|sid=[^;]*|csrf[^\"]*\"[^\"]*\""), ""),
    (re.compile(r"itr[0-9A-Za-z_.-]+/"), "itr/"),
)
_TELLING = {"location", "content-type", "hx-redirect", "hx-trigger", "etag", "last-modified"}
_MADE = re.compile(r"\b(rec|trx|att|imp|bin|com)[0-9A-Za-z]{14}\b")
_KEPT = re.compile(r"rec(Mine|Other|Deal|Tag|Secret)0|attFile")


def _plain(answer: Response, names: dict[str, str]) -> str:
    """Status, the headers that tell something, and the body; ids that were made on the way by their order."""

    def named(found: re.Match[str]) -> str:
        if _KEPT.match(found[0]):
            return found[0]
        return names.setdefault(found[0], f"{found[1]}#{len(names)}")

    told = {key: value for key, value in answer.headers.items() if key in _TELLING}
    if any(not _KEPT.match(found[0]) for found in _MADE.finditer(answer.text)):
        told.pop("etag", None)  # it is the body's fingerprint, with ids that were made by chance
    text = f"{answer.status_code} {told} {answer.text}"
    for pattern, instead in _BY_CHANCE:
        text = pattern.sub(instead, text)
    return _MADE.sub(named, text)
