"""Every pair of colours that carries text can be read: contrast of at least 4.5 (WCAG AA), in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web.formats import COLORS

TOKENS = (Path(__file__).parents[2] / "web" / "static" / "css" / "tokens.css").read_text()

PAIRS = [
    ("ink", "ground"),
    ("ink", "ground-low"),
    ("ink", "ground-hover"),
    ("ink", "accent-soft"),
    ("ink", "danger-soft"),
    ("ink-soft", "ground"),
    ("ink-soft", "ground-low"),
    ("ink-soft", "ground-hover"),
    ("ink-soft", "ground-press"),
    ("ink-faint", "ground"),
    ("ink-faint", "ground-low"),
    ("ink-faint", "raised"),
    ("accent-text", "ground"),
    ("accent-text", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("danger", "ground"),
    ("danger", "danger-soft"),
    ("done", "ground"),
    ("ink", "done-soft"),
    ("ink", "warn-soft"),
    *((f"{color}-text", f"{color}-pill") for color in (*COLORS, "gray")),
]


def _colours(theme: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{theme}"\] \{{(.*?)\n *\}}', TOKENS, re.DOTALL)
    assert block
    return dict(re.findall(r"--([\w-]+):\s*#([0-9a-f]{6});", block[1]))


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_contrast(theme: str, text: str, ground: str) -> None:
    colours = _colours(theme)
    lighter, darker = sorted((_light(colours[text]), _light(colours[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
