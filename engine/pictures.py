"""Small pictures of pictures: read with care, since a picture of a few bytes can say that it has a billion points.

Only four formats are read, their size is looked at before a point is unpacked, one picture is unpacked at a time, and
what is written is a new picture: whatever else the file carried (where it was taken, scripts behind it) is not in it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_POINTS = 50_000_000  # a picture with more is kept, and not drawn
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
SIZES: Mapping[str, tuple[int, int]] = {"small": (144, 144), "large": (512, 512), "full": (1_600, 1_600)}

_QUALITY = 82
_one_at_a_time = threading.Lock()

log = logging.getLogger("formwork.pictures")


@dataclass(frozen=True)
class Picture:
    """How many points a picture has, and the small ones of it that were made: size -> (across, down)."""

    width: int
    height: int
    small: Mapping[str, tuple[int, int]]


def draw(source: Path, content_type: str, beside: Path) -> Picture | None:
    """Write the small pictures of `source` as `<beside>.<size>` (JPEG, or PNG where it is transparent).

    None for what cannot be read as the picture that it claims to be, or is too large.
    """
    wanted = FORMATS.get(content_type)
    if wanted is None:
        return None
    try:
        with _one_at_a_time, _opened(source, wanted) as opened:
            if opened.width * opened.height > MAX_POINTS:
                return None
            opened.draft("RGB", SIZES["full"])  # a JPEG is then unpacked at a fraction of its size
            return _drawn(opened, opened.size if wanted != "JPEG" else _said_size(source), beside)
    except Exception as error:  # Pillow raises whatever a broken file leads it to
        log.exception("no picture of %s: %s", source.name, type(error).__name__)
        return None


def _said_size(source: Path) -> tuple[int, int]:
    with _opened(source, "JPEG") as opened:
        return opened.size


def _opened(path: Path, kind: str) -> Image.Image:
    from PIL import Image  # imported where a picture is: most servers hold none for a long time

    Image.MAX_IMAGE_PIXELS = None  # MAX_POINTS is asked here, before anything is unpacked
    return Image.open(path, formats=[kind])


def _drawn(opened: Image.Image, size: tuple[int, int], beside: Path) -> Picture:
    from PIL import ImageOps

    turned = opened.getexif().get(0x0112, 1) in {5, 6, 7, 8}
    see_through = opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info
    mode = "RGBA" if see_through else "RGB"
    # Made small before anything else, since each further step makes a copy.
    reduced = opened if opened.mode in {"RGB", "RGBA", "L"} else opened.convert(mode)
    reduced.thumbnail(SIZES["full"])
    plain = ImageOps.exif_transpose(reduced).convert(mode)
    made: dict[str, tuple[int, int]] = {}
    for name, most in sorted(SIZES.items(), key=lambda one: -one[1][0]):
        plain.thumbnail(most)
        path = beside.with_name(f"{beside.name}.{name}")
        if see_through:
            plain.save(path, "PNG", optimize=True)
        else:
            plain.save(path, "JPEG", quality=_QUALITY, optimize=True)
        made[name] = plain.size
    width, height = reversed(size) if turned else size
    return Picture(width, height, made)


def type_of(path: Path) -> str:
    """What a small picture is."""
    with path.open("rb") as file:
        return "image/png" if file.read(4) == b"\x89PNG" else "image/jpeg"


def without_traces(path: Path, content_type: str) -> None:
    """Write the picture anew without what it says about where and by whom it was taken; others stay as they are."""
    if content_type not in {"image/jpeg", "image/png", "image/webp"}:
        return
    from PIL import ImageOps

    try:
        with _one_at_a_time, _opened(path, FORMATS[content_type]) as opened:
            if opened.width * opened.height > MAX_POINTS:
                return
            ImageOps.exif_transpose(opened, in_place=True)
            for name in ("exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment"):
                opened.info.pop(name, None)
            opened.save(path, FORMATS[content_type], quality=92)
    except Exception as error:
        log.exception("%s kept as it is: %s", path.name, type(error).__name__)
