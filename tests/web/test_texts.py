"""What pages say in other languages keeps every placeholder, and takes the reader's way of writing numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from engine.numbers import in_percent
from engine.text import _
from web import formats, texts
from web.reader import Reader, language_of, reading_as

CHINESE = Path(texts.LOCALES) / "zh" / "LC_MESSAGES" / "messages.po"


def _names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _messages() -> list[Message]:
    with CHINESE.open("rb") as stream:
        return [message for message in read_po(stream, locale="zh") if message.id]


def test_translations_keep_their_placeholders() -> None:
    wrong = []
    for message in _messages():
        ids = [str(one) for one in (message.id if isinstance(message.id, tuple) else (message.id,))]
        strings = [str(one) for one in (message.string if isinstance(message.string, tuple) else (message.string,))]
        wanted = _names(ids[-1])
        wrong += [one for one in strings if one and not _names(one) <= wanted]
        wrong += [one for one in strings if one and not wanted - {"count"} <= _names(one)]
    assert not wrong


def test_a_sentence_is_said_in_the_readers_language() -> None:
    with reading_as(Reader(language="zh")):
        assert texts.say("Sign in") == "登录"
        assert texts.say("{name} can now sign in.", name="Ben") == "Ben 现在可以登录了。"
        assert texts.say(_("{name} can now sign in.", name="Ben")) == "Ben 现在可以登录了。"
        assert texts.say_count("{count} app", "{count} apps", 1_200) == "1,200 个应用"
        assert texts.label({"en": "Accounts", "zh": "客户"}) == "客户"
        assert texts.say(_("{name} can now sign in.", name={"en": "Shop", "zh": "商店"})) == "商店 现在可以登录了。"
    with reading_as(Reader(language="en")):
        assert texts.say_count("{count} app", "{count} apps", 1) == "1 app"
        assert texts.say_count("{count} app", "{count} apps", 1_200) == "1,200 apps"
        assert texts.label({"zh": "客户"}) == "客户"
        assert texts.say("{name} stays {as it is}".replace("{as it is}", "")) == "{name} stays "


@pytest.mark.parametrize(
    ("chosen", "cookie", "accept", "expected"),
    [
        ("zh", "en", "en", "zh"),
        ("", "zh", "en", "zh"),
        ("", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "", "de;q=1, en;q=0.2, zh;q=0.5", "zh"),
        ("", "", "de", "en"),
        ("xx", "yy", "zh;q=x", "en"),
        ("", "", "," * 5_000, "en"),
    ],
)
def test_the_language(chosen: str, cookie: str, accept: str, expected: str) -> None:
    assert language_of(chosen, cookie, accept) == expected


def test_values_are_written_in_the_readers_way() -> None:
    with reading_as(Reader(language="en", time_zone="Asia/Shanghai")):
        assert formats.number(-1234.5, 2) == "−1,234.50"
        assert formats.number(0.1 + 0.2) == "0.3"
        assert formats.money(1234.5, "USD") == "$1,234.50"
        assert formats.percent(0.125, 1) == "12.5%"
        assert formats.day("2026-11-21") == "Nov 21, 2026"
        assert formats.moment("2026-11-21T20:30:00.000Z") == "Nov 22, 2026, 4:30\u00a0AM"
        assert formats.local_input("2026-11-21T20:30:00.000Z") == "2026-11-22T04:30"
        assert [in_percent(one) for one in (0, 1, 0.1, 0.125, 10)] == ["0", "100", "10", "12.5", "1000"]
        assert [formats.size(one) for one in (12, 1_400_000)] == ["12\u00a0B", "1.4\u00a0MB"]
    with reading_as(Reader(language="zh")):
        assert formats.day("2026-11-21") == "2026年11月21日"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ada Lovelace", "AL"), ("ada", "A"), ("王小明", "王"), ("Nguyễn Đình Chiểu", "NC"), ("", "?"), ("É. Zola", "ÉZ")],
)
def test_initials(name: str, expected: str) -> None:
    assert formats.initials(name) == expected


def test_a_browser_is_named_shortly() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
    assert formats.browser_name(chrome) == "Chrome, Linux"
    assert formats.browser_name("curl/8") == "curl/8"
