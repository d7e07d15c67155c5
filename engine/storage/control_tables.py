"""The control store's tables, as its migrations make them."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.automation_tables import Said

metadata = sa.MetaData()


def _table(name: str, *columns: str) -> sa.Table:
    return sa.Table(name, metadata, *(sa.Column(column, sa.Text) for column in columns))


users = _table(
    "users",
    "id",
    "email",
    "name",
    "password_hash",
    "language",
    "theme",
    "created_at",
    "disabled_at",
)
sessions = _table(
    "sessions",
    "token_hash",
    "id",
    "user_id",
    "csrf",
    "created_at",
    "last_seen_at",
    "expires_at",
    "agent",
    "address",
    "proved_at",
    "guise_in",
    "guise_of",
    "guise_roles",
    "guise_until",
)
failed_tries = sa.Table(
    "failed_tries",
    metadata,
    sa.Column("what_hash", sa.Text),
    sa.Column("failures", sa.Integer),
    sa.Column("wait_until", sa.Text),  # empty: no need to
    sa.Column("last_at", sa.Text),
)
tokens = _table(
    "tokens",
    "id",
    "token_hash",
    "user_id",
    "workspace_id",
    "name",
    "created_at",
    "expires_at",
    "last_used_at",
    "scope",
    "within",
)
workspaces = _table("workspaces", "id", "name", "created_at")
memberships = _table("memberships", "workspace_id", "user_id", "role", "created_at")
setup_links = _table("setup_links", "token_hash", "expires_at")
# At most one link of each kind for a person: only the newest counts.
reset_links = _table("reset_links", "token_hash", "user_id", "created_at", "expires_at")
email_changes = _table("email_changes", "token_hash", "user_id", "email", "expires_at")
reset_wishes = _table("reset_wishes", "email", "subject", "body", "asked_at")
notices = sa.Table(
    "notices",
    metadata,
    *(sa.Column(name, sa.Text) for name in ("id", "email", "language", "at")),
    sa.Column("says", Said),
)
invitations = _table(
    "invitations",
    "id",
    "token_hash",
    "workspace_id",
    "invited_by",
    "role",
    "email",
    "created_at",
    "expires_at",
)
# `last_step`: the last 30 seconds whose code was used. `seed` is sealed by the vault.
second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("user_id", sa.Text),
    sa.Column("seed", sa.Text),
    sa.Column("last_step", sa.Integer),
    sa.Column("since", sa.Text),
)
recovery_codes = _table("recovery_codes", "user_id", "code_hash")
pending_sign_ins = sa.Table(
    "pending_sign_ins",
    metadata,
    sa.Column("token_hash", sa.Text),
    sa.Column("user_id", sa.Text),
    sa.Column("tries", sa.Integer),
    sa.Column("expires_at", sa.Text),
)
remembered_browsers = _table(
    "remembered_browsers",
    "token_hash",
    "id",
    "user_id",
    "agent",
    "address",
    "created_at",
    "used_at",
    "expires_at",
)
identities = _table("identities", "issuer", "subject", "user_id", "email", "created_at")
