"""Where what the audit log tells of came from, and how its oldest entries go."""

from engine.storage.migrations import audit_log

revision = "c014"
down_revision = "c013"


def upgrade() -> None:
    audit_log.tell_where_from()
