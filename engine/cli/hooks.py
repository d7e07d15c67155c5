"""Commands about hooks: what programs asked to be told of, by the API."""

from __future__ import annotations

from typing import Any

from engine import apps, hooks
from engine.cli.here import IN_WORKSPACE, Instants, InWorkspace
from engine.hooks import Hook
from engine.text import _


def list_hooks(app: str = "", /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the hooks of an app, or of all: whom each calls, until when it lives, what came of the last call.

    For example:

        formwork hook list
        formwork hook list crm

    Parameters
    ----------
    app
        Key of an app, such as crm.
    """
    with here.read() as session:
        keys = [app] if app else [one.key for one in apps.installed(session)]
        found = [_facts(one) for key in keys for one in hooks.of_app(session, key)]
    headings = {"id": "Id", "app": "App", "url": "Calls", "live": "Live", "notifies": "Notifies"}
    headings |= {
        "next_number": "Next payload",
        "last_success_at": Instants("Last success"),
        "expires_at": Instants("Expires"),
    }
    here.table(found, headings, _("There are no hooks."))


def pause(app: str, hook: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let a hook call nobody; what it has to tell is kept all the same.

    For example:

        formwork hook pause crm ach0tqN3kXhQe7ZbC

    Parameters
    ----------
    app
        Key of its app.
    hook
        Its id, as `formwork hook list` prints it.
    """
    with here.write() as session:
        hooks.enable(session, app, hook, notifies=False)
    here.say(_("The hook is paused."), id=hook, notifies=False)


def resume(app: str, hook: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let a hook call again; whoever does so stands for it from now on.

    For example:

        formwork hook resume crm ach0tqN3kXhQe7ZbC

    Parameters
    ----------
    app
        Key of its app.
    hook
        Its id, as `formwork hook list` prints it.
    """
    with here.write() as session:
        hooks.enable(session, app, hook, notifies=True)
    here.say(_("The hook calls again."), id=hook, notifies=True)


def extend(app: str, hook: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Let a hook live for seven days from now.

    For example:

        formwork hook extend crm ach0tqN3kXhQe7ZbC

    Parameters
    ----------
    app
        Key of its app.
    hook
        Its id, as `formwork hook list` prints it.
    """
    with here.write() as session:
        until = hooks.refresh(session, app, hook)
    here.say(_("The hook lives for seven more days."), id=hook, expires_at=until)


def end(app: str, hook: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """End a hook: nobody is called any more, and what it had to tell is gone.

    For example:

        formwork hook end crm ach0tqN3kXhQe7ZbC

    Parameters
    ----------
    app
        Key of its app.
    hook
        Its id, as `formwork hook list` prints it.
    """
    with here.write() as session:
        hooks.delete(session, app, hook)
    here.say(_("The hook is gone."), id=hook)


def _facts(one: Hook) -> dict[str, Any]:
    return {**vars(one), "live": one.is_live}
