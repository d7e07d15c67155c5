"""The cells of a grid's line. Made here and not in a template, because a page has thousands of them: a macro call for
each would take four times as long as the rest of the page. What a cell shows still comes from `html/cells/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from web.fields import DRAWN_KEPT, Shown
from web.reader import reader

Draw = Callable[[Shown, Any, Mapping[str, Any]], Any]


def grid_cells(
    draw: Draw, fields: Sequence[Shown], values: Mapping[str, Any], names: Mapping[str, Any], labels: Sequence[str]
) -> Markup:
    """The cells of a record's fields in order; the first `labels` stand before their values on a phone's card."""
    who = reader()
    cells = []
    for number, field in enumerate(fields):
        label = labels[number] if number < len(labels) else ""
        value = values.get(field.key)
        shown = _named(value, names) if field.named else value
        if isinstance(shown, (list, Mapping)):
            cells.append(_cell(draw, field, value, names, label))
            continue
        key = ("cell", shown, type(value), label, who.language, who.time_zone)
        drawn = field.drawn.get(key)
        if drawn is None:
            if len(field.drawn) >= DRAWN_KEPT:
                field.drawn.clear()
            drawn = field.drawn[key] = _cell(draw, field, value, names, label)
        cells.append(drawn)
    return Markup("".join(cells))  # noqa: S704 - each is made below


def _named(value: Any, names: Mapping[str, Any]) -> Any:
    """What a cell of people or linked records shows: their ids with what each is called now."""
    if not isinstance(value, (str, list)):
        return value
    found = ((one, names.get(one)) for one in ([value] if isinstance(value, str) else value))
    return tuple((one, who if isinstance(who, str) or not who else (who["title"], who["href"])) for one, who in found)


def _cell(draw: Draw, field: Shown, value: Any, names: Mapping[str, Any], label: str) -> str:
    raw = field.raw(value)
    matters = f' matters" data-label="{escape(label)}"' if label else '"'
    held = f' data-value="{escape(raw)}"' if raw else ""
    return f'<td class="cell{field.look}{matters} tabindex="-1"{held}>{escape(draw(field, value, names))}</td>'
