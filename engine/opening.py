"""Opening an installation's stores with everything attached that must see every write."""

from __future__ import annotations

from engine import meaning
from engine.automations import starts
from engine.hooks import gathering
from engine.settings import Settings
from engine.storage.stores import Stores


def open_stores(settings: Settings) -> Stores:
    """The stores that the settings name; close them at the end.

    Whoever writes through them (page, API, command line, worker) starts automations and
    tells hooks: runs and payloads are stored with the change.
    Raises `Misconfigured` (`FolderInUse` when another process has the folder), `Unavailable`.
    """
    stores = Stores(settings.data, settings.database_url, settings.time_zone, settings.language)
    starts.attach(stores)
    gathering.attach(stores)
    meaning.attach(stores)
    return stores
