"""The list of commands. Their files are imported when a command is used, so that the others cost no start-up time."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App, Group, Parameter

HELP = """Formwork at the command line: everything that the pages do.

While the server runs, commands go to it and work all the same. Settings come from the environment: `formwork settings`
lists them. A file named - is standard input. The exit code is 0 when it worked, 1 when it was refused or nothing was
found, 2 when the command was mistyped, 3 when the machine, a setting or the database is not ready.

A first session:

    formwork owner create --email ana@example.com --name Ana --workspace-name Acme
    formwork install crm
    formwork query crm.accounts --sort name --limit 5
    formwork serve
"""

START = Group("Start", sort_key=1)
APPS = Group("Apps and their definitions", sort_key=2)
RECORDS = Group("Records", sort_key=3)
MACHINE = Group("Machine", sort_key=4)

COMMANDS = (
    (MACHINE, "settings", "machine:settings", "Print every setting with its meaning and its value."),
    (MACHINE, "verify", "machine:verify", "Work out all computed values again, compare them, and follow all links."),
    (APPS, "apps", "definitions:apps", "List the installed apps and their tables."),
    (APPS, "install", "templates:install", "Install a template from the catalog."),
    (APPS, "remove", "definitions:remove", "Take an app out of the workspace."),
    (APPS, "schema", "machine:schema", "Print the JSON Schema of definitions."),
    (APPS, "check", "definitions:check", "Tell every problem of a definition."),
    (APPS, "plan", "definitions:plan", "Say what applying a definition would do, and what it would take away."),
    (APPS, "apply", "definitions:apply", "Install or change an app by its definition."),
    (APPS, "export", "definitions:export", "Print the definition of an app."),
    (APPS, "archive", "archives:archive", "Take an app along as one file, with its records and files."),
    (APPS, "unarchive", "archives:unarchive", "Install an app from such a file."),
    (APPS, "revisions", "definitions:revisions", "List the revisions of an app, newest first."),
    (APPS, "compare", "definitions:compare", "Say what changed between two revisions."),
    (APPS, "restore", "definitions:restore", "Make an earlier revision the newest."),
    (APPS, "table-schema", "tables:table_schema", "Print the JSON Schema of a table's records."),
    (APPS, "table-from-schema", "tables:table_from_schema", "Make a table from a JSON Schema."),
    (APPS, "calendar", "calendar:calendar", "Print or set the working hours and holidays."),
    (RECORDS, "import", "imports:import_file", "Bring a file into a table."),
    (RECORDS, "mail-in", "mail:mail_in", "Make a record of a mail."),
    (RECORDS, "query", "queries:query", "Find records: filter, sort, search, group, total."),
    (RECORDS, "gaps", "queries:gaps", "List the numbers of a sequence that no record has."),
    (RECORDS, "runs", "automations:runs", "List runs of automations, or show what one did."),
    (RECORDS, "undo", "records:undo", "Take back what one command, import, base or form did."),
)
GROUPS = (
    (
        START,
        "owner",
        "The first person.",
        (("create", "accounts:create_owner", "Create the owner and the workspace."),),
    ),
    (
        START,
        "workspace",
        "Workspaces.",
        (
            ("create", "accounts:create_workspace", "Make a workspace."),
            ("list", "accounts:list_workspaces", "List the workspaces."),
        ),
    ),
    (
        MACHINE,
        "key",
        "The key that stored secrets are sealed with.",
        (
            ("rotate", "keys:rotate", "Seal all stored secrets with a new key."),
            ("drop", "keys:drop", "Take older keys out of use."),
        ),
    ),
    (
        APPS,
        "role",
        "Who may do what in an app.",
        (
            ("list", "roles:list_roles", "List everybody with their roles in an app."),
            ("give", "roles:give", "Give a role to somebody."),
            ("take", "roles:take", "Take a role from somebody."),
            ("why", "reasons:explain", "Say why somebody may see a record, or may not."),
        ),
    ),
    (
        APPS,
        "access",
        "What roles let people see and do.",
        (("test", "access:try_tests", "Try the access tests of an app."),),
    ),
    (
        START,
        "person",
        "People's accounts.",
        (
            ("list", "people:list_people", "List the people of a workspace."),
            ("accounts", "people:list_accounts", "List everybody who has an account."),
            ("show", "people:show", "Show what lets somebody in with an account."),
            ("invite", "people:invite", "Make a link that lets somebody into a workspace."),
            ("invitations", "people:list_invitations", "List the invitations that are not used yet."),
            ("uninvite", "people:uninvite", "Take an invitation back."),
            ("add", "people:add_person", "Let somebody in with a first password."),
            ("role", "people:change_role", "Say what somebody may do."),
            ("remove", "people:remove_person", "Take somebody out of a workspace."),
            ("reset-link", "people:reset_link", "Make a link to choose a new password."),
            ("drop-second-factor", "people:drop_second_factor", "Ask somebody for no code any more."),
            ("sign-out", "people:sign_out", "End all sessions of somebody."),
            ("disable", "people:disable", "Let nobody in with an account any more."),
            ("enable", "people:enable", "Let an account in again."),
        ),
    ),
    (
        START,
        "token",
        "API tokens: a program's way in.",
        (
            ("create", "accounts:create_token", "Make an API token; it is shown this once."),
            ("list", "accounts:list_tokens", "List your API tokens."),
            ("revoke", "accounts:revoke_token", "Make a token useless, at once."),
        ),
    ),
    (
        START,
        "department",
        "Departments: a tree, with who belongs where.",
        (
            ("list", "departments:list_departments", "List the departments as a tree."),
            ("add", "departments:add", "Add a department."),
            ("rename", "departments:rename", "Call a department by another name."),
            ("move", "departments:move", "Put a department somewhere else."),
            ("remove", "departments:remove", "Take away an empty department."),
            ("assign", "departments:assign", "Let people belong to a department."),
        ),
    ),
    (
        APPS,
        "template",
        "The catalog.",
        (
            ("list", "templates:list_templates", "List the templates of the catalog."),
            ("show", "templates:show_template", "Say what a template brings."),
        ),
    ),
    (
        APPS,
        "base",
        "Airtable bases, brought in through their API.",
        (
            ("offered", "bases:offered", "List the bases that a token opens."),
            ("import", "bases:import_base", "Bring a base in."),
            ("go-on", "bases:go_on", "Let an import that failed go on where it was."),
            ("list", "bases:list_bases", "List the bases that were brought in."),
        ),
    ),
    (
        MACHINE,
        "audit",
        "Who did what to people, apps and settings.",
        (
            ("list", "audit:list_entries", "List what was done, newest first."),
            ("export", "audit:export", "Write all of it as JSON lines."),
            ("verify", "audit:verify", "Prove that nobody changed the log."),
        ),
    ),
    (
        RECORDS,
        "mapping",
        "Mappings of imports, kept for files that come again.",
        (
            ("list", "mappings:list_mappings", "List the mappings that are kept."),
            ("show", "mappings:show", "Print a mapping."),
            ("save", "mappings:save", "Keep a mapping under a name."),
            ("rename", "mappings:rename", "Call a mapping otherwise."),
            ("delete", "mappings:delete", "Forget a mapping."),
            ("restore", "mappings:restore", "Bring a forgotten mapping back."),
        ),
    ),
    (
        RECORDS,
        "trash",
        "What was deleted and can come back.",
        (
            ("list", "trash:list_trash", "List what was deleted, newest first."),
            ("restore", "trash:restore", "Bring deleted things back."),
            ("purge", "trash:purge", "Delete things for good."),
        ),
    ),
    (
        RECORDS,
        "ledger",
        "Ledgers: entries that are never changed.",
        (
            ("reverse", "ledgers:reverse", "Enter the opposite of entries."),
            ("balances", "ledgers:balances", "Say what entries add up to."),
        ),
    ),
    (
        RECORDS,
        "comment",
        "What people say about records.",
        (
            ("list", "comments:list_comments", "List the comments on a record, newest first."),
            ("add", "comments:add", "Say something about a record."),
            ("change", "comments:change", "Say something else in a comment of one's own."),
            ("delete", "comments:delete", "Take a comment away."),
        ),
    ),
    (
        RECORDS,
        "form",
        "Forms that strangers fill in.",
        (
            ("list", "forms:list_forms", "List the forms of a table."),
            ("change", "forms:change", "Open a form to everybody or close it; say when, and how often."),
            ("end-correction", "forms:end_correction", "Take back the link to correct what somebody sent."),
        ),
    ),
    (
        RECORDS,
        "mailbox",
        "Mailboxes from which mails are fetched for forms.",
        (
            ("set", "mailboxes:set_up", "Have mails fetched for a form."),
            ("list", "mailboxes:list_mailboxes", "List the mailboxes, with what came of the last look."),
            ("look", "mailboxes:look", "Take in what is unread, now."),
            ("remove", "mailboxes:remove", "Fetch no more for a form."),
        ),
    ),
    (
        APPS,
        "hook",
        "What programs asked to be told of, by the API.",
        (
            ("list", "hooks:list_hooks", "List the hooks, with what came of the last call."),
            ("pause", "hooks:pause", "Let it call nobody; what it has to tell is kept."),
            ("resume", "hooks:resume", "Let it call again."),
            ("extend", "hooks:extend", "Let it live for seven more days."),
            ("end", "hooks:end", "End a hook."),
        ),
    ),
    (
        APPS,
        "automation",
        "Automations: whether changes start them.",
        (
            ("list", "automations:list_automations", "List the automations of an app, or of all."),
            ("on", "automations:switch_on", "Let changes start it."),
            ("off", "automations:switch_off", "Let it start no more; runs that began go on."),
            ("run", "automations:run", "Run it now, for records of one's choice."),
            ("retry", "automations:retry", "Go on with a run that failed."),
        ),
    ),
    (
        RECORDS,
        "share",
        "Links by which strangers see a view or a record.",
        (
            ("create", "shares:create", "Make a link; it is shown this once."),
            ("list", "shares:list_shares", "List the links, newest first."),
            ("change", "shares:change", "Give a link another name, end or password."),
            ("revoke", "shares:revoke", "Let a link lead nowhere, at once."),
        ),
    ),
    (
        RECORDS,
        "record",
        "Single records.",
        (
            ("get", "records:get", "Show a record."),
            ("create", "records:create", "Create records."),
            ("update", "records:update", "Change a record."),
            ("delete", "records:delete", "Delete records."),
            ("history", "records:history", "Say what happened to a record."),
        ),
    ),
)


def all_commands() -> App:
    """The commands of the engine; an upper floor may add its own."""
    app = _app("formwork", HELP, version=lambda: version("formwork"))
    for group, name, where, says in COMMANDS:
        app.command(f"engine.cli.{where}", name=name, help=says, group=group)
    for group, name, says, parts in GROUPS:
        part_app = _app(name, says, group=group)
        for part, where, part_says in parts:
            part_app.command(f"engine.cli.{where}", name=part, help=part_says)
        app.command(part_app)
    return app


def _app(name: str, says: str, **more: object) -> App:
    return App(
        name=name,
        help=says,
        help_format="markdown",
        default_parameter=Parameter(negative=""),
        group_arguments=Group("What", sort_key=5),
        group_parameters=Group("Options", sort_key=6),
        **more,  # type: ignore[arg-type]
    )
