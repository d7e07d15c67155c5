"""Commands about access: the tests that an app's definition carries."""

from __future__ import annotations

from engine import access_tests
from engine.cli.here import IN_WORKSPACE, InWorkspace
from engine.cli.run import as_facts
from engine.text import _, label_in


def try_tests(app: str, /, *, here: InWorkspace = IN_WORKSPACE) -> int:
    """Try the access tests of an app: what its definition says about who sees and does what.

    They are tried with records made for them, of which nothing stays.

    For example:

        formwork access test crm

    Parameters
    ----------
    app
        The key of the app.
    """
    with here.read() as session:
        outcomes = access_tests.run(session, app)
        language = session.workspace.language
    rows = [
        {
            "test": one.test.key,
            "label": label_in(one.test.label, language),
            "holds": one.holds,
            "shown": _("holds") if one.holds else _("does not hold"),
            "problems": [as_facts(problem) for problem in one.problems],
        }
        for one in outcomes
    ]
    here.table(rows, {"label": "Test", "shown": "State"}, _("This app has no access tests."))
    if not here.json:
        for problem in (each for one in outcomes for each in one.problems):
            here.note(f"formwork: {problem.at}: {problem.says}")
    return 0 if all(one.holds for one in outcomes) else 1
