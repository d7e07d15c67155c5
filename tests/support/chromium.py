"""Finds the Chromium that the tests drive; `python -m tests.support.chromium` prints it or says what to install."""

from __future__ import annotations

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str:
    """The path of a Chromium: what CHROMIUM names, else the first on PATH. Raises FileNotFoundError without one."""
    wanted = (os.environ["CHROMIUM"],) if os.environ.get("CHROMIUM") else NAMES
    for name in wanted:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"No Chromium found (looked for {', '.join(wanted)}). Install your system's package, or name yours in CHROMIUM."
    )


if __name__ == "__main__":
    try:
        print(find_chromium())
    except FileNotFoundError as error:
        sys.exit(str(error))
