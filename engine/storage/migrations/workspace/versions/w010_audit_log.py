"""The audit log of what is done to a workspace."""

from engine.storage.migrations import audit_log

revision = "w010"
down_revision = "w009"


def upgrade() -> None:
    audit_log.create()
