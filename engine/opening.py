"""Opening an installation's stores with everything attached that must see every write."""

from __future__ import annotations

import gc

from engine import meaning
from engine.automations import starts
from engine.hooks import gathering
from engine.settings import Settings
from engine.storage.stores import Stores

NEW_BETWEEN_LOOKS = 10_000  # objects that are new before Python looks which of them nobody needs any more


def open_stores(settings: Settings) -> Stores:
    """The stores that the settings name; close them at the end.

    Whoever writes through them (page, API, command line, worker) starts automations and
    tells hooks: runs and payloads are stored with the change.
    Raises `Misconfigured` (`FolderInUse` when another process has the folder), `Unavailable`.
    """
    # Of its own accord Python looks after 700, and through all that there is ever again while records come in by the
    # thousand: a fifth of the time of an import.
    gc.set_threshold(NEW_BETWEEN_LOOKS)
    stores = Stores(settings.data, settings.database_url, settings.time_zone, settings.language)
    starts.attach(stores)
    gathering.attach(stores)
    meaning.attach(stores)
    return stores
