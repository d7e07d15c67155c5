"""Reads `who_may.txt`: which act each route is, and what comes of an act for whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).with_name("who_may.txt")
PEOPLE, LINKS, PROGRAMS = "acts of people", "acts of links", "acts of programs"
FIELDS = "fields that programs see and set"


@dataclass(frozen=True)
class Policy:
    """`acts` by kind of asker: act -> who -> what comes of it. `routes`: (method, path) -> its acts.

    `proof`: the routes that ask for the password again.
    """

    acts: Mapping[str, Mapping[str, Mapping[str, str]]]
    routes: Mapping[tuple[str, str], tuple[str, ...]]
    proof: Collection[tuple[str, str]]

    def kind_of(self, path: str) -> str:
        """Who asks there: people with a browser, whoever has a link, or programs."""
        return PROGRAMS if path.startswith(("/v0/", "/mcp")) else LINKS if path.startswith("/s/") else PEOPLE


def read() -> Policy:
    """The page."""
    acts: dict[str, dict[str, dict[str, str]]] = {}
    routes: dict[tuple[str, str], tuple[str, ...]] = {}
    proof: set[tuple[str, str]] = set()
    section, askers = "", list[str]()
    for line in PAGE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            section, askers = line.strip("[]"), []
        elif section.startswith("asks for the password"):
            proof.add((line.split()[0], line.split()[1]))
        elif section == "routes":
            method, path, said = line.split(None, 2)
            assert (method, path) not in routes, line
            routes[method, path] = tuple(one.strip() for one in said.split(","))
        elif not askers:
            askers = line.split()
        else:
            words = line.split()
            act, outcomes = " ".join(words[: -len(askers)]), words[-len(askers) :]
            assert all(re.fullmatch(r"yes|sign|ask|set|seen|no|\d{3}", one) for one in outcomes), line
            acts.setdefault(section, {})[act] = dict(zip(askers, outcomes, strict=True))
    return Policy(acts, routes, proof)
