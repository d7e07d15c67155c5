"""The record of the same table that this one lies under: a tree, such as regions or departments."""

from __future__ import annotations

from collections.abc import Sequence

from engine.field_types import Input, Options
from engine.field_types.link import Link
from engine.text import _


class Parent(Link):
    label = _("Parent")
    icon = "hierarchy"
    holds = "parent"
    options = {key: Link.options[key] for key in ("inverse", "where", "on_delete")}
    required_options = ()
    tree = True

    def leads_to(self, options: Options, table: str) -> Sequence[str]:
        return (table,)

    def input(self, options: Options) -> Input:
        return Input("link", attributes={"many": False}, in_lines=False)
