"""Files to bring: real pictures, and others that only look like something."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

from engine import files
from engine.access.principals import Principal
from engine.files import File, Limits
from engine.storage.stores import Workspace

ROOM = Limits(file=2**20, workspace=2**30)
PDF = b"%PDF-1.7\n1 0 obj\n"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def picture(width: int = 640, height: int = 480, form: str = "PNG", color: str = "teal", orientation: int = 0) -> bytes:
    """The bytes of a picture of one colour."""
    made = io.BytesIO()
    options = {}
    if orientation:
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010F] = "A camera"
        options["exif"] = exif.tobytes()
    Image.new("RGB", (width, height), color).save(made, form, **options)
    return made.getvalue()


def office(folder: str = "xl/") -> bytes:
    """The bytes of something like an office document."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}document.xml", "<x/>")
    return made.getvalue()


def brought(workspace: Workspace, asker: Principal, name: str, content: bytes, limits: Limits = ROOM) -> File:
    """A file that somebody uploads and that no record holds yet."""
    return files.bring(workspace, asker, io.BytesIO(content), name, limits)
