"""The locks hold what pyproject.toml asks for, with hashes, and say nothing about where it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
ASKED = {
    "requirements.lock": RUNTIME,
    "requirements-test.lock": RUNTIME + PROJECT["project"]["optional-dependencies"]["test"],
    "requirements-build.lock": PROJECT["build-system"]["requires"],
}


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_holds_what_is_asked_for(lock: str) -> None:
    held = _versions(lock)
    for requirement in map(Requirement, ASKED[lock]):
        assert requirement.specifier.contains(held[canonicalize_name(requirement.name)]), (
            f"{requirement}: run make lock"
        )


@pytest.mark.parametrize("lock", ASKED)
def test_every_package_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "index-url" not in text
    for package in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in package


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_the_locks_agree(lock: str) -> None:
    """They are installed into one environment."""
    tested = _versions("requirements-test.lock")
    assert {name: version for name, version in _versions(lock).items() if tested.get(name, version) != version} == {}


def _versions(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / lock).read_text(), re.MULTILINE))
