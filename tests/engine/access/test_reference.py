"""Rules of records against a small evaluator of its own: what is unknown denies, on both databases (T-RULE-01)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import records
from engine.access import judging
from engine.access.rights import Rights
from engine.access.sight import Sight
from engine.definitions.apps import Apps
from engine.definitions.check import check
from engine.queries import Query
from engine.storage.expressions import clock_of
from engine.storage.layout import Layout
from engine.storage.session import Session
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, APP, AS_REP, REP

Truth = bool | None  # None: unknown
Values = Mapping[str, Any]

RECORDS: list[dict[str, Any]] = [
    {"name": name, "owner": owner, "credit": credit, "level": level, "claimed": claimed, "phone": f"p{number}"}
    for number, (name, owner, credit, level, claimed) in enumerate(
        [
            ("Alder", REP, 5, "a", True),
            ("Birch", REP, None, None, False),
            ("Cedar", ANA, 5, "b", False),
            ("alder", ANA, None, "a", True),
            ("Elm", None, 0, None, False),
            ("Fir", None, 12, "b", True),
        ]
    )
]


def _test(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


SINGLE: dict[str, tuple[Any, Any]] = {
    "mine": (_test("owner", "is_me"), lambda r: _equal(r["owner"], REP)),
    "mine as an expression": ("={owner} = ME()", lambda r: r["owner"] == REP),
    "somebody else's": (_test("owner", "is_not", REP), lambda r: r["owner"] != REP),
    "nobody's": (_test("owner", "is_empty"), lambda r: r["owner"] is None),
    "of none in a list": (_test("level", "is_none_of", ["a"]), lambda r: r["level"] != "a"),
    "level a": (_test("level", "is", "a"), lambda r: _equal(r["level"], "a")),
    "level a or b": (_test("level", "is_any_of", ["a", "b"]), lambda r: _among(r["level"], ["a", "b"])),
    "rich": (_test("credit", "greater", 4), lambda r: None if r["credit"] is None else r["credit"] > 4),
    "rich as an expression": ("={credit} > 4", lambda r: (r["credit"] or 0) > 4),
    "not rich": ("=NOT({credit} > 4)", lambda r: not (r["credit"] or 0) > 4),
    "five": (_test("credit", "equals", 5), lambda r: _equal(r["credit"], 5)),
    "not five": (_test("credit", "not_equals", 5), lambda r: r["credit"] != 5),
    "claimed": (_test("claimed", "is", True), lambda r: bool(r["claimed"])),
    "named so": (_test("name", "contains", "ald"), lambda r: "ald" in r["name"].lower()),
    "none of several": ({"any": []}, lambda _r: False),
}


def _equal(held: Any, value: Any) -> Truth:
    return None if held is None else held == value


def _among(held: Any, values: list[Any]) -> Truth:
    return False if not values else None if held is None else held in values


def holds(rule: Any, record: Values) -> Truth:
    """A rule by the words of three-valued logic."""
    if isinstance(rule, bool):
        return rule
    kind, parts = rule
    if kind == "single":
        found: Truth = SINGLE[parts][1](record)
        return found
    truths = [holds(one, record) for one in parts]
    decided, other = (False, True) if kind == "all" else (True, False)
    return decided if decided in truths else None if None in truths else other


def written(rule: Any) -> Any:
    """The rule as a definition says it."""
    if isinstance(rule, bool):
        return rule
    kind, parts = rule
    return SINGLE[parts][0] if kind == "single" else {kind: [written(one) for one in parts]}


single = st.tuples(st.just("single"), st.sampled_from(list(SINGLE)))
condition = st.recursive(
    single,
    lambda inner: st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=5,
)
rule = st.booleans() | condition
said_of_field = (
    st.sampled_from([None, "hidden", "read_only", "open"]) | condition | st.tuples(st.just("set"), condition)
)
role = st.fixed_dictionaries(
    {
        "read": rule,
        "update": rule,
        "delete": rule,
        "where": st.none() | condition,
        "phone": said_of_field,
        "others": st.sampled_from([None, "hidden", "read_only"]),  # what is said of fields that are not named
        "named": st.booleans(),  # else the table is what `*` stands for
    }
)


def document(roles: list[dict[str, Any]]) -> dict[str, Any]:
    """The app with these roles on its accounts."""
    made = copy.deepcopy(APP)
    del made["tables"]["deals"]["fields"]["stage"]["transitions"]
    made["roles"] = {f"role_{number}": {"tables": _tables(one)} for number, one in enumerate(roles)}
    return made


def _tables(one: dict[str, Any]) -> dict[str, Any]:
    if one["named"]:
        return {"accounts": _access(one)}
    return {"*": _access(one), "deals": {}, "tags": {}, "secrets": {}}


def _access(one: dict[str, Any]) -> dict[str, Any]:
    acts = {act: written(one[act]) if one["read"] is not False else False for act in ("read", "update", "delete")}
    said = one["phone"]
    fields = {} if said is None else {"phone": _said(said)}
    fields |= {"*": one["others"]} if one["others"] else {}
    return {**acts, **({"where": written(one["where"])} if one["where"] else {}), "fields": fields}


def _said(said: Any) -> Any:
    if isinstance(said, str):
        return said
    return {"set": written(said[1])} if said[0] == "set" else written(said)


def gives(one: dict[str, Any], act: str, record: Values) -> bool:
    """Whether the role gives an act with the record: within what `where` says."""
    return holds(one[act], record) is True and (one["where"] is None or holds(one["where"], record) is True)


def shows(one: dict[str, Any], key: str, record: Values) -> bool:
    said = _of(one, key)
    return said in ("open", "read_only") or said[0] == "set" or (said != "hidden" and holds(said, record) is True)


def sets(one: dict[str, Any], key: str, record: Values) -> bool:
    said = _of(one, key)
    if isinstance(said, str):
        return bool(said == "open")
    return holds(said[1] if said[0] == "set" else said, record) is True


def _of(one: dict[str, Any], key: str) -> Any:
    return (one["phone"] if key == "phone" else None) or one["others"] or "open"


def allowed(session: Session, stage: judging.Stage, record_id: str, *keys: str) -> bool:
    return not judging.problems(session, "crm.accounts", stage, {record_id: keys})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(roles=st.lists(role, min_size=1, max_size=3))
def test_roles_give_what_their_rules_say(shop: Shop, roles: list[dict[str, Any]]) -> None:
    if not shop.find("accounts"):
        shop.create("accounts", *RECORDS)
    made = document(roles)
    assert check(made) == []
    ids = {one.values["phone"]: one.id for one in shop.find("accounts")}
    with shop.workspace.read(AS_REP) as session:
        layout = Layout(Apps([(made, 1)]), session.whole.version)
        held = [f"crm.role_{number}" for number in range(len(roles))]
        session._layout = layout
        session._seen = Sight(layout, Rights(layout.apps, layout.types, held), clock_of(session))
        reading = [one for one in roles if one["read"] is not False]
        assert ("crm.accounts" in session.layout.apps.tables) == bool(reading)
        if not reading:
            return
        found = {one.id: one.values for one in records.find(session, Query("crm.accounts")).records}
        for record in RECORDS:
            record_id = ids[record["phone"]]
            showing = [one for one in reading if gives(one, "read", record)]
            assert (record_id in found) == bool(showing)
            for key in ("phone", "name") if showing else ():
                seen = any(shows(one, key, record) for one in showing)
                assert found[record_id].get(key) == (record[key] if seen else None)
            changing = [one for one in showing if gives(one, "update", record)]
            deleting = any(gives(one, "delete", record) for one in showing)
            assert allowed(session, "before", record_id) == bool(changing)
            assert allowed(session, "delete", record_id) == deleting
            for key in ("phone", "name"):
                setting = any(sets(one, key, record) for one in changing)
                assert allowed(session, "before", record_id, key) == setting
