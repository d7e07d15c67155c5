"""What is taken back counts no more at the next request: kinds of credentials against what happens to them.

Each case makes one of every kind for Ben, who owns the workspace beside Ada, tries them all, lets something happen, and
tries them all again. The table says which are dead then; all others must still work. T-REVOKE-01, T-MTX-05.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import ways_in, workspaces
from engine.storage.stores import Stores
from tests.support.databases import Database
from tests.web.accounts.revocation import events
from tests.web.accounts.revocation.credentials import BROWSER, KINDS, OF_CLERK, SENT, SHARES, TOKEN, Held

ALL_OF_BEN = set(KINDS) - {"public form", "correction link"} - OF_CLERK
DEAD: dict[Callable[[Held], None], set[str]] = {
    events.sign_out: {"session"},
    events.end_from_elsewhere: {"session"},
    events.end_all_others: {"session", "guise"} | BROWSER,
    events.change_password: {"session", "guise"} | SENT | BROWSER,
    events.reset: {"session", "guise", "account elsewhere"} | SENT | TOKEN | BROWSER,
    events.change_address: {"reset link", "address link"},
    events.remove: {"invitation made", "guise", "hook"} | TOKEN | SHARES,
    events.lower: {"invitation made", "token writes", "guise", "hook"} | SHARES,
    events.delete_token: TOKEN,
    events.revoke_invitation: {"invitation made"},
    events.disable_by_command: ALL_OF_BEN,
    events.new_codes: {"recovery code"},
    events.untie: {"account elsewhere"},
    events.forget_browser: BROWSER,
    events.drop_second_factor: {"recovery code", "pending code"} | BROWSER,
    events.let_the_token_end: TOKEN,
    events.close_form: {"public form", "correction link"},
    events.take_correction_back: {"correction link"},
    events.delete_what_was_sent: {"correction link"},
    events.take_share_back: SHARES,
    events.give_share_another_password: {"unlocked share"},
    events.end_the_guise: {"guise"},
    events.remove_whom_he_looks_as: {"guise"},
    events.make_owner_of_whom_he_looks_as: {"guise", "invitation made"},
    events.delete_hook: {"hook"},
    events.take_the_role: OF_CLERK,
    events.take_the_table_out_of_the_role: OF_CLERK,
    # The file was brought by the token itself, which may read it as long as it lies in the trash with the app.
    events.take_the_app_out: {"token reads", "token writes"} | SHARES | {"public form", "correction link", "hook"},
    events.rotate_key: {"file address", "public form", "unlocked share"},
}


@pytest.mark.parametrize("happens", DEAD, ids=lambda one: one.__name__.replace("_", " "))
def test_what_is_taken_back_is_dead_at_the_next_request(held: Held, happens: Callable[[Held], None]) -> None:
    assert [kind for kind, works in KINDS.items() if not works(held)] == []
    happens(held)
    assert {kind for kind, works in KINDS.items() if not works(held)} == DEAD[happens]


def test_another_server_knows_it_at_once(held: Held, database_url: Database) -> None:
    if not database_url.url:
        pytest.skip("one process opens a SQLite installation")
    assert all(works(held) for works in KINDS.values())
    other = Stores(database_url.folder, database_url.url)
    ways_in.disable(other, held.ben.id)
    workspaces.change_role(other, held.home, held.ben.id, "guest")
    other.close()
    assert {kind for kind, works in KINDS.items() if not works(held)} == ALL_OF_BEN
