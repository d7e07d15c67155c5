"""What a role may do, in the words that clients know."""

from __future__ import annotations

from collections.abc import Mapping

LEVELS: Mapping[str, str] = {"owner": "create", "builder": "create", "member": "edit", "guest": "read"}
