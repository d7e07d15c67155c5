"""The audit log of accounts, and of who belongs where."""

from engine.storage.migrations import audit_log

revision = "c002"
down_revision = "c001"


def upgrade() -> None:
    audit_log.create()
