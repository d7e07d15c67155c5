"""What a change of a definition does, and what is wrong with one, as answers say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.apps import Plan
from engine.definitions.alteration import Alteration
from engine.errors import Problem
from web.alterations import listed
from web.api.shapes import FLAG, PROBLEM, TEXT, WHOLE, array, one_of, shape

ALTERATION = shape(kind=one_of("add", "change", "remove"), message=TEXT, lost=WHOLE, takesAway=FLAG)
PLAN = shape(alterations=array(ALTERATION), problems=array(PROBLEM), brokenTests=array(PROBLEM), applies=FLAG)


def alterations_told(found: Iterable[Alteration]) -> list[dict[str, Any]]:
    """Each change in words; `lost` counts the values in real records that it takes away."""
    found = list(found)
    return [
        {"kind": words.kind, "message": str(one.says), "lost": one.lost, "takesAway": one.destroys}
        for one, words in zip(found, listed(found), strict=True)
    ]


def problems_told(found: Iterable[Problem]) -> list[dict[str, Any]]:
    """Each problem at its JSON pointer; warnings do not stop a change."""
    return [{"at": one.at, "message": str(one.says), "code": one.code, "severity": one.severity} for one in found]


def plan_told(plan: Plan) -> dict[str, Any]:
    """What would be done; `applies`: nothing stops it."""
    return {
        "alterations": alterations_told(plan.alterations),
        "problems": problems_told(plan.problems),
        "brokenTests": problems_told(plan.broken),
        "applies": not plan.refused and not plan.broken,
    }
