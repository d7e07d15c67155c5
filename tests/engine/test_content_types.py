"""What a file is, by its bytes; what it may be called (T-FILE-01, T-PATH-01)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.content_types import KINDS, clean_name, content_type_of, kind_of
from tests.support.pictures import HTML, PDF, SVG, office, picture

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 8


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (picture(2, 2), "a.png", "image/png"),
        (picture(2, 2), "a.html", "image/png"),
        (picture(2, 2, "JPEG"), "photo", "image/jpeg"),
        (picture(2, 2, "GIF"), "a.gif", "image/gif"),
        (picture(2, 2, "WEBP"), "a.webp", "image/webp"),
        (PDF, "a.png", "application/pdf"),
        (SVG, "a.png", "image/svg+xml"),
        (HTML, "a.txt", "text/html"),
        (b"\xef\xbb\xbf  <HTML>", "a.csv", "text/html"),
        (b"<?xml version='1.0'?><a/>", "a.txt", "application/xml"),
        (b"name,amount\n", "a.csv", "text/csv"),
        (b"hello", "a.exe", "text/plain"),
        ("中文".encode() * 3000, "a.txt", "text/plain"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"no json", "a.json", "text/plain"),
        (office("xl/"), "a.zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (office("word/"), "a", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (office("other/"), "a.docx", "application/zip"),
        (b"PK\x03\x04 broken", "a.zip", "application/octet-stream"),
        (OLE, "a.XLS", "application/vnd.ms-excel"),
        (OLE, "a.msi", "application/octet-stream"),
        (b"RIFF\1\2\3\4WAVEfmt ", "a.mp3", "audio/wav"),
        (b"\0\0\0\x18ftypmp42", "a.mov", "video/mp4"),
        (b"MZ\x90\0\x03", "a.pdf", "application/octet-stream"),
        (b"\xff\xfe\xfd", "a.txt", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_bytes_decide(content: bytes, name: str, expected: str) -> None:
    assert content_type_of(io.BytesIO(content), name) == expected


@given(st.binary(max_size=300), st.text(max_size=20))
def test_every_file_is_of_a_kind(content: bytes, name: str) -> None:
    assert kind_of(content_type_of(io.BytesIO(content), name)) in KINDS


@pytest.mark.parametrize("active", [SVG, HTML, b"<svg onload='x()'>"])
def test_what_a_browser_would_run_is_no_picture(active: bytes) -> None:
    assert kind_of(content_type_of(io.BytesIO(active), "a.png")) == "other"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\plan.pdf", "plan.pdf"),
        ("\\\\server\\share\\x.doc", "x.doc"),
        ("a\0b\r\n.png", "ab.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("con .txt", "_con.txt"),
        ("..", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ("a<b>:c?.txt", "a_b__c_.txt"),
        ("报价 单.pdf", "报价 单.pdf"),
        ("e\u0301.txt", "\u00e9.txt"),
    ],
)  # fmt: skip
def test_names_are_made_harmless_and_stay_readable(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text(max_size=400))
def test_a_cleaned_name_fits_every_file_system(name: str) -> None:
    clean = clean_name(name)
    assert clean
    assert clean not in {".", ".."}
    assert len(clean.encode()) <= 255
    assert not set(clean) & set('/\\\0\r\n"')
    assert clean_name(clean) == clean
