"""A view's page: what is shown, asked, paged, sorted, grouped and totalled."""

from __future__ import annotations

import re

from tests.web.pages.conftest import Work, lines_of, text_of

ALL = "/apps/shop/deals/views/all"


def test_a_tables_address_leads_to_its_first_view(work: Work) -> None:
    answer = work.get("/apps/shop/deals")
    assert answer.url.path == work.at + ALL
    assert "All deals" in text_of(answer)


def test_a_grid_shows_records_and_totals(work: Work) -> None:
    answer = work.get(ALL)
    assert lines_of(answer) == [f"Deal 00{number}" for number in range(1, 7)]
    text = text_of(answer)
    assert "$2,100.00" in text
    assert "Customer 001" in text
    assert "6 records" in text
    assert "50%" in text


def test_labels_follow_the_reader(work: Work) -> None:
    text = text_of(work.get(ALL, **{"accept-language": "zh"}))
    assert "全部" in text
    assert "赢单" in text


def test_filters_sort_and_search_stand_in_the_address(work: Work) -> None:
    answer = work.get(f"{ALL}?state__is=won&sort=-amount")
    assert lines_of(answer) == ["Deal 006", "Deal 003"]
    assert "1 filter" in text_of(answer)
    assert "Sorted by Amount" in text_of(answer)
    assert "$900.00" in text_of(answer)  # totals are of what is shown
    assert lines_of(work.get(f"{ALL}?q=deal+004")) == ["Deal 004"]
    assert "Nothing matches" in text_of(work.get(f"{ALL}?q=zzz"))


def test_the_filter_form_without_script_leads_to_the_short_address(work: Work) -> None:
    answer = work.get(f"{ALL}?new.where=amount&new.op=at_least&new.value=500&match=all")
    assert str(answer.url).endswith(f"{ALL}?amount__at_least=500")
    assert lines_of(answer) == ["Deal 005", "Deal 006"]


def test_linked_records_are_asked(work: Work) -> None:
    form = work.get(f"{ALL}?1~of=has:tags&1~name__is=urgent&customer.city__is_empty=")
    assert "Customer: City" in text_of(form)
    assert "Tags: has one with" in text_of(form)
    assert lines_of(form) == ["Deal 002", "Deal 003", "Deal 005", "Deal 006"]
    unchosen = work.part(f"{ALL}/conditions?path=&linked=:", "div").text
    assert "Linked records…" in unchosen
    assert ".where" not in unchosen
    (path,) = re.findall(r'name="(\w+~)of"', unchosen)
    chosen = work.part(f"{ALL}/conditions?path={path}&{path}of=has_no:tags", "fieldset").text
    assert f'name="{path}new.where"' in chosen
    assert f'name="{path}match"' in chosen
    inside = work.part(f"{ALL}/condition?way=tags&number={path}x&{path}x.where=name", "div").text
    assert "contains" in inside
    without_script = work.get(f"{ALL}?new.where=&match=all&linked_in=")
    assert "1~of=%3A" in str(without_script.url) or "1~of=:" in str(without_script.url)
    assert "Linked records…" in without_script.text
    sent = work.get(f"{ALL}?match=all&1~of=has:tags&1~match=all&1~a.where=name&1~a.op=is&1~a.value=export")
    assert lines_of(sent) == ["Deal 003", "Deal 006"]
    work.post(f"{ALL}/options?1~of=has:tags&1~name__is=urgent")
    assert "This view shows: Tags has one where Name is urgent" in text_of(work.get(ALL))


def test_a_filter_that_is_not_understood_says_why_and_shows_everything(work: Work) -> None:
    answer = work.get(f"{ALL}?amount__at_least=many")
    assert answer.status_code == 200
    assert "must be a number" in text_of(answer)
    assert 'value="many"' in answer.text
    assert len(lines_of(answer)) == 6


def test_a_line_of_the_filter_follows_its_field(work: Work) -> None:
    answer = work.part(f"{ALL}/condition?number=7&7.where=close&7.op=is_before&7.unit=days_ago", "div")
    assert "7.unit" in answer.text
    assert "days ago" in text_of(answer)
    assert "7.value" in answer.text
    assert "name=" in work.part(f"{ALL}/condition", "div").text


def test_pages_are_numbered_and_lead_on(work: Work) -> None:
    work.more_deals(120, first=7)
    first = work.get(ALL)
    assert len(lines_of(first)) == 50
    assert "126 records" in text_of(first)
    assert "1–50 of 126" in text_of(first)
    last = work.get(f"{ALL}?page=3")
    assert len(lines_of(last)) == 26
    assert re.search(r'aria-current="page"[^>]*>3<', last.text)
    assert lines_of(work.get(f"{ALL}?page=99")) == lines_of(last)


