"""The command `formwork`: everything of `engine/cli`, and `serve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts import App


def main() -> None:
    """Carry out the command of this process and exit with its code."""
    from engine import cli

    sys.exit(cli.main(more=_add_serve))


def _add_serve(app: App) -> None:
    from engine.cli.commands import START

    # By name: what it needs is imported only when it is used.
    app.command("web.serving:serve", name="serve", help="Start the server: pages, API, automations.", group=START)


if __name__ == "__main__":
    main()
