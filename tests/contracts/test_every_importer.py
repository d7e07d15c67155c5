"""What every importer promises, asked of all that are in the folder."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from engine.errors import Refused
from engine.importers import importer_for, importers
from engine.text import Text


@pytest.mark.parametrize("name", importers)
def test_it_says_what_it_is(name: str) -> None:
    importer = importers[name]
    assert importer.name == name
    assert isinstance(importer.label, Text)
    assert importer.extensions
    assert all(ending.startswith(".") and ending == ending.lower() for ending in importer.extensions)
    jsonschema.Draft202012Validator.check_schema(importer.options_schema)


@pytest.mark.parametrize("name", importers)
def test_it_refuses_with_words_what_is_none_of_its_files(name: str, tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.touch()
    with pytest.raises(Refused):
        importers[name].open(file)
    with pytest.raises(Refused):
        importers[name].open(file, {"no such option": "x"})
    assert not importers[name].sniff(b"\x7fELF\x02\x01\x01\x00", "program")


def test_each_file_belongs_to_one_importer() -> None:
    endings = [ending for importer in importers.values() for ending in importer.extensions]
    assert len(endings) == len(set(endings))


def test_an_unknown_file_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(Refused, match=r"photo\.jpg is no file that can be imported.*\.csv"):
        importer_for(b"\xff\xd8\xff", "photo.jpg")
