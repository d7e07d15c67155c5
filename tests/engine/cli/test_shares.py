"""Links by which strangers see a view, from the command line."""

from __future__ import annotations

from tests.engine.cli.conftest import CommandLine


def test_a_link_is_made_listed_and_revoked(formwork: CommandLine) -> None:
    link = formwork("share create shop.customers --name Fair --days 7").strip()
    assert "/s/wsp" in link
    (found,) = formwork.json("share list")
    assert (found["name"], found["table"], found["openings"], found["has_password"]) == (
        "Fair",
        "shop.customers",
        0,
        False,
    )
    assert link.partition("/s/")[2] not in str(found)
    assert formwork(f"share revoke {found['id']}") == "The link leads nowhere any more.\n"
    assert formwork.json("share list") == []
    assert "shared Fair by a link" in formwork("audit list")


def test_with_a_password_from_a_file(formwork: CommandLine) -> None:
    formwork("share create shop.customers --password-file -", stdin="correct horse battery\n")
    assert [one["has_password"] for one in formwork.json("share list")] == [True]


def test_what_there_is_not(formwork: CommandLine) -> None:
    assert formwork.refused("share create shop.nothing") == ["There is no table shop.nothing."]
    assert formwork.refused("share create shop.customers --view nothing") == ["There is no view nothing here."]
    assert formwork.refused("share revoke shr0") == ["There is no such share (any more)."]
