"""An answer for programs: as JSON, with the places of rules and their source text."""

from __future__ import annotations

from typing import Any

from engine.access.clauses import Clause
from engine.text import label_in
from engine.why.answers import Answer, Saying, Verdict


def facts(answer: Answer, language: str) -> dict[str, Any]:
    """By act (`see`, `change`, `delete`) whether somebody `may`, and why."""
    return {act: _verdict(answer, one, language) for act, one in answer.verdicts.items()}


def _verdict(answer: Answer, verdict: Verdict, language: str) -> dict[str, Any]:
    return {
        "may": verdict.may,
        "says": list(map(str, verdict.says)),
        "roles": [_saying(answer, one, language) for one in verdict.roles],
        "would": list(map(str, verdict.would)),
    }


def _saying(answer: Answer, one: Saying, language: str) -> dict[str, Any]:
    said = _clause(answer, one.said, language) if isinstance(one.said, Clause) else one.said
    return {"role": one.role.address, "at": one.at, "allows": one.allows, "says": said}


def _clause(answer: Answer, one: Clause, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"at": one.at, "rule": one.text, "holds": one.holds}
    if one.joined:
        return {**found, one.joined: [_clause(answer, part, language) for part in one.parts]}
    values = {".".join(path): list(answer.facts[path].values) for path in one.paths if path in answer.facts}
    asks = {name: [label_in(label, language) for label in answer.asking[name]] for name in one.asks}
    return {**found, "values": values, "asks": asks}
