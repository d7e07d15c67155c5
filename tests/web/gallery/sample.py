"""A small CRM with made-up records, the same each time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from engine import apps, records
from engine.storage.session import Session

STAGES = {
    "lead": ("Lead", "潜在", "gray"),
    "qualified": ("Qualified", "已确认", "azure"),
    "offer": ("Offer", "报价", "indigo"),
    "negotiation": ("Negotiation", "谈判", "orange"),
    "won": ("Won", "赢单", "green"),
    "lost": ("Lost", "输单", "red"),
}
SOURCES = ("blue", "azure", "indigo", "purple", "pink", "red", "orange", "yellow", "green", "teal", "gray")
ACCOUNTS = (
    "Acme Corporation",
    "Betasoloin",
    "Cancity",
    "Codehow GmbH & Co. KG",
    "杭州远方科技有限公司",
    "Công ty Nguyễn Đình",
    "Domzoom",
    "Finhigh",
    "Groovestreet Holding International Ltd.",
    "Isdom",
)
WORDS = ("renewal", "upgrade to GTX Pro", "pilot with 20 seats", "spare parts 2026", "service contract", "first order")


def document() -> dict[str, Any]:
    """The app's definition."""
    stages = {key: {"label": {"en": en, "zh": zh}, "color": color} for key, (en, zh, color) in STAGES.items()}
    sources = {color: {"label": color.capitalize(), "color": color} for color in SOURCES}
    label = {"en": "Opportunities", "zh": "商机"}
    return {
        "formwork": 1,
        "key": "crm",
        "label": {"en": "CRM", "zh": "客户管理"},
        "version": "1.0.0",
        "icon": "address-book",
        "color": "blue",
        "tables": {
            "accounts": {
                "label": {"en": "Accounts", "zh": "客户"},
                "icon": "building",
                "title": "name",
                "fields": {"name": {"type": "text", "label": {"en": "Name", "zh": "名称"}, "required": True}},
            },
            "opportunities": {
                "label": label,
                "icon": "target-arrow",
                "title": "title",
                "fields": {
                    "title": {"type": "text", "label": {"en": "Title", "zh": "标题"}, "required": True},
                    "account": {"type": "link", "label": {"en": "Account", "zh": "客户"}, "to": "accounts"},
                    "stage": {"type": "select", "label": {"en": "Stage", "zh": "阶段"}, "choices": stages},
                    "amount": {"type": "currency", "label": {"en": "Amount", "zh": "金额"}, "currency": "USD"},
                    "probability": {"type": "percent", "label": {"en": "Probability", "zh": "概率"}},
                    "weighted": {
                        "type": "formula",
                        "label": {"en": "Weighted", "zh": "加权"},
                        "formula": "{amount} * {probability}",
                        "format": {"type": "currency", "currency": "USD"},
                    },
                    "close": {"type": "date", "label": {"en": "Expected close", "zh": "预计成交"}},
                    "owner": {"type": "user", "label": {"en": "Owner", "zh": "负责人"}},
                    "source": {"type": "select", "label": {"en": "Source", "zh": "来源"}, "choices": sources},
                    "stalled": {"type": "checkbox", "label": {"en": "Stalled", "zh": "停滞"}},
                    "email": {"type": "email", "label": {"en": "E-mail", "zh": "邮箱"}},
                    "notes": {
                        "type": "long_text",
                        "label": {"en": "Notes", "zh": "备注"},
                        "help": "What the next person needs to know.",
                    },
                },
            },
            "contacts": {
                "label": {"en": "Contacts", "zh": "联系人"},
                "title": "name",
                "icon": "users",
                "fields": {"name": {"type": "text", "label": {"en": "Name", "zh": "姓名"}}},
            },
        },
    }


def fill(session: Session, people: list[str]) -> None:
    """Install the app and give it 60 opportunities."""
    apps.apply(session, document())
    accounts = records.create(session, "crm.accounts", [{"name": name} for name in ACCOUNTS])
    records.create(session, "crm.opportunities", [_deal(number, accounts, people) for number in range(60)])


def _deal(number: int, accounts: list[str], people: list[str]) -> dict[str, Any]:
    stage = list(STAGES)[(number * 7 + number // 5) % len(STAGES)]
    short = ACCOUNTS[number % len(accounts)].split()[0]
    deal: dict[str, Any] = {
        "title": f"{short} {WORDS[number % len(WORDS)]}",
        "account": accounts[number % len(accounts)],
        "stage": stage,
        "amount": round(137.5 * (number * 37 % 101) + 480, 2) if number % 9 else None,
        "probability": [0.1, 0.25, 0.4, 0.65, 1, 0][list(STAGES).index(stage)],
        "close": (date(2026, 11, 1) + timedelta(days=number * 3 % 90)).isoformat(),
        "owner": people[number % len(people)],
        "source": SOURCES[number % len(SOURCES)],
        "stalled": number % 7 == 0,
    }
    if number % 3 == 0:
        deal["notes"] = "Wants a quote for two years with the support plan; their budget year starts in March."
    if number % 2 == 0:
        deal["email"] = f"office{number}@{short.casefold()[:8]}.example"
    return deal
