"""The second factor: seeds (sealed), recovery codes (hashed), and sign-ins that still wait for a code."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "c006"
down_revision = "c005"


def _of_user(**more: Any) -> sa.Column[str]:
    return sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, **more)


def upgrade() -> None:
    op.create_table(
        "second_factors",
        _of_user(primary_key=True),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
    )
    op.create_table("recovery_codes", _of_user(primary_key=True), sa.Column("code_hash", sa.Text, primary_key=True))
    op.create_table(
        "pending_sign_ins",
        sa.Column("token_hash", sa.Text, primary_key=True),
        _of_user(index=True),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
