"""Files that come with a form: kept, and then named in it by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import FormData, UploadFile

from engine import files
from engine.access.principals import Principal
from engine.definitions.language import Field, Table
from engine.errors import Problem, Refused
from engine.field_types import TakesFiles
from engine.files import File
from engine.storage.stores import Workspace
from web.addresses import At
from web.site import Site


def keep(site: Site, store: Workspace, who: Principal, upload: UploadFile) -> File:
    """Keep one file. Raises `Refused`, `Forbidden`."""
    return files.bring(store, who, upload.file, upload.filename or "", site.file_limits)


def with_ids(
    site: Site, store: Workspace, who: Principal, form: FormData, table: Table
) -> tuple[FormData, list[Problem]]:
    """The form with an id in place of each file for a field of the table, and what is wrong with some of them."""
    given: list[tuple[str, Any]] = []
    problems: list[Problem] = []
    for key, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename and key in table.fields and isinstance(table.fields[key].kind, TakesFiles):
                try:
                    given.append((key, keep(site, store, who, value).id))
                except Refused as refused:
                    problems += [Problem(f"/0/{key}", one.says, one.code) for one in refused.problems]
        else:
            given.append((key, value))
    return FormData(given), problems


def upload_addresses(at: At, fields: Iterable[Field]) -> dict[str, dict[str, Any]]:
    """Where the inputs of fields for files send what is chosen, by field."""
    return {one.key: {"upload": at.page("uploads")} for one in fields if isinstance(one.kind, TakesFiles)}


def uploads_in(form: FormData) -> list[UploadFile]:
    """The files that came with a form."""
    return [value for _key, value in form.multi_items() if isinstance(value, UploadFile)]
