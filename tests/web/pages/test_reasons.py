"""Who can see a record, and why somebody can or cannot, at the pages."""

from __future__ import annotations

import re

import pytest

from engine import ways_in
from tests.support.statements import counted
from tests.web.pages.conftest import Work, text_of
from tests.web.pages.test_roles import clerk

__all__ = ["clerk"]


def record_of(work: Work, title: str) -> str:
    return next(one.id for one in work.deals() if one.values["title"] == title)


def test_a_record_leads_to_who_may_see_it(work: Work, clerk: Work) -> None:
    won = record_of(work, "Deal 003")
    link = f"{work.at}/apps/shop/deals/records/{won}/access"
    assert f'href="{link}"' in work.get(f"/apps/shop/deals/records/{won}").text
    assert f'href="{link}"' in work.part(f"/apps/shop/deals/views/all?record={won}", "div#panel").text
    assert "/access" not in clerk.get(f"/apps/shop/deals/records/{won}").text
    assert clerk.get(f"/apps/shop/deals/records/{won}/access").status_code == 403
    page = text_of(work.get(f"/apps/shop/deals/records/{won}/access"))
    assert "Who can see Deal 003?" in page
    assert "Ada sees everything: Owner See Change Delete" in page
    assert marks(work, won, "Cleo") == [True, True, False]
    assert marks(work, record_of(work, "Deal 001"), "Cleo") == [False, False, False]
    assert work.get("/apps/shop/deals/records/rec00000000000000/access").status_code == 404


def marks(work: Work, record: str, name: str) -> list[bool]:
    """Whether somebody may see, change and delete the record, as the list shows it."""
    html = work.get(f"/apps/shop/deals/records/{record}/access").text
    (line,) = [one for one in html.split("<li") if f">{name}</a>" in one]
    return [found == "is-yes" for found in re.findall(r'class="may (is-\w+)"', line)]


def test_the_reasons_of_somebody(work: Work, clerk: Work) -> None:
    path = f"/apps/shop/deals/records/{record_of(work, 'Deal 001')}/access?person={clerk.who}"
    page = text_of(work.get(path))
    assert "Cannot see it No role of Cleo allows it for this record." in page
    assert '{state} = "won" /roles/clerk/tables/deals/read' in page
    assert "State:" in page
    assert 'It would be so if this held: {state} = "won"' in page
    assert "Cannot delete it" in page
    assert "not given /roles/clerk/tables/deals" in page
    assert "See as Cleo" in page
    hidden = text_of(work.get(f"{path}&field=amount"))
    assert "Cleo · Amount" in hidden
    assert "Cannot see it Cleo does not see this record." in hidden
    assert "the field is hidden /roles/clerk/tables/deals/fields/amount" in hidden
    seen = f"/apps/shop/deals/records/{record_of(work, 'Deal 003')}/access?person={clerk.who}"
    assert "Every role of Cleo that shows the record hides Amount." in text_of(work.get(f"{seen}&field=amount"))
    assert "is worked out from Amount, which Cleo does not see" in text_of(work.get(f"{seen}&field=weighted"))
    assert work.get(f"{seen}&field=nope").status_code == 404
    assert work.get(f"{path}x").status_code == 404


def test_the_reasons_of_roles_without_a_person(work: Work, clerk: Work) -> None:
    path = f"/apps/shop/deals/records/{record_of(work, 'Deal 003')}/access"
    page = text_of(work.get(f"{path}?roles=shop.clerk"))
    assert "Somebody with these roles" in page
    assert "Can see it Clerk allows it." in page
    assert work.get(f"{path}?roles=shop.nope").status_code == 404


def test_a_switched_off_account_sees_nothing(work: Work, clerk: Work) -> None:
    ways_in.disable(work.site.stores, clerk.who)
    won = record_of(work, "Deal 003")
    assert marks(work, won, "Cleo") == [False, False, False]
    page = text_of(work.get(f"/apps/shop/deals/records/{won}/access?person={clerk.who}"))
    assert "Cleo account switched off" in page
    assert "The account of Cleo is switched off." in page


def test_who_has_access_leads_to_a_record(work: Work, clerk: Work) -> None:
    link = f"{work.at}/apps/shop/-/access/records?person={clerk.who}"
    assert link in work.get("/apps/shop/-/access").text
    found = work.visitor.get(f"{link}&table=deals&q=003")
    assert "What can Cleo see?" in text_of(found)
    won = record_of(work, "Deal 003")
    assert f'href="{work.at}/apps/shop/deals/records/{won}/access?person={clerk.who}"' in found.text
    assert "No record is called that" in text_of(work.visitor.get(f"{link}&table=deals&q=nothing like it"))
    assert work.get("/apps/nope/-/access/records").status_code == 404


def test_the_page_costs_the_same_for_a_table_of_any_size(work: Work, clerk: Work) -> None:
    path, numbers = f"/apps/shop/deals/records/{record_of(work, 'Deal 003')}/access?person={clerk.who}", []
    for _again in range(3):
        with counted(work.site.stores.workspace(work.membership.id)) as asked:
            assert work.get(path).status_code == 200
        numbers.append(len(asked))
        work.more_deals(30, first=100 + 30 * len(numbers))
    assert numbers[1] == numbers[2]


def test_a_list_of_many_is_paged_and_searched(work: Work, clerk: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    page = f"/apps/shop/deals/records/{record_of(work, 'Deal 003')}/access"
    assert 'type="search"' not in work.get(page).text.partition('id="everybody"')[0].rpartition("</header>")[2]
    monkeypatch.setattr("web.pages.reasons.SHOWN", 1)
    first = work.get(page)
    assert (">Ada</a>" in first.text, ">Cleo</a>" in first.text) == (True, False)
    second = work.get(f"{page}?after={work.who}")
    assert f'href="{work.at}{page}?after={work.who}#everybody"' in first.text
    assert (">Ada</a>" in second.text, ">Cleo</a>" in second.text) == (False, True)
    assert ">Cleo</a>" in work.get(f"{page}?q=cle").text
    assert "Nobody is called so." in text_of(work.get(f"{page}?q=zoe"))
