"""Markdown as people read it. No HTML comes through, nor an address that would run something; twice made sure of."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}


@lru_cache(maxsize=500)
def rendered(markdown: str) -> Markup:
    """The text with its headings, lists, links and emphasis; pictures are left out, links open elsewhere."""
    import nh3

    html = _parser().render(markdown)
    attributes: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
    clean = nh3.clean(html, tags=TAGS, attributes=attributes, url_schemes=SCHEMES, set_tag_attribute_values=_ELSEWHERE)
    return Markup(clean)  # noqa: S704 - cleaned in the line above


_ELSEWHERE = {"a": {"target": "_blank"}}


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
