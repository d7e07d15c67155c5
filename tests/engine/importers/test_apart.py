"""What reads a stranger's file does so in a process that ends when it takes too much (T-BAD-05, T-XLSX-02)."""

from __future__ import annotations

import itertools
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Problem, Refused
from engine.importers import _apart
from engine.importers._apart import apart, told
from engine.text import Text, _, translated

MIB = 2**20


def echo(*words: str) -> Iterator[Any]:
    yield from words
    yield told(_("The sheet {name} has more than {rows} rows.", name=_("First"), rows=3))


def refusing() -> Iterator[Any]:
    yield 1
    raise Refused([Problem("/file", _("No {name}.", name="x"), "odd", "x")])


def breaking() -> Iterator[Any]:
    yield 1
    raise ZeroDivisionError


def for_ever() -> Iterator[Any]:
    while True:
        yield "x" * 10_000


def thinking() -> Iterator[Any]:
    yield sum(1 for _number in itertools.count())


def at_once(size: str) -> Iterator[Any]:
    yield len(bytearray(int(size) * MIB))


def little_by_little() -> Iterator[Any]:
    yield len([object() for _number in itertools.count()])


def about_itself() -> Iterator[Any]:
    yield dict(os.environ)
    yield {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in ("AS", "CPU", "CORE")}


def test_what_is_read_arrives_as_it_is() -> None:
    *words, said = apart(echo, "a\0b", "\udcff", "人\n", "x" * 200_000)
    assert words == ["a\0b", "\udcff", "人\n", "x" * 200_000]
    assert isinstance(said, Text)
    assert translated(said, {"The sheet {name} has more than {rows} rows.": "{name}: {rows}", "First": "第一"}.get) == (  # type: ignore[arg-type]
        "第一: 3"
    )


def test_a_refusal_is_the_refusal_that_it_was() -> None:
    read = apart(refusing)
    assert next(read) == 1
    with pytest.raises(Refused) as refused:
        next(read)
    (problem,) = refused.value.problems
    assert (problem.at, problem.code, problem.value) == ("/file", "odd", "x")
    assert isinstance(problem.says, Text)
    assert problem.says == "No x."


def test_a_mistake_of_ours_is_no_refusal(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="ended with 1"):
        list(apart(breaking))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_it_ends_with_whoever_asks_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            begun.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    read = apart(for_ever)
    next(read)
    read.close()  # type: ignore[attr-defined]
    assert [one.returncode for one in begun] == [-signal.SIGKILL]


def test_it_knows_nothing_of_us_and_has_its_limits() -> None:
    environment, limits = apart(about_itself)
    assert environment.keys() - {"LC_CTYPE"} == {"PYTHONPATH"}
    assert limits == {"AS": 512 * MIB, "CPU": 30, "CORE": 0}


def test_memory_that_is_taken_at_once_ends_it() -> None:
    assert list(apart(at_once, "400")) == [400 * MIB]
    with pytest.raises(Refused, match="too much memory or time"):
        list(apart(at_once, "600"))


def test_what_the_server_takes_does_not_count() -> None:
    held = bytearray(600 * MIB)
    held[:: resource.getpagesize()] = b"x" * len(
        range(0, len(held), resource.getpagesize())
    )  # else it is only promised
    assert list(apart(at_once, "300")) == [300 * MIB]


def test_memory_that_is_taken_little_by_little_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_apart, "MAX_MEMORY", 64 * MIB)
    with pytest.raises(Refused, match="too much memory or time"):
        list(apart(little_by_little))


def test_time_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_apart, "MAX_SECONDS", 1)
    with pytest.raises(Refused, match="too much memory or time"):
        list(apart(thinking))


def test_the_folder_where_it_is_called_is_none_of_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-PATH-02."""
    for name in ("json", "resource", "tempfile", "engine", "sitecustomize", "usercustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    assert list(apart(echo))
