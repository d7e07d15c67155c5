"""However a file is called, and whichever way it comes, it lies under an id of ours in the data folder (T-PATH-01).

And what lies there is no code that a server or a command would run (T-PATH-02).
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from engine import api_tokens, apps, imports, mail_in
from engine.archives import Wishes, transfers
from engine.content_types import MAX_NAME_BYTES
from engine.errors import Refused
from engine.files import Limits
from engine.storage.file_tables import files
from tests.engine.archives.conftest import packed
from tests.support.server import Machine
from tests.web import shop
from tests.web.pages.conftest import Work
from tests.web.pages.test_files import TABLE, send

_UP = (
    "../", "x/../", ".", "..x", "../.ssh/authorized_keys", "../../workspaces/x.sqlite", "../secret.key", "..",
    "../x", "../../x", "../../../../../../etc/passwd", "a/../../x", "./x", "x/.", "x/..", "~/x", "~root/x", "..;/x",
)  # fmt: skip
_FROM_THE_ROOT = (
    "/", "/etc/passwd", "//etc/passwd", "/proc/self/environ", "/dev/null", "/tmp/x", "file:///etc/passwd",
)  # fmt: skip
_OF_WINDOWS = (
    "..\\x", "..\\..\\x", "C:\\x", "C:x", "c:/x", "\\x", "\\\\server\\share\\x", "//server/share/x", "\\\\?\\C:\\x",
    "\\\\.\\pipe\\x", "x:stream", "x::$DATA", "CON", "con.txt", "PRN", "AUX.tar.gz", "NUL", "COM1", "com9.x",
    "LPT1", "LPT9.txt", "CLOCK$", "x.", "x ", "x. .",
)  # fmt: skip
_WRITTEN_OTHERWISE = (
    "%2e%2e%2fx", "..%2fx", "%2e%2e/x", "..%5cx", "%252e%252e%252fx", "..%c0%afx", "%00", "x%00.png", "..\u2215x",
    "..\u2044x", "\uff0e\uff0e\uff0fx", "..\uff3cx", "\u2024\u2024/x", "....//x", "....\\\\x", ".../x", "..././x",
)  # fmt: skip
_CHARACTERS = (
    "\0", "x\0.png", "..\0/x", "x\n", "x\r\ny: z", "\tx", "\x1b[31mx", "\x7f", "\x85x", "\u2028x", "\ufeffx",
    "\u202egnp.exe", "\u200fx", "x\u202excod.exe", "\u2066x\u2069", "e\u0301", "ﬁ", "人.pdf", "😀.png",
    "\U0001f468\u200d\U0001f469.png", "ＣＯＮ",
)  # fmt: skip
_LONG = (
    "x" * 300, "x" * 300 + ".pdf", "人" * 200, "x." + "y" * 300, "." * 300, " " * 300, "../" * 100 + "x",
    "a/" * 200 + "b", "x" * 5_000,
)  # fmt: skip
_OF_PROGRAMS = (
    "-rf", "--help", "x; rm -rf /", "$(id)", "`id`", "|id", "x&y", "*", "?", "[x]", "{x}", "'x'", "x'y", "<x>",
    "x|y", "#x", "!x", "%s", "$HOME", ".htaccess", ".env", "..env", "web.config", "authorized_keys", "crontab",
    "index.php", "x.py", "__init__.py", "sitecustomize.py", "x.pth", "x.so", "control.sqlite", "control.sqlite-wal",
    "secret.key", "workspace.sqlite", "att00000000000001", "imp00000000000001.progress", "x.part",
    "<svg onload=alert(1)>.svg", "x.html", "x.svg", "x.php.png", "x.tar.gz.exe", "= 1+1.csv", "CON.", "con .txt",
    "a" * 120 + ".pdf",
)  # fmt: skip
NAMES = (*_UP, *_FROM_THE_ROOT, *_OF_WINDOWS, *_WRITTEN_OTHERWISE, *_CHARACTERS, *_LONG, *_OF_PROGRAMS)
OURS = re.compile(
    r"control\.sqlite(-wal|-shm)?|secret\.key|formwork\.lock|workspaces/wsp\w+\.sqlite(-wal|-shm)?"
    r"|files/wsp\w+/attachments/att\w{14}|files/wsp\w+/imports/imp\w{14}|files/wsp\w+/transfers/arc\w{14}"
)
ROOM = Limits(2**20, 2**30)


@pytest.fixture
def desk(work: Work) -> Work:
    document = {**shop.SHOP, "tables": {**shop.SHOP["tables"], "visits": _visits()}}
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, document)
    return work


def _visits() -> dict[str, Any]:
    fields = {**TABLE["fields"], "papers": {"type": "attachment", "label": "Papers"}}
    mail = {"fields": ["name", "papers"], "mail": {"subject": "name", "attachments": "papers"}}
    return {**TABLE, "fields": fields, "forms": {**TABLE["forms"], "mail": mail}}


def _all_of(folder: Path) -> set[str]:
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if not one.is_dir()}


def test_there_are_enough() -> None:
    assert len(set(NAMES)) >= 140


def test_no_name_becomes_a_path(desk: Work, tmp_path: Path) -> None:
    data = desk.site.settings.data
    outside = {one for one in _all_of(tmp_path) if not one.startswith("data/")}
    names = [*_by_the_page(desk), *_by_the_api(desk), *_by_mail(desk)]
    assert len(names) > 2.5 * len(NAMES)
    assert [name for name in names if not _is_harmless(name)] == []
    _by_imports(desk)
    _by_archives(desk)
    assert {one for one in _all_of(data) if not OURS.fullmatch(one)} == set()
    assert {one for one in _all_of(tmp_path) if not one.startswith("data/")} == outside


def _is_harmless(name: str) -> bool:
    return (
        bool(name)
        and name not in (".", "..")
        and not set('/\\\0\r\n"\u202e\u2066') & set(name)
        and len(name.encode()) <= MAX_NAME_BYTES
        and name.partition(".")[0].lower() not in ("con", "nul", "aux", "prn", "com1", "lpt1")
    )


def _by_the_page(desk: Work) -> Iterator[str]:
    for name in NAMES:
        answer = send(desk, "/uploads", [("file", (name, b"words", "text/plain"))])
        assert answer.status_code in (200, 400, 422), name
        if answer.status_code == 200:
            yield answer.json()["name"]


def _by_the_api(desk: Work) -> Iterator[str]:
    _token, secret = api_tokens.create(desk.site.stores, desk.who, desk.membership.id, "files")
    content, headers = base64.b64encode(b"words").decode(), {"Authorization": f"Bearer {secret}"}
    for name in NAMES:
        body = {"contentType": "text/plain", "filename": name, "file": content}
        answer = desk.visitor.post("/v0/meta/files", json=body, headers=headers)
        assert answer.status_code in (200, 422, 429), (name, answer.text)
        if answer.status_code == 200:
            yield answer.json()["filename"]


def _by_mail(desk: Work) -> Iterator[str]:
    store, owner = desk.site.stores.workspace(desk.membership.id), shop.principal(desk.who)
    for first in range(0, len(NAMES), 20):
        mail = EmailMessage()
        mail["From"], mail["Subject"], mail["Message-ID"] = "a@example.com", f"From {first}", f"<{first}@example.com>"
        mail.set_content("words")
        for name in NAMES[first : first + 20]:
            mail.add_attachment(b"words", maintype="application", subtype="octet-stream", filename=_on_a_line(name))
        arrived = mail_in.arrive(store, owner, "shop.visits", "mail", mail.as_bytes(), ROOM)
        assert arrived.record
    with store.read(owner) as session:
        yield from session.connection.execute(files.select().with_only_columns(files.c.filename)).scalars()


def _on_a_line(name: str) -> str:
    """What a header can hold at all: our own library lets nobody write more."""
    return re.sub(r"[\0\r\n\x85\u2028]", "", name) or "x"


def _by_imports(desk: Work) -> None:
    store, owner = desk.site.stores.workspace(desk.membership.id), shop.principal(desk.who)
    for name in (*NAMES, *(f"{name}.csv" for name in NAMES)):
        with suppress(Refused), store.write(owner) as session:  # a name that tells of no table is refused
            imports.start(session, io.BytesIO(b"name\nAda\n"), name, "shop.tags")
    with store.read(owner) as session:
        assert len(imports.listed(session, 1_000)) > len(NAMES)


def _by_archives(desk: Work) -> None:
    """As the name of the archive, and of an entry in it."""
    store, owner = desk.site.stores.workspace(desk.membership.id), shop.principal(desk.who)
    content = packed(store, owner)
    for name in NAMES:
        made = io.BytesIO(content)
        with zipfile.ZipFile(made, "a") as archive:
            archive.writestr(zipfile.ZipInfo(name), b"words")
        with pytest.raises(Refused):
            transfers.start_in(store, owner, [made.getvalue()], name, Wishes(key="other"))
    for number, name in enumerate(NAMES[:20]):
        held = transfers.start_in(store, owner, [content], name, Wishes(key=f"other_{number}"))
        assert held.id.startswith("arc")


def test_what_lies_in_the_data_folder_is_no_code(machine: Machine) -> None:
    """Not even where somebody stands in that folder (T-PATH-02)."""
    folder = machine.database.folder
    folder.mkdir(mode=0o700)
    for name in ("json", "engine", "web", "sitecustomize", "usercustomize", "secrets", "babel"):
        (folder / f"{name}.py").write_text("raise SystemExit('ran')")
    command = Path(sys.executable).with_name("formwork")
    done = subprocess.run(
        [command, "settings"], cwd=folder, env=machine.environment({}), capture_output=True, text=True, check=False
    )
    assert (done.returncode, "ran" in done.stderr) == (0, False), done.stderr
