"""A table with a field of every type that people fill, whichever lie in the folder, and how a person fills each."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator

from engine import accounts, apps, departments, records
from engine.field_types import field_types
from engine.named import KINDS
from tests.contracts.test_every_field_type import EXAMPLES, REFUSED, TYPED
from tests.web import shop
from tests.web.pages.conftest import Work

THINGS = "kinds.things"
FILLED = [name for name, kind in field_types.items() if not (kind.computed or kind.system or kind.drawn or kind.copied)]
OPTIONS: dict[str, dict[str, Any]] = {
    **EXAMPLES,
    "link": {"to": "accounts", "inverse": "things"},
    "any_link": {"to": ["accounts", "things"]},
    "line_items": {"of": "lines", "by": "thing"},
}
TABLES: dict[str, Any] = {
    "accounts": {"title": "name", "fields": {"name": {"type": "text"}}},
    "lines": {
        "title": "text",
        "fields": {"text": {"type": "text"}, "thing": {"type": "link", "to": "things", "on_delete": "cascade"}},
    },
}
TYPES = ["text", "email", "tel", "date", "datetime-local", "time"]
NATIVE = {"date": 10, "datetime-local": 16, "time": 5}  # inputs that the browser fills: how much of a value they take


@dataclass(frozen=True)
class Example:
    """What a person gives a field: the text that is typed, or what is chosen by its name; and what is stored then."""

    typed: str
    value: Any


def install(work: Work, **more: Any) -> dict[str, list[Example]]:
    """Make the table, each field also with these options as far as its type has them; two examples of each type."""
    fields = {"title": {"type": "text"}, **{name: _field(name, more) for name in FILLED}}
    things = {"title": "title", "fields": fields, "forms": {"enter": {"label": "Enter", "fields": list(fields)}}}
    app = {"formwork": 1, "key": "kinds", "label": "Kinds", "tables": {**copy.deepcopy(TABLES), "things": things}}
    store, owner = work.site.stores.workspace(work.membership.id), shop.principal(work.who)
    added = accounts.add_person(
        work.site.stores,
        work.membership.id,
        email="bo@example.com",
        name="Bo",
        password="four other words",
        role="member",
    )
    with store.write(owner) as session:
        apps.apply(session, app)
    with store.write(owner) as session:
        linked = {
            table: list(
                zip(names, records.create(session, f"kinds.{table}", [{of: one} for one in names]), strict=True)
            )
            for table, of, names in (("accounts", "name", ("Acme", "Beta")), ("things", "title", ("Root", "Top")))
        }
        made = [(name, departments.create(session, name)) for name in ("East", "West")]
    named = {"people": [("Ada", work.who), ("Bo", added.id)], "departments": made}
    return {name: _examples(name, linked, named) for name in FILLED}


def _field(name: str, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": name, **OPTIONS.get(name, {}), **more}


def _examples(
    name: str, linked: Mapping[str, list[tuple[str, str]]], named: Mapping[str, list[tuple[str, str]]]
) -> list[Example]:
    kind = field_types[name]
    if kind.names in KINDS:
        return [Example(who, [one] if kind.listed else one) for who, one in named[kind.names]]
    if (tables := kind.leads_to(OPTIONS.get(name, {}), "things")) and tables[0] in linked:
        return [Example(title, one) for title, one in linked[tables[0]]]
    examples = [Example(text, value) for text, value in (TYPED[name][0], TYPED[name][-1])]
    one, other = (each.value for each in examples)
    return examples if kind.refused(one, other, OPTIONS.get(name, {})) is None else examples[::-1]


def may_be_cleared(name: str, example: Example) -> bool:
    """Whether the field may be empty once it held this: a state only has its ways."""
    return field_types[name].refused(example.value, None, OPTIONS.get(name, {})) is None


def bad(name: str) -> str:
    """What the type refuses, where a person could type it at all."""
    return REFUSED.get(name, [""])[0]


def enter(place: Locator, example: Example) -> None:
    """Fill the input in `place` as a person does, who then goes on to another one."""
    if place.locator("[data-link-input]").count():
        place.locator("input[type=search]").fill(example.typed)
        place.locator(".found [data-choose]", has_text=example.typed).first.click()
    elif place.locator("[data-several] [type=radio]").count():
        place.locator(f"[data-several] input[value='{example.value}']").locator("..").click()
    elif place.locator("[data-several]").count():
        for box in place.locator("[data-several] [type=checkbox]").all():
            if box.is_checked() != (box.get_attribute("value") in example.value):
                box.locator("..").click()
    elif place.locator("select").count():
        place.locator("select").first.select_option(example.value)
    elif place.locator("[data-files-input]").count():
        if not place.locator("[data-file-line]").count():
            file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}
            place.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    elif isinstance(example.value, bool):
        place.locator("input[type=checkbox]").set_checked(example.value)
    else:
        type_text(place, example.typed if native(place) is None else str(example.value)[: native(place)])


def clear(place: Locator) -> None:
    """Empty the input in `place` as a person does."""
    if place.locator("[data-unchoose]").count():
        place.locator("[data-unchoose]").first.click()
    elif place.locator("[data-line-items]").count():
        place.locator("[data-line] .line-gone label").first.click()
    elif place.locator("[data-removes-file]").count():
        place.locator("[data-removes-file]").first.click()
    elif place.locator("[data-several] [type=radio]").count():
        place.locator("[data-several] input[value='']").locator("..").click()
    elif place.locator("[data-several]").count():
        for box in place.locator("[data-several] [type=checkbox]:checked").all():
            box.locator("..").click()
    elif place.locator("select").count():
        place.locator("select").first.select_option("")
    elif place.locator(".form-check input[type=checkbox]").count():
        place.locator(".form-check input[type=checkbox]").set_checked(False)
    else:
        type_text(place, "")


def type_text(place: Locator, text: str) -> None:
    """Type into the one input for texts that is in `place`, and leave it."""
    box = typed_into(place)
    box.fill(text)
    box.blur()


def typed_into(place: Locator) -> Locator:
    """The input for texts, or a textarea; of lines that of the first."""
    return place.locator(
        ", ".join([*(f"input[type={one}]" for one in TYPES), "[data-signature] input.grow, textarea"])
    ).first


def native(place: Locator) -> int | None:
    """How much of a stored value the browser's own input takes; None where people type freely."""
    box = typed_into(place)
    return NATIVE.get(box.get_attribute("type") or "") if box.count() else None


def is_typed(place: Locator) -> bool:
    """Whether people type freely here."""
    choosing = "[data-link-input], [data-several], select, [data-files-input], [data-line-items], [data-signature]"
    return not place.locator(choosing).count() and typed_into(place).count() > 0 and native(place) is None
