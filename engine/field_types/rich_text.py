"""Text with headings, lists, links and emphasis, written in Markdown.

What a person reads is drawn from the Markdown where it is shown. HTML in it is text that somebody wrote about HTML:
it is spelled so that no reader of the Markdown, here or elsewhere, takes it for markup.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from engine.field_types import Input, Options, Value
from engine.field_types.long_text import LongText
from engine.text import _

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


class RichText(LongText):
    label = _("Rich text")
    icon = "file-text"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {**super().value_schema(options), "contentMediaType": "text/markdown"}

    def accept(self, value: Value, options: Options) -> Value:
        return without_html(super().accept(value, options))

    def typed(self, value: Value, options: Options) -> str:
        return as_typed(value)

    def input(self, options: Options) -> Input:
        return Input("rich_text")


def without_html(markdown: str) -> str:
    """The Markdown with every piece of HTML in it spelled as text: `&lt;b>` for `<b>`. Code stays as it is."""
    if "<" not in markdown:
        return markdown
    lines = markdown.split("\n")
    for token in _parser().parse(markdown):
        if token.map is None:
            continue
        tags = [one.content for one in token.children or () if one.type == "html_inline"]
        if token.type == "html_block":
            tags = ["<"]
        for number in range(*token.map):
            for tag in dict.fromkeys(tags):
                lines[number] = lines[number].replace(tag, tag.replace("<", "&lt;"))
    return "\n".join(lines)


def as_typed(markdown: str) -> str:
    """What somebody typed: `<b>` for `&lt;b>`, as long as that would be stored as it is now."""
    for spelled in ("&lt;", "&lt;(?=[A-Za-z/!?])"):
        typed = re.sub(spelled, "<", markdown)
        if typed != markdown and without_html(typed) == markdown:
            return typed
    return markdown


@cache
def _parser() -> MarkdownIt:
    # Imported where it is used: most commands never see a rich text.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True})
