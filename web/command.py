"""The command `formwork`: everything of `engine/cli`, and `serve`."""

from __future__ import annotations

import sys


def main() -> None:
    """Carry out the command of this process and exit with its code."""
    from engine import cli

    sys.exit(cli.main())


if __name__ == "__main__":
    main()
