"""Which pages are pictured: their addresses by the names of the pictures."""

from __future__ import annotations

from tests.screenshots.place import Place

ACCOUNT = ("account", "account/security", "account/second-factor", "account/email", "account/tokens")


def outside(place: Place) -> dict[str, str]:
    """Those that nobody signs in for."""
    return {
        "sign-in": f"{place.base}/sign-in",
        "forgotten": f"{place.base}/forgotten",
        "setup-used": place.setup,
        "reset": place.reset,
        "invitation": place.invitation,
        "shared": place.shared,
        "public-form": place.form,
        "public-form-thanks": f"{place.form}/thanks",
    }


def inside(place: Place) -> dict[str, str]:
    """Those of the owner."""
    account, deal = place.accounts["Northgate Foods"], place.deals["Plant data, phase 2"]
    crm = "apps/crm"
    paths = {
        "home": "",
        "search": "search?q=north",
        "catalog": "catalog",
        "catalog-crm": "catalog/crm",
        "catalog-orders": "catalog/orders",
        "bases": "bases",
        "bases-new": "bases/new",
        "app": crm,
        "grid": f"{crm}/opportunities/views/all",
        "grid-groups": f"{crm}/opportunities/views/forecast",
        "grid-empty": f"{crm}/leads/views/all?q=nothing+like+this",
        "grid-panel": f"{crm}/accounts/views/all?record={account}",
        "grid-leads": f"{crm}/leads/views/all",
        "leaderboard": f"{crm}/agents/views/leaderboard",
        "calendar": f"{crm}/activities/views/calendar",
        "kanban": f"{crm}/opportunities/views/pipeline",
        "kanban-leads": f"{crm}/leads/views/board",
        "record": f"{crm}/accounts/records/{account}",
        "record-access": f"{crm}/accounts/records/{account}/access",
        "record-comments": f"{crm}/accounts/records/{account}/comments",
        "record-deal": f"{crm}/opportunities/records/{deal}",
        "record-new": f"{crm}/opportunities/records/new",
        "record-history": f"{crm}/opportunities/records/{deal}/history",
        "api": f"{crm}/-/api?table=opportunities",
        "forms": f"{crm}/leads/forms",
        "form": f"{crm}/leads/forms/card",
        "formulas": f"{crm}/opportunities/formulas",
        "formula": f"{crm}/opportunities/formulas/weighted",
        "formula-new": f"{crm}/opportunities/formulas/new",
        "functions": "functions",
        "access": f"{crm}/-/access",
        "access-records": f"{crm}/-/access/records",
        "access-tests": f"{crm}/-/access/tests",
        "automations": f"{crm}/-/automations",
        "automation": f"{crm}/-/automations/lead_event",
        "automation-long": f"{crm}/-/automations/deal_won",
        "run-new": f"{crm}/-/automations/deal_won/runs/new",
        "connections": f"{crm}/-/connections",
        "hooks": f"{crm}/-/hooks",
        "hook-new": f"{crm}/-/hooks/new",
        "indexes": f"{crm}/-/indexes",
        "definition": f"{crm}/-/revisions",
        "definition-1": f"{crm}/-/revisions/1",
        "definition-new": "definitions/new",
        "schema-new": "definitions/schemas/new",
        "removal": f"{crm}/-/removal",
        "imports": "imports",
        "import-new": "imports/new?table=crm.contacts",
        "inbox": "inbox",
        "outbox": "outbox",
        "people": "people",
        "person": f"people/{place.person}",
        "invitations": "invitations",
        "departments": "departments",
        "department": f"departments/{place.department}",
        "working-hours": "calendar",
        "guise": "guise",
        "shares": "shares",
        "share-new": "shares/new?table=crm.accounts&view=all",
        "trash": "trash",
        "audit": "audit?checked=1",
        "unknown": "no/such/page",
    }
    addresses = {name: f"{place.desk.home}/{path}".rstrip("/") for name, path in paths.items()}
    addresses |= {name.replace("/", "-"): f"{place.base}/{name}" for name in ACCOUNT}
    addresses |= {"import-columns": place.columns, "import-preview": place.counted, "import-result": place.done}
    return addresses | {"run": place.run, "hook": place.hook, "workspace-new": f"{place.base}/workspaces/new"}
