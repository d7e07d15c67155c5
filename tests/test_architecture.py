"""The house as executable rules: who may import whom, where commit may stand, where a socket may be opened.

T-SSRF-03, T-SSRF-05, T-SQLI-04, T-FORM-01, and what is done nowhere, since it lets somebody in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path for folder in ("engine", "web") for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts
)

# Floors from the ground up: a file may import from its own floor and from those below. What is not named is a verb.
FLOORS: list[tuple[str, ...]] = [
    (
        "engine.text",
        "engine.errors",
        "engine.ids",
        "engine.json_text",
        "engine.origin",
        "engine.patterns",
        "engine.registry",
        "engine.settings",
        "engine.access.principals",
        "engine.access.scopes",
    ),
    (
        "engine.days",
        "engine.numbers",
        "engine.webhooks",
        "engine.addresses",
        "engine.content_types",
        "engine.vault",
        "engine.field_types",
        "engine.view_types",
        "engine.triggers",
        "engine.actions",
        "engine.importers",
        "engine.exporters",
    ),
    ("engine.formulas",),
    ("engine.filters",),
    ("engine.definitions",),
    ("engine.access.rights",),
    ("engine.storage", "engine.access.partial", "engine.access.sight", "engine.access.shown"),
    ("engine.access",),
    ("engine",),
    ("web",),
]
# Who reaches behind the door, to people's tables as they are whoever asks, and why. Everybody else makes SQL from the
# session's layout, in which there is only what the principal may see.
BEHIND_THE_DOOR = {
    "engine/access/door.py": "whether an app has roles",
    "engine/access/judging.py": "asks the rules of roles, which may name what their holders do not see",
    "engine/access/shown.py": "makes what a share shows out of what its maker sees",
    "engine/access/sight.py": "makes what is seen out of what there is",
    "engine/affected.py": "finds what follows from a write, whoever asks",
    "engine/archives/bringing.py": "brings a whole app in, once the door let a builder in",
    "engine/archives/packing.py": "takes a whole app along, once the door let somebody who may take all of it",
    "engine/archives/recorded.py": "brings the log of a whole app in, once the door let a builder in",
    "engine/archives/settling.py": "asks what must hold of what was brought",
    "engine/apps.py": "definitions, which builders change; others are refused",
    "engine/automations/__init__.py": "what a run did, of which `seen.py` tells what the asker may know",
    "engine/automations/by_hand.py": "starts runs for who may steer, of records that they see",
    "engine/bases/attached.py": "looks which files records hold that a base brings, for a builder",
    "engine/bases/bringing.py": "finds records again by ids of elsewhere, for a builder",
    "engine/automations/candidates.py": "looks for records that an automation is about, for nobody's eyes",
    "engine/automations/watches.py": "watches records for the app",
    "engine/computed.py": "keeps computed fields right after every write",
    "engine/conversions.py": "converts fields for builders",
    "engine/copies.py": "takes snapshots anew, once the door and the rules of roles have been asked",
    "engine/held_files.py": "whether anything limits the asker at all",
    "engine/guises.py": "what the roles are called with which somebody looks",
    "engine/imports/mappings.py": "whether a field that a kept mapping names is hidden or gone",
    "engine/imports/names.py": "defaults of what is made by name",
    "engine/imports/rows.py": "what a line would change, of records that are seen; defaults; whether a value is taken",
    "engine/imports/writing.py": "writes, judged before and after",
    "engine/indexes.py": "indexes are of the tables themselves",
    "engine/limits.py": "holds the app's rule of where a link may lead",
    "engine/lost_links.py": "takes links to what is gone off tables that builders bring back",
    "engine/queries.py": "which index a question would need",
    "engine/record_writes.py": "writes, once the door has been asked and values have been judged",
    "engine/records.py": "writes, once the door has been asked; judges before and after",
    "engine/roles.py": "who has which role, for builders",
    "engine/rules/__init__.py": "whether a lock closes a record: only its message is told",
    "engine/rules/checks.py": "holds checks after every write",
    "engine/rules/locks.py": "holds locks before every write",
    "engine/rules/looking.py": "whether rules look at computed fields, of which nothing is told",
    "engine/rules/planned.py": "what a new rule would find, for builders",
    "engine/rules/unique.py": "holds what is unique; tells only that it is taken",
    "engine/sequences.py": "draws numbers",
    "engine/sides.py": "writes the other sides of links, once the door has been asked",
    "engine/snapshots.py": "copies values when a link is set",
    "engine/storage/alterations.py": "changes tables",
    "engine/storage/index_shapes.py": "indexes are of the tables themselves",
    "engine/storage/indexes.py": "indexes are of the tables themselves",
    "engine/storage/record_rows.py": "reads and writes records for the verbs",
    "engine/storage/session.py": "holds both",
    "engine/trash/__init__.py": "restores, once the door has been asked; judges what came back",
    "engine/trash/purging.py": "removes for good",
    "engine/trees.py": "holds that no record lies under itself",
    "engine/undo.py": "takes back one's own acts; judges before and after",
    "engine/values.py": "defaults, and whether a value is taken",
    "engine/why/question.py": "tells who gives access what the rules of roles are",
    "engine/why/words.py": "tells what makes a computed field secret, to who gives access",
    "engine/verifying.py": "works everything out again",
}
_REACHES = re.compile(r"layout\.(sql|links)\(|whole\.(sql|links)\(|session\.behind\(\)|session\.whole\b")
OPENS_SOCKETS = {"engine/egress.py", "engine/local_door.py", "web/serving.py"}
SOCKET_MODULES = {
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
    "httpx",
    "httpx2",
    "requests",
    "smtplib",
    "imaplib",
    "ftplib",
}
# Who calls somebody outside, and which test shows that it leads to no hostile address.
WAYS_OUT = {
    "engine/automations/outside.py": "tests/web/api/test_ways_out.py::test_connections",
    "engine/bases/asking.py": "tests/engine/bases/test_asking.py::test_no_file_is_fetched_from_a_hostile_address",
    "engine/hooks/notifying.py": "tests/web/api/test_ways_out.py::test_hooks",
    "engine/mailboxes.py": "tests/web/api/test_ways_out.py::test_mailboxes",
    "engine/oidc.py": "tests/engine/test_oidc.py::test_nothing_that_it_names_leads_to_a_hostile_address",
    "engine/worker.py": "tests/engine/test_mail.py::test_no_mail_server_is_a_metadata_service",
    "web/api/fetched_files.py": "tests/web/api/test_ways_out.py::test_files_by_address",
}
_CALLS_OUTSIDE = re.compile(r"\begress\.(?:get|post)\(|\bEgress\b.*\.(?:get|post)\(|\begress\.mailbox\(|\bsend_mail\(")
EVALUATES = {"eval", "exec", "compile", "__import__"}
# What runs what it reads, or is led astray by it.
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "xml.etree", "xml.dom", "xml.sax", "lxml"}
# What is done nowhere but here, and why that is right.
DONE_ONLY_HERE = {
    r"(?<!date)time\.time\(": {
        "engine/going_on.py": "how old a file is, of which the system keeps the time",
        "web/signing.py": "until when a signature counts, in other processes too",
    },
    "import random": {"engine/storage/session.py": "how long to wait for others"},
    "expat": {"engine/importers/_sheets.py": "reads no part that declares anything"},
}
CALLED_MARKUP = {
    "web/grid_cells.py": "puts together cells that are drawn by page files",
    "web/markdown.py": "what nh3 has cleaned",
    "web/qr_codes.py": "drawn by segno: paths only",
}
SECRET = re.compile(r"(^|_)(token|secret|signature|digest|mac|password)$")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> int:
    named = [
        (len(prefix), number)
        for number, floor in enumerate(FLOORS)
        for prefix in floor
        if module == prefix or module.startswith(f"{prefix}.")
    ]
    return max(named)[1]


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every module imported when the program runs, with its line; `from engine import x` names `engine.x`."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            package = (ROOT / node.module.replace(".", "/")).is_dir()
            names = [f"{node.module}.{alias.name}" for alias in node.names] if package else [node.module]
            yield from ((node.lineno, name) for name in names)


def places(found: list[tuple[Path, int]]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line}" for path, line in found]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_floors_look_down_only(path: Path) -> None:
    own = floor_of(module_of(path))
    up = [
        f"line {line}: {name}"
        for line, name in imports_of(path)
        if name.split(".")[0] in {"engine", "web"} and floor_of(name) > own
    ]
    assert not up


def test_engine_knows_neither_the_web_nor_its_framework() -> None:
    found = [
        (path, line)
        for path in SOURCES
        if path.is_relative_to(ROOT / "engine")
        for line, name in imports_of(path)
        if name.split(".")[0] in {"web", "fastapi", "starlette", "jinja2"}
    ]
    assert not places(found)


def test_commit_stands_where_transactions_end_and_nowhere_else() -> None:
    allowed = {"engine/storage/session.py"}
    found = {str(path.relative_to(ROOT)) for path in SOURCES if ".commit(" in path.read_text("utf-8")}
    assert found == allowed


def test_sockets_are_opened_in_one_place() -> None:
    found = {
        str(path.relative_to(ROOT)) for path in SOURCES for _line, name in imports_of(path) if name in SOCKET_MODULES
    }
    assert found <= OPENS_SOCKETS


def test_every_way_out_is_tried_with_hostile_addresses() -> None:
    found = {str(path.relative_to(ROOT)) for path in SOURCES if _CALLS_OUTSIDE.search(path.read_text("utf-8"))}
    assert found - OPENS_SOCKETS == WAYS_OUT.keys()
    for place in WAYS_OUT.values():
        file, _colons, test = place.partition("::")
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), place


def test_only_those_who_say_why_reach_behind_the_door() -> None:
    found = {str(path.relative_to(ROOT)) for path in SOURCES if _REACHES.search(path.read_text("utf-8"))}
    assert found == BEHIND_THE_DOOR.keys()


def test_nothing_that_a_user_writes_is_evaluated() -> None:
    found = [
        (path, node.lineno)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EVALUATES
    ]
    assert not places(found)


def test_nothing_unsafe_reads_what_comes_from_outside() -> None:
    found = [
        (path, line)
        for path in SOURCES
        for line, name in imports_of(path)
        if any(name == one or name.startswith(f"{one}.") for one in UNSAFE_MODULES)
    ]
    assert not places(found)
    assert not [path for path in SOURCES if re.search(r"os\.(system|popen)\(|shell=True", path.read_text("utf-8"))]


@pytest.mark.parametrize("done", DONE_ONLY_HERE)
def test_what_is_done_in_few_places_is_done_in_no_other(done: str) -> None:
    found = {str(path.relative_to(ROOT)) for path in SOURCES if re.search(done, path.read_text("utf-8"))}
    assert found == DONE_ONLY_HERE[done].keys()


def test_what_is_called_markup_is_a_constant_or_says_why() -> None:
    """... what a constant is filled with (`Markup("...").format`) is escaped."""
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in calls_in(path)
        if ast.unparse(node.func) == "Markup" and node.args and not isinstance(node.args[0], ast.Constant)
    }
    assert found == CALLED_MARKUP.keys()


def test_no_sql_is_made_of_texts() -> None:
    found = [
        (path, node.lineno)
        for path in SOURCES
        for node in calls_in(path)
        if ast.unparse(node.func) == "sa.text" and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert not places(found)


def test_secrets_are_compared_in_constant_time() -> None:
    """`hmac.compare_digest`, or their hashes: never with `==`, which tells by its time how much was right."""
    found = [
        (path, node.lineno)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and any(SECRET.search(ast.unparse(one)) for one in (node.left, *node.comparators))
    ]
    assert not places(found)


def calls_in(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def test_kinds_know_no_session_and_no_html() -> None:
    folders = ("field_types", "view_types", "triggers", "actions", "importers")
    found = [
        (path, line)
        for path in SOURCES
        if path.parent.name in folders
        for line, name in imports_of(path)
        if name.split(".")[0] in {"sqlalchemy", "jinja2", "fastapi", "markupsafe"}
    ]
    assert not places(found)


@pytest.mark.parametrize("store", ["control", "workspace"])
def test_migrations_are_one_chain_in_the_order_of_their_names(store: str) -> None:
    before = "None"
    for path in sorted((ROOT / "engine/storage/migrations" / store / "versions").glob("[cw]*.py")):
        said = dict(re.findall(r'^(revision|down_revision)\b.*= "?(\w+)"?$', path.read_text("utf-8"), re.MULTILINE))
        assert (said["revision"], said["down_revision"]) == (path.name[:4], before), path.name
        before = said["revision"]
