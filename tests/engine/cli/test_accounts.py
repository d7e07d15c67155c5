from __future__ import annotations

from engine import api_tokens, sign_in
from engine.access.scopes import Scope
from tests.engine.cli.conftest import PASSWORD, CommandLine

OWNER = "owner create --email ada@example.com --name Ada --workspace-name Acme"


def test_the_owner_is_created_once(bare: CommandLine) -> None:
    assert bare.refused("apps") == ["There is no workspace yet. Make the owner first: formwork owner create."]
    assert bare(OWNER) == "Created Ada and the workspace Acme.\n"
    assert sign_in.sign_in(bare.stores, "ada@example.com", PASSWORD).session
    assert bare.refused(OWNER) == ["There is an owner already. Sign in."]


def test_a_script_gives_the_password_in_a_file(bare: CommandLine) -> None:
    facts = bare.json(f"{OWNER} --password-file -", stdin="another four words\nsomething else\n")
    assert sign_in.sign_in(bare.stores, "ada@example.com", "another four words").session
    assert facts["email"] == "ada@example.com"


def test_every_problem_with_the_owner_is_told(bare: CommandLine) -> None:
    lines = bare.refused("owner create --email x --name '' --workspace-name '' --password-file -", stdin="short")
    assert [line.partition(":")[0] for line in lines] == ["/email", "/name", "/password", "/workspace"]


def test_workspaces(formwork: CommandLine) -> None:
    formwork("workspace create 'Acme Japan'")
    names = [one["name"] for one in formwork.json("workspace list")]
    assert names == ["Acme", "Acme Japan"]
    (line,) = formwork.refused("apps", 2)
    assert line.startswith("Say which workspace with --workspace: Acme (wsp")
    assert formwork.json("apps --workspace acme")[0]["key"] == "shop"
    assert formwork.json("apps -w 'acme japan'") == []
    (line,) = formwork.refused("apps -w nope")
    assert line.startswith("There is no workspace nope.")


def test_tokens(formwork: CommandLine) -> None:
    secret = formwork("token create 'Nightly report' --days 30").strip()
    assert "shown this once" in formwork.last.complained
    holder = api_tokens.holder_of(formwork.stores, secret)
    (listed,) = formwork.json("token list")
    assert (listed["id"], listed["name"]) == (holder.token_id, "Nightly report")
    assert secret not in formwork("token list")
    assert formwork.json("token create forever --days 0")["expires_at"] is None
    formwork(f"token revoke {holder.token_id}")
    assert [one["name"] for one in formwork.json("token list")] == ["forever"]
    assert formwork.refused("token revoke tokNope") == ["There is no such token."]
    assert formwork.refused("token create x --days 4000") == ["/days: Choose between 1 and 3650 days."]


def test_who_acts(formwork: CommandLine) -> None:
    (line,) = formwork.refused("token list --as bob@example.com")
    assert line == "There is no account with the address bob@example.com."
    formwork("record create orders number=1 --as ADA@example.com")
    assert "Ada" in formwork("query orders")


def test_a_token_may_do_less_than_its_holder(formwork: CommandLine) -> None:
    made = formwork.json("token create Dashboard --read-only --within shop.orders --within shop.customers")
    assert (made["may"], made["within"]) == ("read", "shop.orders shop.customers")
    holder = api_tokens.holder_of(formwork.stores, made["token"])
    assert holder.scope == Scope(writes=False, within=("shop.orders", "shop.customers"))
    (line,) = formwork.refused("token create x --within crm")
    assert line == "/within: There is no app or table crm in this workspace."
