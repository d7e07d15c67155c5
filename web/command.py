"""The command `formwork`: everything of `engine/cli`, and what this floor adds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cyclopts import App


def main() -> None:
    """Carry out the command of this process and exit with its code."""
    from engine import cli

    sys.exit(cli.main(more=add_commands))


def add_commands(app: App) -> None:
    """Add the commands of this floor."""
    from engine.cli.commands import START

    # By name: what they need is imported only when they are used.
    app.command("web.serving:serve", name="serve", help="Start the server: pages, API, automations.", group=START)
    app.command("web.mcp.over_stdio:mcp", name="mcp", help="Let an assistant work with the records.", group=START)
    app.command("web.mcp.over_stdio:call_tool", name="call-tool", show=False)


if __name__ == "__main__":
    main()
