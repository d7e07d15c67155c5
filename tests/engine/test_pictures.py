"""Small pictures are made with care."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from engine import pictures
from tests.support.pictures import picture


def drawn(folder: Path, content: bytes, content_type: str) -> pictures.Picture | None:
    source = folder / "source"
    source.write_bytes(content)
    return pictures.draw(source, content_type, folder / "att1")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_becomes_smaller_ones(tmp_path: Path, form: str) -> None:
    made = drawn(tmp_path, picture(1800, 900, form), f"image/{form.lower()}")
    assert made is not None
    assert (made.width, made.height) == (1800, 900)
    assert made.small == {"full": (1600, 800), "large": (512, 256), "small": (144, 72)}
    for name, size in made.small.items():
        with Image.open(tmp_path / f"att1.{name}") as opened:
            assert opened.size == size


def test_a_small_picture_is_not_made_larger(tmp_path: Path) -> None:
    made = drawn(tmp_path, picture(20, 10), "image/png")
    assert made is not None
    assert made.small["large"] == (20, 10)


def test_a_picture_stands_upright_and_tells_nothing_else(tmp_path: Path) -> None:
    made = drawn(tmp_path, picture(800, 400, "JPEG", orientation=6), "image/jpeg")
    assert made is not None
    assert (made.width, made.height) == (400, 800)
    with Image.open(tmp_path / "att1.large") as opened:
        assert opened.size == (256, 512)
        assert not opened.getexif()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    assert drawn(tmp_path, bomb, "image/png") is None


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", picture(50, 50)[:70], b"GIF89a;;", b""])
def test_what_is_broken_is_no_picture(tmp_path: Path, content: bytes) -> None:
    assert drawn(tmp_path, content, "image/png") is None
    assert not list(tmp_path.glob("att1.*"))


def test_only_four_formats_are_read(tmp_path: Path) -> None:
    assert drawn(tmp_path, picture(5, 5, "BMP"), "image/bmp") is None
    assert drawn(tmp_path, picture(5, 5, "BMP"), "image/png") is None


def test_a_strangers_picture_loses_its_traces(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(picture(80, 40, "JPEG", orientation=6))
    pictures.without_traces(path, "image/jpeg")
    with Image.open(path) as opened:
        assert opened.size == (40, 80)
        assert not opened.getexif()
