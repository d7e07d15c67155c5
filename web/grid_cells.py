"""The cells of a grid's line. Made here and not in a template, because a page has thousands of them: a macro call for
each would take four times as long as the rest of the page. What a cell shows still comes from `html/cells/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from web.fields import AS_NAMED, DRAWN_KEPT, Shown
from web.reader import reader

Draw = Callable[[Shown, Any, Mapping[str, Any]], Any]

_CELL = Markup('<td class="cell{}"{} tabindex="-1"{}>{}</td>')
_LABEL = Markup(' data-label="{}"')
_VALUE = Markup(' data-value="{}"')


def grid_cells(
    draw: Draw, fields: Sequence[Shown], values: Mapping[str, Any], names: Mapping[str, Any], labels: Sequence[str]
) -> Markup:
    """The cells of a record's fields in order; the first `labels` stand before their values on a phone's card."""
    who = reader()
    cells = []
    for number, field in enumerate(fields):
        label = labels[number] if number < len(labels) else ""
        value = values.get(field.key)
        if field.kind in AS_NAMED or isinstance(value, (list, Mapping)):
            cells.append(_cell(draw, field, value, names, label))
            continue
        key = ("cell", value, type(value), label, who.language, who.time_zone)
        drawn = field.drawn.get(key)
        if drawn is None:
            if len(field.drawn) >= DRAWN_KEPT:
                field.drawn.clear()
            drawn = field.drawn[key] = _cell(draw, field, value, names, label)
        cells.append(drawn)
    return Markup("").join(cells)


def _cell(draw: Draw, field: Shown, value: Any, names: Mapping[str, Any], label: str) -> Markup:
    raw = field.raw(value)
    return _CELL.format(
        f"{field.look} matters" if label else field.look,
        _LABEL.format(label) if label else "",
        _VALUE.format(raw) if raw else "",
        draw(field, value, names),
    )