def test_groups_have_their_count_and_totals(work: Work) -> None:
    text = text_of(work.get("/apps/shop/deals/views/by_state"))
    assert "Grouped by State" in text
    assert text.index("Open 4") < text.index("Won 2")
    assert "$1,200.00" in text
    assert "$900.00" in text
    plain = work.get("/apps/shop/deals/views/by_state?group=-")
    assert 'class="group"' not in plain.text
    regrouped = text_of(work.get(f"{ALL}?group=customer"))
    assert "Customer 001 3" in regrouped


def test_a_distribution_tells_the_greatest_portion_and_opens_to_all(work: Work) -> None:
    answer = work.get(f"{ALL}?totals=state:distribution,customer:distribution,hot:distribution")
    text = text_of(answer)
    assert "Distribution Open 66.67%" in text
    assert "Open 4 66.67% Won 2 33.33%" in text
    assert "Customer 001 3 50%" in text
    assert "Not ticked 6 100%" in text
    assert answer.text.count("popovertarget") == answer.text.count(" popover>") == 3
    grouped = text_of(work.get(f"{ALL}?group=customer&totals=state:distribution"))
    assert grouped.count("Open 2 66.67% Won 1 33.33%") == 2


def test_htmx_gets_the_view_alone(work: Work) -> None:
    part = work.part(ALL, "div#view")
    assert "<html" not in part.text
    assert len(lines_of(part)) == 6
    assert work.get(ALL).headers["Vary"].startswith("HX-Request")


def test_an_empty_table_offers_the_next_step(work: Work) -> None:
    for deal in work.deals():
        work.post(f"/apps/shop/deals/records/{deal.id}/deletion")
    text = text_of(work.get(ALL))
    assert "No Deals yet" in text
    assert "New Deal" in text
    assert "Nothing here just now" in text_of(work.get("/apps/shop/deals/views/open"))


def test_guests_see_everything_and_are_offered_nothing(guest: Work) -> None:
    answer = guest.get(ALL)
    assert len(lines_of(answer)) == 6
    assert "New Deal" not in text_of(answer)
    assert "data-editable" not in answer.text
    assert 'name="record"' not in answer.text
    assert guest.get("/apps/shop/deals/views/board").text.count('data-move=""') == 1


def test_what_does_not_exist_is_a_page(work: Work) -> None:
    assert work.get("/apps/shop/deals/views/nothing").status_code == 404
    assert work.get("/apps/shop/nothing/views/all").status_code == 404
    assert work.get("/apps/nothing/deals/views/all").status_code == 404
    assert work.get(f"{ALL}?sort=nothing&group=nothing&fields=nothing").status_code == 200


def test_the_open_record_stands_in_the_address(work: Work) -> None:
    second = work.deals()[1]
    whole = work.get(f"{ALL}?sort=title&record={second.id}")
    assert len(lines_of(whole)) == 6
    assert 'class="panel"' in whole.text
    part = work.part(f"{ALL}?record={second.id}", "div#panel")
    assert "Deal 002" in text_of(part)
    assert "<html" not in part.text
    neighbours = re.findall(r'href="([^"]*record=rec\w+)" data-opens-panel', part.text)
    assert [link[-17:] for link in neighbours[:2]] == [work.deals()[0].id, work.deals()[2].id]
    assert work.get(f"{ALL}?record=rec00000000000000").status_code == 404


def test_the_way_on_from_a_pages_last_record_leads_to_the_next_page(work: Work) -> None:
    work.more_deals(60, first=7)
    deals = work.deals(limit=100)
    part = work.part(f"{ALL}?record={deals[49].id}", "div#panel")
    assert f"page=2&amp;record={deals[50].id}" in part.text
    back = work.part(f"{ALL}?page=2&record={deals[50].id}", "div#panel")
    assert f"?record={deals[49].id}" in back.text


def test_groups_of_conditions_are_edited_without_script_too(work: Work) -> None:
    grouped = work.get(f"{ALL}?state__is=open&1~amount__less=200&1~amount__greater=400&1~match=any")
    assert lines_of(grouped) == ["Deal 001", "Deal 005"]
    assert "3 filters" in text_of(grouped)
    assert 'name="1~0.where"' in grouped.text
    more = work.get(f"{ALL}?0.where=state&0.op=is&0.value=open&match=all&group_in=")
    assert str(more.url).endswith("?state__is=open&1~match=any")
    assert 'name="1~new.where"' in more.text
    box = work.part(f"{ALL}/conditions?path=1~", "div").text
    assert "~match" in box
    line = work.part(f"{ALL}/condition?number=1~", "div").text
    assert 'name="1~' in line
