"""For each route what makes it do what it is for: the form, the query, and the ids of what is asked about."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine import archives
from engine.access.principals import person
from engine.second_factor import code_at, new_seed
from tests.web.conftest import PASSWORD
from tests.web.matrix.asking import Ask
from tests.web.matrix.place import CSV, HOOK, SHARE_PASSWORD, Place, Side, app_of_all

# What acts are about, as the parameters of routes; values name ids of the place.
ABOUT: dict[str, dict[str, str]] = {
    "accounts": {"table": "accounts", "field": "tags", "record": "mine"},
    "tags": {"table": "tags", "field": "name", "record": "tag"},
    "deals": {"table": "deals", "record": "deal"},
    "entries": {"table": "entries", "record": "entry"},
    "secrets": {"table": "secrets", "field": "about", "record": "secret"},
    "mine": {"table": "accounts", "field": "tags", "record": "mine", "transaction": "act on mine"},
    "theirs": {"table": "accounts", "field": "tags", "record": "theirs", "transaction": "act on theirs"},
    "tag": {"table": "tags", "field": "name", "record": "tag", "thing": "thing tag"},
    "unused tag": {"table": "tags", "record": "unused tag"},
    "secret": {
        "table": "secrets", "field": "about", "record": "secret", "transaction": "act on secret",
        "thing": "thing secret",
    },
    "deal": {"table": "deals", "record": "deal"},
    "entry": {"table": "entries", "record": "entry"},
    "file of mine": {"file": "file"},
    "file of theirs": {"file": "file of secrets"},
    "import of rep": {"key": "import of rep"},
    "import of owner": {"key": "import"},
    "mapping of rep": {"mapping": "mapping"},
    "mapping of owner": {"mapping": "mapping of owner"},
    "share of rep": {"share": "share of rep"},
    "share of owner": {"share": "share of open"},
    "watch": {"automation": "watch", "run": "run"},
    "greet": {"automation": "greet", "run": "run of greet"},
}  # fmt: skip
BASES = {  # which import of a base is in the state for it
    "runs": "base fetched", "continuation": "base failed", "cancellation": "base under way", "undo": "base done",
}  # fmt: skip
TITLES = {"accounts": "name", "tags": "name", "secrets": "name", "deals": "title", "entries": "what"}
NEW_FIELD = {"name": "New field", "type": "singleLineText"}
NEW_TABLE = {"name": "New table", "fields": [NEW_FIELD]}
Making = Callable[[Place, Side, str, Mapping[str, str]], dict[str, Any]]


def ask(place: Place, who: str, method: str, path: str, act: str) -> Ask:
    """The request of somebody who does an act by a route."""
    side = place.here
    known = _known(place, side, who, path, act)
    made = EXAMPLES.get(f"{method} {path}")
    one = Ask(method, path, known)
    return replace(one, **made(place, side, who, known)) if made else one


def _known(place: Place, side: Side, who: str, path: str, act: str) -> dict[str, str]:
    ids = side.ids
    known = {key: value for key, value in ids.items() if " " not in key}
    known |= {"table": "accounts", "view": "all", "form": "desk", "record": ids["mine"], "key": ids["import"]}
    known |= {"token": ids["invitation token"], "rest": "views"}
    if "/indexes/" in path:
        known["name"] = ids["index name"]
    if "/catalog/" in path or "/templates/" in path:
        known["template"] = "orders"
    subject = next((one for one in sorted(ABOUT, key=len, reverse=True) if act.endswith(one)), "")
    for name, value in ABOUT.get(subject, {}).items():
        known[name] = ids.get(value, value)
    if act in ("one's own", "one's own here", "the owner's own", "person", "join"):
        known |= _own(place, who if act != "the owner's own" or who == "owner" else "owner", path)
    if path.endswith(("/{number}/restoration", "/stacks")) or "/moves/" in path:
        known["view"] = "board"
    if "/formulas/{field}" in path:
        known["field"] = "twice"
    if path.startswith("/f/"):
        known |= {"table": "tags", "form": "enquiry"}
    if path.endswith(("/publication", "/times")):
        known |= {"table": "tags", "form": "enquiry"}
    if path == "/w/{workspace}/departments/{department}/removal":
        known["department"] = ids["empty department"]
    if path.endswith(("/imports/{key}/undo", "/imports/{key}/cancellation")) and act == "import of owner":
        known["key"] = ids["import done"]
    if path.endswith("/archives/{archive}/file"):
        known["archive"] = ids["archive made"]
    if path.endswith("/archives/{archive}/undo"):
        known["archive"] = ids["archive brought"]
    if path.endswith("/mappings/{mapping}/restoration"):
        known["mapping"] = ids["forgotten mapping of owner" if act.endswith("owner") else "forgotten mapping"]
    if "/bases/{key}" in path and path.startswith("/w/"):
        known["key"] = ids[BASES.get(path.rpartition("/")[2], "base")]
    if path.startswith("/files/"):
        owner = place.own["owner"]
        known |= {"signed": owner["signed"], "name": owner["file name"]}
    if path.startswith("/s/"):
        known["token"] = ids[f"token of {'locked' if who == 'unlocked' else who}"]
    if path.startswith("/c/"):
        known["token"] = ids["correction token"]
    if path.endswith("/return"):
        known["department"] = ids["gone department"]
    if act == "build tags":
        known |= {"field": "name", "view": "tags.all"}
    if act == "the owner's words":
        known |= {"table": "tags", "record": ids["tag"]}
    if path.endswith("/restoration") and "{comment}" in path:
        known["comment"] = ids["gone comment"]
    if path.startswith("/reset/"):
        known["token"] = place.own["lead"]["reset token"]
    if path.startswith("/v0/{app}/{record}"):
        known["field"] = "papers"
    if path.startswith("/v0/") and "{view}" in path and act != "build tags":
        known["view"] = f"{known['table']}.all"
    if "{form}" in path and path.startswith("/v0/"):
        known["form"] = "tags.enquiry"
    if "/mailbox" in path:
        known |= {"table": "tags", "form": "enquiry"}
    if path == "/v0/meta/departments/{department}":
        known["department"] = ids["empty department"]
    if "{holder}" in path:
        known["holder"] = ids["user"]
    if act == "the run":
        known["thing"] = ids["thing tag"]
    return known


def _own(place: Place, who: str, path: str) -> dict[str, str]:
    own = place.own.get(who) or place.own["owner"]
    token = own["api token"] if "/account/tokens/" in path else own["address token"]
    if "/invitations/" in path:
        token = place.here.ids["invitation token"]
    return {"session": own["session"], "message": own["message"], "token": token, "browser": own["browser"]}


def _form(**form: Any) -> Making:
    return lambda _place, _side, _who, _known: {"form": form}


def _query(**query: Any) -> Making:
    return lambda _place, _side, _who, _known: {"query": query}


def _named(name: str) -> Making:
    """A form that gives the title of a record."""
    return lambda _place, _side, _who, known: {"form": {TITLES[known["table"]]: name}}


def _in_form(**of_ids: str) -> Making:
    """A form that names ids of the place, or else words."""
    return lambda _place, side, _who, _known: {
        "form": {key: side.ids.get(value, value) for key, value in of_ids.items()}
    }


def _of_known(**of_known: str) -> Making:
    return lambda _place, _side, _who, known: {"form": {key: known[value] for key, value in of_known.items()}}


def _document(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    changed = app_of_all() | {"label": "Changed"}
    return {"form": {"text": json.dumps(changed), "document": json.dumps(changed), "revision": "2"}}


def _begins(known: Mapping[str, str]) -> str:
    """Which record the automation may be run for."""
    return "mine" if known["automation"] == "greet" else "secret"


def _second_factor(place: Place, _side: Side, who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    person, seed = place.people.get(who), new_seed()
    if person is None:
        return {}
    sealed = place.site.vault.seal(seed, f"new second factor of {person.id}")
    return {"form": {"sealed": sealed, "code": code_at(seed, datetime.now(UTC))}}


def _import(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    csv = CSV if known["table"] == "accounts" else b"name\nx\n"
    return {"form": {"table": f"crm.{known['table']}"}, "files": {"file": ("a.csv", csv, "text/csv")}}


def _archive(place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    """The app of the place, to stand beside itself under another key."""
    made = io.BytesIO()
    with place.here.store.read(person(place.here.owner.id, "owner")) as session:
        archives.pack(session, "crm", made)
    return {"form": {"key": "crm_again"}, "files": {"file": ("crm.zip", made.getvalue(), "application/zip")}}


def _columns(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    return {"form": {"table": "crm.accounts", "0.field": "name", "1.field": "owner"}}


def _api_fields(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"json": {"fields": _fields(known)}}


def _api_new(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"json": {"fields": {TITLES[known["table"]]: "By a program"}}}


def _api_records(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"json": {"records": [{"id": known["record"], "fields": _fields(known)}]}}


def _fields(known: Mapping[str, str]) -> dict[str, str]:
    """Who replaces all of a record must say whose it is, so that it stays theirs."""
    return {"name": "By a program"} | ({"owner": known["user"]} if known["table"] == "accounts" else {})


def _api_file(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    content = base64.b64encode(b"words").decode()
    return {"json": {"filename": "a.txt", "contentType": "text/plain", "file": content}}


def _api_delete(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"query": {"records[]": known["record"]}}


def _api_definition(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    return {"json": {"definition": app_of_all() | {"label": "Changed"}}}


def _stacks(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    return {"query": {"stack": ""}}


def _token(place: Place, _side: Side, who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    workspace = place.other.id if who == "elsewhere" else place.here.id
    return {"form": {"name": "Mine", "workspace": workspace, "days": "30"}}


def _move(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    return {"form": {"level": "a"}}


def _cell(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"form": {TITLES[known["table"]]: "In its cell"}}


def _change(_place: Place, side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    seen = next(
        (side.ids[f"seen {one}"] for one in ("mine", "theirs", "tag", "secret") if side.ids[one] == known["record"]), ""
    )
    return {"form": {TITLES[known["table"]]: "Changed by hand", "seen": seen}}


def _copy(_place: Place, _side: Side, _who: str, _known: Mapping[str, str]) -> dict[str, Any]:
    return {"form": {"label": "A copy"}, "query": {"sort": "name"}}


def _share(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"form": {"table": f"crm.{known['table']}", "view": "all"}}


def _share_asked(_place: Place, _side: Side, _who: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"query": {"table": f"crm.{known['table']}", "view": "all"}}


# Where somebody who may do it still meets something else, because the place has not what it takes.
MEETS = {
    "POST /v0/{app}/{record}/{field}/uploadAttachment": "422",  # what is brought is taken back before it is attached
    "POST /w/{workspace}/apps/{app}/-/hooks": "404",  # what is made is taken back before it is shown
    "POST /sign-in/code": "422",  # no sign-in waits for a code
    "GET /sign-in/provider": "422",  # nobody answers at the provider's address
    "GET /sign-in/provider/callback": "404",  # nobody went there
    "GET /setup/{token}": "404",  # there is an owner
    "POST /setup/{token}": "422",
    "POST /invitations/{token}": "422",  # the password is too short: what follows takes several transactions
    "POST /account/second-factor/codes": "409",  # it is not switched on
    "POST /account/provider": "409",  # nobody went there
    "POST /w/{workspace}/imports/{key}/cancellation": "409",  # nothing goes on
    "POST /w/{workspace}/archives/{archive}/cancellation": "409",
    "POST /w/{workspace}/bases": "422",  # nobody answers at the other side's address
}
EXAMPLES: dict[str, Making] = {
    "POST /v0/{app}/{record}/{field}/uploadAttachment": _api_file,
    "POST /v0/meta/files": _api_file,
    "POST /v0/{app}/{table}/exports": lambda *_given: {"json": {"format": "jsonl"}},
    "POST /v0/{app}/{table}/listRecords": lambda *_given: {"json": {}},
    "POST /v0/{app}/{table}": _api_new,
    "PATCH /v0/{app}/{table}/{record}": _api_fields,
    "PUT /v0/{app}/{table}/{record}": _api_fields,
    "PATCH /v0/{app}/{table}": _api_records,
    "PUT /v0/{app}/{table}": _api_records,
    "DELETE /v0/{app}/{table}": _api_delete,
    "POST /v0/{app}/{table}/{record}/comments": lambda *_given: {"json": {"text": "Said"}},
    "PATCH /v0/{app}/{table}/{record}/comments/{comment}": lambda *_given: {"json": {"text": "Said anew"}},
    "POST /mcp": lambda *_given: {
        "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_apps", "arguments": {}}}
    },
    "POST /v0/meta/bases": lambda _place, side, _who, _known: {
        "json": {"workspaceId": side.id, "name": "New", "tables": [NEW_TABLE]}
    },
    "POST /v0/meta/bases/{app}/tables": lambda *_given: {"json": NEW_TABLE},
    "PATCH /v0/meta/bases/{app}/tables/{table}": lambda *_given: {"json": {"name": "Labels"}},
    "POST /v0/meta/bases/{app}/tables/{table}/fields": lambda *_given: {"json": NEW_FIELD},
    "PATCH /v0/meta/bases/{app}/tables/{table}/fields/{field}": lambda *_given: {"json": {"name": "Called"}},
    "POST /v0/bases/{app}/webhooks": lambda *_given: {
        "json": {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    },
    "POST /v0/bases/{app}/webhooks/{hook}/enableNotifications": lambda *_given: {"json": {"enable": False}},
    "PUT /v0/bases/{app}/definition": _api_definition,
    "POST /v0/bases/{app}/definition/check": _api_definition,
    "POST /v0/bases/{app}/definition/plan": _api_definition,
    "GET /v0/bases/{app}/revisions/{number}/changes": _query(since="1"),
    "POST /v0/bases/{app}/revisions/{number}/restore": lambda *_given: {"json": {}},
    "POST /v0/meta/templates/{template}/plan": lambda *_given: {"json": {}},
    "POST /v0/meta/templates/{template}/install": lambda *_given: {"json": {"samples": False}},
    "PATCH /v0/bases/{app}/automations/{automation}": lambda *_given: {"json": {"enabled": False}},
    "POST /v0/bases/{app}/automations/{automation}/run": lambda place, side, who, known: {
        "json": {"records": [(place.other if who == "elsewhere" else side).ids[_begins(known)]]}
    },
    "POST /v0/meta/trash/restore": lambda _place, _side, _who, known: {"json": {"ids": [known["thing"]]}},
    "DELETE /v0/meta/trash": lambda _place, _side, _who, known: {"query": {"ids[]": known["thing"]}},
    "PATCH /v0/meta/people/{user}": lambda *_given: {"json": {"role": "guest"}},
    "POST /v0/meta/invitations": lambda *_given: {"json": {"role": "guest"}},
    "POST /v0/meta/departments": lambda *_given: {"json": {"name": "New one"}},
    "PATCH /v0/meta/departments/{department}": lambda *_given: {"json": {"name": "Anew"}},
    "POST /v0/bases/{app}/roles/{role}/holders": lambda _place, side, _who, _known: {
        "json": {"userId": side.ids["user"]}
    },
    "POST /v0/bases/{app}/forms/{form}/mails": lambda *_given: {
        "json": {"message": base64.b64encode(b"From: a@example.com\nSubject: By mail\n\nHello").decode()}
    },
    "PATCH /v0/bases/{app}/forms/{form}": lambda *_given: {"json": {"public": False}},
    "POST /v0/meta/bases/{app}/tables/{table}/views": lambda *_given: {"json": {"name": "Another"}},
    "PATCH /v0/meta/bases/{app}/views/{view}": lambda *_given: {"json": {"name": "Called"}},
    "POST /sign-in": _form(email="builder@example.com", password=PASSWORD),
    "POST /sign-in/code": _form(code="000000"),
    "POST /forgotten": _form(email="guest@example.com"),
    "POST /reset/{token}": _form(password="another four words"),
    "POST /invitations/{token}": _form(name="New", email="new@example.com", password="short"),
    "POST /preferences": _form(theme="dark"),
    "POST /f/{workspace}/{app}/{table}/{form}": _form(name="From outside"),
    "POST /c/{token}": _form(name="canary-tag now", was=json.dumps({"name": "canary-tag now"})),
    "POST /s/{token}": _form(password=SHARE_PASSWORD),
    "GET /s/{token}/stacks": _stacks,
    "POST /workspaces": _form(name="Another"),
    "POST /account": _form(name="Anew", language="en", theme=""),
    "POST /account/email": _form(email="another@example.com"),
    "POST /account/second-factor": _second_factor,
    "POST /account/second-factor/removal": _form(current_password=PASSWORD),
    "POST /account/password": _form(current_password=PASSWORD, password="another four words"),
    "POST /account/proof": _form(current_password=PASSWORD, next="/account"),
    "POST /account/tokens": _token,
    "POST /w/{workspace}/uploads": lambda *_given: {"files": {"file": ("a.txt", b"words", "text/plain")}},
    "POST /w/{workspace}/calendar": _form(monday="9:00-17:00", days=""),
    "POST /w/{workspace}/people/{user}": _form(department="", manager=""),
    "POST /w/{workspace}/people/{user}/role": _form(role="guest"),
    "POST /w/{workspace}/invitations": _form(role="guest", days="7"),
    "POST /w/{workspace}/departments": _form(name="New one"),
    "POST /w/{workspace}/departments/{department}": _form(name="Anew"),
    "POST /w/{workspace}/departments/-/belonging": lambda _place, side, _who, _known: {
        "query": {"was": f"{side.ids['user']}:"}
    },
    "POST /w/{workspace}/departments/{department}/before": _query(name="Sales", place="0"),
    "POST /w/{workspace}/departments/{department}/place": _form(place="1"),
    "POST /w/{workspace}/departments/{department}/people": _in_form(person="user"),
    "POST /w/{workspace}/guise": _in_form(user="user"),
    "POST /w/{workspace}/trash/restorations": _of_known(thing="thing"),
    "POST /w/{workspace}/trash/purges": _in_form(thing="thing tag"),
    "GET /w/{workspace}/shares/new": _share_asked,
    "POST /w/{workspace}/shares": _share,
    "POST /w/{workspace}/shares/{share}": _form(name="Anew", days="7"),
    "POST /w/{workspace}/imports": _import,
    "POST /w/{workspace}/imports/{key}/columns": _columns,
    "POST /w/{workspace}/imports/{key}/mapping": _of_known(mapping="mapping"),
    "POST /w/{workspace}/imports/{key}/kept-mapping": _form(name="Weekly"),
    "POST /w/{workspace}/imports/mappings/{mapping}": _form(name="Daily"),
    "POST /w/{workspace}/bases/{key}/choices": _form(base="appOne"),
    "POST /w/{workspace}/archives": _archive,
    "POST /w/{workspace}/definitions": _document,
    "POST /w/{workspace}/definitions/applications": _document,
    "POST /w/{workspace}/definitions/schemas": _form(
        app="crm", label="Points", text=json.dumps({"type": "object", "properties": {"x": {"type": "number"}}})
    ),
    "POST /w/{workspace}/apps/{app}/-/api/requests": _form(method="GET", path="/v0/crm/tags"),
    "POST /w/{workspace}/apps/{app}/-/access/{role}": _in_form(user="user", has=""),
    "POST /w/{workspace}/apps/{app}/-/automations/{automation}/runs": lambda _place, side, _who, known: {
        "form": {"records": side.ids[_begins(known)]}
    },
    "POST /w/{workspace}/apps/{app}/-/connections": _form(name="erp", url=HOOK),
    "POST /w/{workspace}/apps/{app}/-/connections/secrets": _form(name="erp"),
    "POST /w/{workspace}/apps/{app}/-/connections/tests": _form(name="erp"),
    "POST /w/{workspace}/apps/{app}/-/connections/removals": _form(name="erp"),
    "POST /w/{workspace}/apps/{app}/-/hooks": _form(url=HOOK, scope="", data="tableData", changes="add"),
    "POST /w/{workspace}/apps/{app}/-/removal": _form(name="Sales"),
    "POST /w/{workspace}/apps/{app}/{table}/titles": _form(title="By its name"),
    "POST /w/{workspace}/apps/{app}/{table}/forms/{form}": _named("By a form"),
    "POST /w/{workspace}/apps/{app}/{table}/forms/{form}/mailbox": _form(
        host="127.0.0.1", port="9", account="desk@example.com", password="typed anew", folder="INBOX"
    ),
    "POST /w/{workspace}/apps/{app}/{table}/forms/{form}/publication": _form(public="no"),
    "POST /w/{workspace}/apps/{app}/{table}/formulas": _form(key="twice", label="Twice", formula="{Credit} * 3"),
    "POST /w/{workspace}/apps/{app}/{table}/formulas/trials": _form(formula="1 + 1"),
    "POST /w/{workspace}/apps/{app}/{table}/views/{view}/options": _copy,
    "POST /w/{workspace}/apps/{app}/{table}/views/{view}/copies": _copy,
    "POST /w/{workspace}/apps/{app}/{table}/views/{view}/cells/{record}": _cell,
    "POST /w/{workspace}/apps/{app}/{table}/views/{view}/moves/{record}": _move,
    "POST /w/{workspace}/apps/{app}/{table}/deletions": _of_known(record="record"),
    "POST /w/{workspace}/apps/{app}/{table}/records/{record}/comments": _form(**{"comment-text": "Said"}),
    "POST /w/{workspace}/apps/{app}/{table}/records/{record}/comments/{comment}": _form(**{"comment-text": "Anew"}),
    "POST /w/{workspace}/apps/{app}/{table}/records": _named("By hand"),
    "POST /w/{workspace}/apps/{app}/{table}/records/{record}": _change,
}
