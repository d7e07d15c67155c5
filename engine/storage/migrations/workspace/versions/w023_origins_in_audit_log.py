"""Where what the audit log tells of came from, and how its oldest entries go."""

from engine.storage.migrations import audit_log

revision = "w023"
down_revision = "w022"


def upgrade() -> None:
    audit_log.tell_where_from()
