"""What Formwork is made of may be used and passed on by everybody, is pinned by hashes, and is listed."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from tests.packages import ROOT, Package, document, packages

PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-0-Clause", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0",
}  # fmt: skip
# What asks for more than its notice, and why that is met.
OTHERS = {
    "@fontsource-variable/inter": "OFL-1.1: a font, handed on as it is",
    "orjson": "MPL-2.0: its own files are used unchanged",
    "psycopg": "LGPL-3.0-only: used unchanged as a library, which anybody can replace; only with PostgreSQL",
    "psycopg-binary": "LGPL-3.0-only: the same",
}


@pytest.mark.parametrize("package", packages(), ids=lambda one: one.name)
def test_a_package_is_pinned_and_may_be_used_and_passed_on(package: Package) -> None:
    assert package.hashes
    if package.licence is None:  # not for this system
        return
    if package.kind == "pypi":
        assert metadata.version(package.name) == package.version
    if package.name not in OTHERS:
        assert set(re.split(r" (?:OR|AND) ", package.licence)) <= PERMISSIVE


def test_the_list_is_one_that_scanners_read() -> None:
    found = document()
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    named = {one["purl"]: one for one in found["components"]}
    assert len(named) == len(found["components"])
    assert named[f"pkg:pypi/sqlalchemy@{metadata.version('sqlalchemy')}"]["licenses"] == [{"expression": "MIT"}]
    assert any(one.startswith("pkg:npm/%40tabler/core@") for one in named)
    locked = re.findall(r"^[A-Za-z0-9._-]+(?:\[[^]]*\])?==", (ROOT / "requirements.lock").read_text("utf-8"), re.M)
    assert sum(one.startswith("pkg:pypi/") for one in named) == len(locked)


def test_what_asks_for_more_is_still_there() -> None:
    assert {one.name for one in packages()} >= OTHERS.keys()
