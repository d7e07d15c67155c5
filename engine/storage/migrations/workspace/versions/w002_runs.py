"""Runs and their journal, matching records, notifications, mail to send, connections."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "w002"
down_revision = "w001"


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _needed(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _maybe(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "_runs",
        *_key("id"),
        *_needed("automation", "status", "table_address", "record_id", "transaction_id", "previous", "chain"),
        *_counts("revision", "attempt", "claims"),
        *_needed("created_at"),
        *_maybe("user_id", "step", "host", "says", "due_at", "lease_by", "lease_until", "finished_at"),
        # The same event never starts an automation twice, whatever observes it.
        sa.UniqueConstraint("automation", "record_id", "transaction_id"),
    )
    # Only unfinished runs have a due time, so this stays as small as the work that is left.
    op.create_index("_runs_due", "_runs", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_index("_runs_automation", "_runs", ["automation", "id"])
    op.create_index("_runs_record", "_runs", ["record_id", "id"])
    op.create_table(
        "_run_steps",
        *_key("run_id", "key"),
        *_counts("position"),
        *_needed("action", "status", "attempts", "started_at"),
        *_maybe("prepared", "result", "says", "finished_at"),
    )
    op.create_table("_automation_states", *_key("automation"), *_maybe("matching", "paused_at", "paused_why"))
    op.create_table("_matching", *_key("automation", "record_id"))
    op.create_table(
        "_notifications",
        *_key("id"),
        *_needed("user_id", "at", "message"),
        *_maybe("table_address", "record_id", "automation", "read_at"),
    )
    op.create_index("_notifications_user", "_notifications", ["user_id", "id"])
    op.create_table(
        "_outbox",
        *_key("id"),
        *_needed("recipient", "subject", "body", "message_id", "status", "created_at"),
        *_counts("attempt"),
        *_maybe("says", "cause", "due_at", "lease_by", "lease_until", "sent_at"),
    )
    op.create_index("_outbox_due", "_outbox", ["due_at"], **_where("due_at IS NOT NULL"))
    op.create_table(
        "_connections",
        *_key("id"),
        *_needed("app", "name", "url", "secret", "set_at"),
        *_maybe("old_secret", "old_until", "disabled_at", "disabled_why"),
        sa.UniqueConstraint("app", "name"),
    )


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
