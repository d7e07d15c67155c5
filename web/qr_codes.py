"""A text as a QR code, drawn as SVG."""

from __future__ import annotations

import io
from functools import lru_cache

from markupsafe import Markup

QUIET = 2  # modules around the code


@lru_cache(maxsize=500)
def qr_code(text: str) -> Markup:
    """The code of a text that is drawn again and again."""
    return drawn(text)


def drawn(text: str) -> Markup:
    """The code as an SVG element of the class `qr-code`, empty for a text that is too long for one."""
    import segno

    try:
        code = segno.make_qr(text)
    except segno.DataOverflowError:
        return Markup()
    out = io.BytesIO()
    code.save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=QUIET,
        svgclass="qr-code",
        lineclass=None,
        nl=False,
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno: paths only, nothing of the text
