"""What happens to Ben, or to what he has."""

from __future__ import annotations

import base64

import sqlalchemy as sa

from engine import accounts, apps, hooks, identities, invitations, records, remembered, resets, roles, sessions, shares
from engine.access.principals import ENGINE, person
from engine.cli.run import run
from engine.storage import control_tables
from engine.vault import new_key
from tests.support.terminal import FakeTerminal
from tests.web.accounts.revocation.credentials import DESK, ELSEWHERE, SHOP, Held
from tests.web.conftest import PASSWORD, Visitor
from web.app import create_app


def sign_out(held: Held) -> None:
    held.visitor(sid=held.session).submit("/sign-out", on="/account")


def end_from_elsewhere(held: Held) -> None:
    other = held.visitor(sid=sessions.open_session(held.site.stores, held.ben.id))
    other.submit(f"/account/sessions/{held.session_id}/end", on="/account")


def end_all_others(held: Held) -> None:
    held.visitor(sid=sessions.open_session(held.site.stores, held.ben.id)).submit(
        "/account/sessions/end", on="/account"
    )


def change_password(held: Held) -> None:
    given = {"current_password": PASSWORD, "password": "another four words"}
    held.visitor(sid=held.session).submit("/account/password", on="/account", **given)


def reset(held: Held) -> None:
    link = f"/reset/{resets.link(held.site.stores, held.ben.id)}"
    held.visitor().submit(link, password="another four words")


def change_address(held: Held) -> None:
    held.visitor(sid=held.session).submit(held.links["address"], on="/account")


def remove(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/removal", on="/account")


def lower(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/role", on="/account", role="guest")


def _as_ada(held: Held) -> Visitor:
    ada = accounts.person_by_email(held.site.stores, "ada@example.com")
    assert ada
    return held.visitor(sid=sessions.open_session(held.site.stores, ada.id))


def delete_token(held: Held) -> None:
    held.visitor(sid=held.session).submit(f"/account/tokens/{held.token_id}/delete", on="/account")


def revoke_invitation(held: Held) -> None:
    (listed,) = invitations.open_ones(held.site.stores, held.home)
    _as_ada(held).submit(f"/w/{held.home}/invitations/{listed.id}/revocation", on="/account")


def disable_by_command(held: Held) -> None:
    words = ["person", "disable", held.ben.email]
    assert run(words, FakeTerminal(), settings=held.site.settings, stores=held.site.stores) == 0


def new_codes(held: Held) -> None:
    held.visitor(sid=held.session).submit("/account/second-factor/codes", on="/account/second-factor")


def untie(held: Held) -> None:
    identities.untie(held.site.stores, held.ben.id, ELSEWHERE.issuer)


def close_form(held: Held) -> None:
    document = SHOP | {"version": "1.0.1", "tables": {"orders": {**SHOP["tables"]["orders"], "forms": {}}}}
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        apps.apply(session, document)


def take_share_back(held: Held) -> None:
    for share in (held.share_id, held.locked_id):
        _as_ada(held).submit(f"/w/{held.home}/shares/{share}/revocation", on="/account")


def give_share_another_password(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        shares.change(session, held.locked_id, password="another four words")


def end_the_guise(held: Held) -> None:
    held.visitor(sid=held.guise).submit(f"/w/{held.home}/guise/end", on="/account")


def remove_whom_he_looks_as(held: Held) -> None:
    _as_ada(held).submit(f"/w/{held.home}/people/{held.cleo}/removal", on="/account")


def make_owner_of_whom_he_looks_as(held: Held) -> None:
    """And a builder of him, who may then not look as her."""
    _as_ada(held).submit(f"/w/{held.home}/people/{held.cleo}/role", on="/account", role="owner")
    _as_ada(held).submit(f"/w/{held.home}/people/{held.ben.id}/role", on="/account", role="builder")


def take_correction_back(held: Held) -> None:
    path = f"/w/{held.home}/apps/shop/orders/records/{held.sent}/correction/revocation"
    _as_ada(held).submit(path, on="/account")


def delete_what_was_sent(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        records.delete(session, "shop.orders", [held.sent])


def delete_hook(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        (hook,) = hooks.of_app(session, "shop")
        hooks.delete(session, "shop", hook.id)


def take_the_app_out(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        apps.remove(session, "shop")


def take_the_role(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        roles.take(session, "desk.clerk", held.clerk["id"])


def take_the_table_out_of_the_role(held: Held) -> None:
    document = DESK | {"version": "1.0.1", "roles": {"clerk": {"tables": {}}}}
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        apps.apply(session, document)


def let_the_token_end(held: Held) -> None:
    t = control_tables.tokens
    with held.site.stores.control.write() as session:
        ended = sa.update(t).where(t.c.id == held.token_id).values(expires_at="2020-01-01T00:00:00.000Z")
        session.connection.execute(ended)


def forget_browser(held: Held) -> None:
    (one,) = remembered.belonging_to(held.site.stores, held.ben.id)
    held.visitor(sid=held.session).submit(f"/account/browsers/{one.id}/forget", on="/account")


def drop_second_factor(held: Held) -> None:
    words = ["person", "drop-second-factor", held.ben.email]
    assert run(words, FakeTerminal(), settings=held.site.settings, stores=held.site.stores) == 0


def rotate_key(held: Held) -> None:
    """A new key in front; the old one stays to open what it sealed. It counts from the next start on."""
    file = held.site.settings.key_file
    file.write_bytes(base64.b64encode(new_key()) + b"\n" + file.read_bytes())
    held.app = create_app(held.site.settings, held.site.stores)
