from __future__ import annotations

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
