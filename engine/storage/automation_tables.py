"""Tables of a workspace's store for what happens by itself: runs and their journal, mail, notifications, connections.

Instants are texts as records hold them (`2026-11-21T12:00:00.000Z`), so that they compare alike on both databases.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from engine.storage.workspace_tables import metadata
from engine.text import Text


class Said(TypeDecorator[str]):
    """A sentence for people that keeps its message id, so that each reader gets it in their own language."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(packed(value), ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else unpacked(json.loads(value))


def packed(value: Any) -> Any:
    """A sentence as JSON that keeps its message id and values."""
    if isinstance(value, Text):
        return {"message": value.message, "values": {name: packed(inner) for name, inner in value.values.items()}}
    if isinstance(value, Mapping):
        return {"label": dict(value)}
    return value if isinstance(value, str | int | float) else str(value)


def unpacked(value: Any) -> Any:
    """The sentence that was packed."""
    if not isinstance(value, dict):
        return value
    if "label" in value:
        return value["label"]
    return Text(value["message"], {name: unpacked(inner) for name, inner in value["values"].items()})


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _said(name: str = "says") -> sa.Column[str]:
    return sa.Column(name, Said)


def _integer(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer) for name in names]


# `chain`: addresses of the automations whose runs led to this one, first first (JSON). `previous`: values before
# the change (JSON). `caused_by`: the person behind all of it, and what their token may do (JSON). `due_at`: when to
# go on. `lease_*`: who works on it, until when. `host`: whom the next step calls.
runs = sa.Table(
    "_runs",
    metadata,
    *_text("id", "automation", "status", "table_address", "record_id", "transaction_id", "user_id"),
    *_text(
        "previous",
        "chain",
        "caused_by",
        "step",
        "host",
        "due_at",
        "lease_by",
        "lease_until",
        "created_at",
        "finished_at",
    ),
    _said(),
    *_integer("revision", "attempt", "claims"),
)
# One row per step that was begun. `prepared`: what an external step sends, the same for all attempts (JSON).
# `attempts`: a list of what came of each attempt to reach somebody outside (JSON).
run_steps = sa.Table(
    "_run_steps",
    metadata,
    *_text("run_id", "key", "action", "status", "prepared", "result", "attempts", "started_at", "finished_at"),
    _said(),
    *_integer("position"),
)
# `matching`: which condition `_matching` was filled for. `paused_at`: set while the automation must not start.
automation_states = sa.Table(
    "_automation_states", metadata, *_text("automation", "matching", "paused_at"), _said("paused_why")
)
# The records that satisfy the condition of a `record_matches` trigger now.
matching = sa.Table("_matching", metadata, *_text("automation", "record_id"))
notifications = sa.Table(
    "_notifications",
    metadata,
    *_text("id", "user_id", "at", "table_address", "record_id", "automation", "read_at"),
    _said("message"),
)
outbox = sa.Table(
    "_outbox",
    metadata,
    *_text("id", "recipient", "subject", "body", "message_id", "status", "cause"),
    *_text("created_at", "due_at", "lease_by", "lease_until", "sent_at"),
    _said(),
    *_integer("attempt"),
)
# `name`: a connection's key, or the URL of a step that names one. Secrets are sealed by the vault.
# `failing_since`: the first of the failures after the last success, NULL while it works; `failed_at`: the last of them.
connections = sa.Table(
    "_connections",
    metadata,
    *_text("id", "app", "name", "url", "secret", "old_secret", "old_until", "disabled_at", "set_at"),
    *_text("failing_since", "failed_at"),
    _said("disabled_why"),
)
