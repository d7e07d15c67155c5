"""Files as they stand in answers, with addresses that work for five minutes without a token, for whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.files import File
from web.api.callers import Caller
from web.pages.signed_files import address_of


@dataclass(frozen=True)
class FileLinks:
    """Makes the object that clients know as an attachment."""

    caller: Caller

    def object_of(self, file: File) -> dict[str, Any]:
        """`{"id", "url", "filename", "size", "type"}`, of a picture also its width, height and small pictures."""
        found: dict[str, Any] = {
            "id": file.id,
            "url": self._url(file, ""),
            "filename": file.filename,
            "size": file.size,
            "type": file.type,
        }
        if file.small:
            thumbnails = {
                size: {"url": self._url(file, size), "width": width, "height": height}
                for size, (width, height) in file.small.items()
            }
            found |= {"width": file.width, "height": file.height, "thumbnails": thumbnails}
        return found

    def _url(self, file: File, size: str) -> str:
        site, holder = self.caller.site, self.caller.holder
        path = address_of(site.signer, holder.token_id, file, size)
        return f"{site.settings.public_url}{path}"
