"""What a file is, decided from its bytes: the name that somebody gave it only chooses between kinds that share a form.

What a sender says about a file is never kept, since browsers believe it.
"""

from __future__ import annotations

import json
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from engine.text import Text, _

UNKNOWN = "application/octet-stream"
MAX_NAME = 120  # characters of a file's name
MAX_NAME_BYTES = 240  # what file systems take, with room for " (2)"

_HEAD = 4_096  # bytes that decide
_OOXML = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


@dataclass(frozen=True)
class Kind:
    """A sort of file as a definition names it (`"kinds": ["image"]`) and people read it."""

    label: Text
    icon: str


KINDS: Mapping[str, Kind] = {
    "image": Kind(_("Picture"), "photo"),
    "pdf": Kind(_("PDF"), "file-type-pdf"),
    "document": Kind(_("Document"), "file-text"),
    "spreadsheet": Kind(_("Spreadsheet"), "table"),
    "presentation": Kind(_("Presentation"), "presentation"),
    "audio": Kind(_("Sound"), "music"),
    "video": Kind(_("Video"), "video"),
    "archive": Kind(_("Archive"), "file-zip"),
    "other": Kind(_("Other"), "file"),
}

_KIND_OF: Mapping[str, str] = {
    "application/pdf": "pdf",
    f"{_OOXML}wordprocessingml.document": "document",
    f"{_OOXML}spreadsheetml.sheet": "spreadsheet",
    f"{_OOXML}presentationml.presentation": "presentation",
    f"{_OPEN}text": "document",
    f"{_OPEN}spreadsheet": "spreadsheet",
    f"{_OPEN}presentation": "presentation",
    "application/msword": "document",
    "application/vnd.ms-excel": "spreadsheet",
    "application/vnd.ms-powerpoint": "presentation",
    "application/rtf": "document",
    "text/plain": "document",
    "text/csv": "spreadsheet",
    "application/zip": "archive",
    "application/gzip": "archive",
    "application/x-7z-compressed": "archive",
    "application/vnd.rar": "archive",
    # Pictures that browsers run or cannot show: never drawn, only handed over.
    "image/svg+xml": "other",
}

# Beginnings of files, and what they mean; `?` stands for any byte.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF????WEBP", "image/webp"),
    (b"RIFF????WAVE", "audio/wav"),
    (b"RIFF????AVI ", "video/x-msvideo"),
    (b"????ftypheic", "image/heic"),
    (b"????ftypheix", "image/heic"),
    (b"????ftypmif1", "image/heic"),
    (b"????ftypavif", "image/avif"),
    (b"????ftypqt  ", "video/quicktime"),
    (b"????ftypM4A ", "audio/mp4"),
    (b"????ftyp", "video/mp4"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_OFFICE_NAMES = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_IN_ZIP = {
    "word/": f"{_OOXML}wordprocessingml.document",
    "xl/": f"{_OOXML}spreadsheetml.sheet",
    "ppt/": f"{_OOXML}presentationml.presentation",
}
_TEXT_NAMES = {".csv": "text/csv", ".json": "application/json"}
# Texts that a browser would run if it were told what they are.
_ACTIVE = ("<!doctype html", "<html", "<script", "<svg", "<?xml", "<body", "<iframe", "<xsl:")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))})
_FORBIDDEN = frozenset('<>:"/\\|?*')


def content_type_of(file: BinaryIO, name: str) -> str:
    """The type of what `file` holds, such as `image/png`; `application/octet-stream` for what is not known."""
    file.seek(0)
    head = file.read(_HEAD)
    suffix = PurePosixPath(name.lower()).suffix
    for signature, found in _SIGNATURES:
        if _begins(head, signature):
            return found
    if head.startswith(_OLD_OFFICE):
        return _OLD_OFFICE_NAMES.get(suffix, UNKNOWN)
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(file)
    return _text_type(head, suffix)


def kind_of(content_type: str) -> str:
    """The key in `KINDS` of a type."""
    if content_type in _KIND_OF:
        return _KIND_OF[content_type]
    group = content_type.partition("/")[0]
    return group if group in {"image", "audio", "video"} else "other"


def clean_name(name: str) -> str:
    """A file's name without what would mislead people or a file system: no folders, no control or direction marks."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    kept = "".join("_" if one in _FORBIDDEN else one for one in name if unicodedata.category(one)[0] != "C")
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    if not stem:
        stem, dot, suffix = kept, "", ""
    if stem.partition(".")[0].strip().lower() in _DEVICES:
        stem = f"_{stem}"
    suffix = suffix[:20]
    stem = stem[: MAX_NAME - len(dot + suffix)]
    while len(f"{stem}{dot}{suffix}".encode()) > MAX_NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip('. ')}{dot}{suffix}" if stem.strip("._ ") else f"file{dot}{suffix}"


def _begins(head: bytes, signature: bytes) -> bool:
    return len(head) >= len(signature) and all(
        wanted in (ord("?"), got) for wanted, got in zip(signature, head, strict=False)
    )


def _in_zip(file: BinaryIO) -> str:
    """Office documents are archives; only the list of what is inside is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                said = archive.read("mimetype").decode("ascii", "replace").strip()
                if said in _KIND_OF and said.startswith(_OPEN):
                    return said
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return UNKNOWN
    if "[Content_Types].xml" in names:
        for folder, found in _IN_ZIP.items():
            if any(one.startswith(folder) for one in names):
                return found
    return "application/zip"


def _text_type(head: bytes, suffix: str) -> str:
    text = head.decode("utf-8-sig", "ignore")
    # A character cut in two at the end of what was read is no mistake.
    if b"\x00" in head or len(text.encode()) < len(head.removeprefix(b"\xef\xbb\xbf")) - 3:
        return UNKNOWN
    start = text.lstrip().lower()
    if start.startswith(_ACTIVE):
        return "image/svg+xml" if "<svg" in start else "application/xml" if start.startswith("<?xml") else "text/html"
    if suffix == ".json" and not _looks_like_json(text):
        return "text/plain"
    return _TEXT_NAMES.get(suffix, "text/plain") if text else UNKNOWN


def _looks_like_json(text: str) -> bool:
    try:
        json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError:
        return text.lstrip()[:1] in {"{", "["} and len(text) >= _HEAD - 4
    return True
