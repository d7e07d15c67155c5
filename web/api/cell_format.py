"""How a client wants cells: as values, or as the texts that somebody somewhere reads (`cellFormat=string`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from engine import comments
from engine.records import Record
from engine.showing import Shown
from engine.storage.session import Session
from web.api.answering import is_true
from web.api.cells import Cells
from web.api.errors import wrong_request
from web.api.file_links import FileLinks
from web.api.naming import Names

TICKED = "checked"


@dataclass(frozen=True)
class CellFormat:
    """Fields by key or by label; cells as values, or with a time zone and a language as texts."""

    by_key: bool = False
    time_zone: str = ""
    language: str = ""
    counts_comments: bool = False

    def answers(
        self, session: Session, names: Names, keys: Sequence[str] | None, found: Sequence[Record], links: FileLinks
    ) -> list[dict[str, Any]]:
        """The records as they stand in an answer; `keys`: the fields to answer, None: those that are shown."""
        if self.language:
            answered = self._texts(session, names, keys, found)
        else:
            answered = Cells(session, names, keys, by_key=self.by_key, links=links).records(found)
        if self.counts_comments:
            counts = comments.counts(session, names.table.address, [one.id for one in found])
            for one in answered:
                one["commentCount"] = counts.get(one["id"], 0)
        return answered

    def _texts(
        self, session: Session, names: Names, keys: Sequence[str] | None, found: Sequence[Record]
    ) -> list[dict[str, Any]]:
        keys = names.shown if keys is None else keys
        shown = Shown(session, names.table, keys, language=self.language, time_zone=self.time_zone, ticked=TICKED)
        rows = shown.rows([{key: one.values.get(key) for key in keys} for one in found])
        called = {key: key if self.by_key else names.labels[key] for key in keys}
        return [
            {
                "id": one.id,
                "createdTime": one.values["created_at"],
                "fields": {called[key]: text for key, text in row.items() if text is not None},
            }
            for one, row in zip(found, rows, strict=True)
        ]


def cell_format_in(given: Mapping[str, Any]) -> CellFormat:
    """The format that a query or a body asks for. Raises `ApiRefusal`."""
    metadata = given.get("recordMetadata") or []
    if not isinstance(metadata, list) or not set(map(str, metadata)) <= {"commentCount"}:
        raise wrong_request("recordMetadata can be commentCount only")
    plain = CellFormat(is_true(given.get("returnFieldsByFieldId")), counts_comments=bool(metadata))
    match given.get("cellFormat"):
        case None | "" | "json":
            return plain
        case "string":
            zone, language = _zone(given.get("timeZone")), _language(given.get("userLocale"))
            return CellFormat(plain.by_key, zone, language, plain.counts_comments)
        case _:
            raise wrong_request("cellFormat is json or string")


def _zone(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise wrong_request("cellFormat=string needs a timeZone and a userLocale")
    name = "UTC" if given.casefold() == "utc" else given
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong_request(f"there is no timeZone {given}") from error


def _language(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise wrong_request("cellFormat=string needs a timeZone and a userLocale")
    try:
        return str(Locale.parse(given.replace("-", "_")))
    except (UnknownLocaleError, ValueError) as error:
        raise wrong_request(f"there is no userLocale {given}") from error
