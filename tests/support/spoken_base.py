"""A base as the other service tells it, word by word: for what no server of ours would say."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.raw_server import RawServer, read_request

Query = Mapping[str, Sequence[str]]


@dataclass
class Said:
    """An answer: an object is spelled as JSON, bytes are sent as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def spelled(self) -> bytes:
        """The whole of it."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = {"Content-Length": str(len(body)), "Connection": "close", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {value}" for name, value in head.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Spoken:
    """What is answered at which path; `asked` are the requests. `first` answers before all else, as long as it can."""

    tables: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    page: int = 2
    first: Callable[[str, Query], Said | None] = lambda _path, _query: None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: Query) -> Said:
        """As the other service would."""
        self.asked.append(path)
        said = self.first(path, query)
        if said is not None:
            return said
        parts = path.strip("/").split("/")[1:]
        if parts == ["meta", "bases"]:
            return Said({"bases": [{"id": "appOne", "name": "One", "permissionLevel": "create"}]})
        if parts[:2] == ["meta", "bases"]:
            return Said({"tables": self.tables})
        if parts[:1] == ["files"]:
            return Said(self.files[parts[1]]) if parts[1] in self.files else Said({}, 410)
        if len(parts) == 3:
            found = next(one for one in self.records[parts[1]] if one["id"] == parts[2])
            return Said(found)
        listed = self.records.get(parts[1], [])
        at = int(query.get("offset", ["0"])[0])
        more = {"offset": str(at + self.page)} if at + self.page < len(listed) else {}
        return Said({"records": listed[at : at + self.page], **more})


@contextmanager
def spoken(base: Spoken) -> Iterator[Spoken]:
    """The base behind an address on this machine."""

    def talk(connection: socket.socket) -> None:
        target = read_request(connection).split(b" ", 2)[1].decode()
        parts = urlsplit(target)
        connection.sendall(base.answer(parts.path, parse_qs(parts.query)).spelled())

    server = RawServer(talk)
    base.url = f"http://127.0.0.1:{server.port}"
    yield base
    server.close()
