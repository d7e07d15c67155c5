"""The tabs of the pages about the people of a workspace."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import Text, _
from web.addresses import At


@dataclass(frozen=True)
class Tab:
    """One tab: where it leads, and whether one is there."""

    label: Text
    icon: str
    href: str
    here: bool


def people_tabs(at: At, here: str) -> list[Tab]:
    """People and departments; `here` is the page's name."""
    pages = (("people", _("People"), "users"), ("departments", _("Departments"), "sitemap"))
    return [Tab(label, icon, at.page(name), name == here) for name, label, icon in pages]
