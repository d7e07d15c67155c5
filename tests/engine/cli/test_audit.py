from __future__ import annotations

import json

from tests.engine.cli.conftest import CommandLine


def test_the_log_is_listed_and_proven(formwork: CommandLine) -> None:
    listed = formwork.json("audit list")
    assert ("app.installed", "installed the app Shop", "Ada") in [
        (one["act"], one["says"], one["who"]) for one in listed
    ]
    found = formwork.json("audit verify")
    assert found["whole"]
    (noted,) = [one["hash"] for one in found["chains"] if one["chain"] == "workspace"]
    formwork("remove shop")
    assert formwork.json(f"audit verify --since {noted}")["whole"]
    assert "took the app Shop out" in formwork("audit list")
    assert formwork.json(f"audit verify --since {'0' * 64}", code=1)["missing"] == ["0" * 64]


def test_it_is_written_as_json_lines(formwork: CommandLine) -> None:
    formwork("token create script")
    lines = [json.loads(line) for line in formwork("audit export").splitlines()]
    assert {one["chain"] for one in lines} == {"workspace", "accounts"}
    assert [one["number"] for one in lines if one["chain"] == "workspace"] == [1, 2]
    installed, exported = (one for one in lines if one["chain"] == "workspace")
    assert (installed["act"], exported["act"]) == ("app.installed", "audit.exported")
    assert exported["request"].startswith("cmd")
    assert exported["result"] == "done"
    (first, second, *_older) = formwork.json("audit list --limit 2")
    assert {first["by"], second["by"]} == {"person"}
    assert first["request"].startswith("cmd")
