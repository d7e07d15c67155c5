"""Files as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.content_types import KINDS
from engine.files import File
from web.addresses import At


@dataclass(frozen=True)
class Attached:
    """A file with its addresses; `small`, `large` and `full` are of pictures of it, empty where there are none."""

    id: str
    title: str
    size: int
    icon: str
    href: str
    small: str = ""
    large: str = ""
    full: str = ""


def attached(at: At | None, file: File) -> Attached:
    """A file as a page of the workspace shows it; without addresses where there is no workspace to ask in."""
    if at is None:
        return Attached(file.id, file.filename, file.size, KINDS[file.kind].icon, "")
    href = at.page("files", file.id)
    small, large, full = (f"{href}/{size}" if size in file.small else "" for size in ("small", "large", "full"))
    return Attached(file.id, file.filename, file.size, KINDS[file.kind].icon, href, small, large, full)
