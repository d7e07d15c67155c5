"""View types: one file is one way to see a table; it says which options it has. `web/` draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from engine.registry import Registry
from engine.text import Text

EACH = "each:"  # before a field that records are grouped by: by each item of its list


class ViewType:
    """What every view type answers. `filter` and `sort` belong to all of them."""

    name: str
    label: ClassVar[Text]
    icon: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}  # option -> its JSON Schema
    required_options: ClassVar[tuple[str, ...]] = ()
    grouped_by: ClassVar[str | None] = None  # the option whose field must have few values
    one_place: ClassVar[bool] = False  # a record stands in one group only, so that field holds one value
    dated_by: ClassVar[tuple[str, ...]] = ()  # the options whose fields hold a day or a moment
    colored_by: ClassVar[str | None] = None  # the option whose field has choices
    also_needs: ClassVar[tuple[str, ...]] = ()  # fields that it is not made without where it is shared
    ordered: ClassVar[bool] = True  # readers choose in which order records stand

    @property
    def may_lose(self) -> tuple[str, ...]:
        """The options that it goes without where what they name is not seen."""
        named = (*self.dated_by, *([self.colored_by] if self.colored_by else []))
        return tuple(one for one in named if one not in self.required_options)

    def asks(self, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """What the view asks the table for beside its filter: fields of which it wants one value, and its order."""
        return [], list(options.get("sort", ()))


def keys_in(option: str | Sequence[str] | None) -> list[str]:
    """The fields of an option that names one or several."""
    return [option] if isinstance(option, str) else list(option or ())


def grouped_field(name: str) -> str:
    """The field of `each:tags`, or of `stage`."""
    return name.removeprefix(EACH)


view_types: Registry[ViewType] = Registry("engine.view_types", ViewType)
