"""The forms of a table inside the workspace."""

from __future__ import annotations

import re

from tests.web.acts.conftest import Acts, joined
from tests.web.pages.conftest import Work, text_of

FORMS = "/apps/shop/deals/forms"


def test_the_list_shows_the_public_link_to_copy(acts: Acts) -> None:
    answer = acts.get(FORMS)
    link = f"http://127.0.0.1:8000/f/{acts.membership.id}/shop/deals/enquiry"
    assert f'value="{link}" readonly' in answer.text
    assert "Forms of Deals" in text_of(answer)
    assert f"{link[:-7]}desk" not in answer.text


def test_a_table_without_forms_invites(acts: Acts) -> None:
    answer = acts.get("/apps/shop/customers/forms")
    assert "No forms yet" in text_of(answer)
    assert f"{acts.at}/apps/shop/customers/records/new" in answer.text


def test_a_form_is_filled_in_by_a_member(acts: Acts, member: Work) -> None:
    asked = member.get(f"{FORMS}/desk")
    assert f'hx-get="{acts.at}/apps/shop/customers/titles"' in asked.text
    (customer,) = re.findall(r'<option value="(rec\w+)">Customer 001</option>', asked.text)
    made = member.post(f"{FORMS}/desk", title="Chairs", customer=customer, owner=acts.who, hot="yes", tags="")
    assert re.fullmatch(rf"{acts.at}/apps/shop/deals/records/rec\w+", made.url.path)
    assert "Created Chairs." in text_of(made)
    record = next(one for one in acts.deals() if one.values["title"] == "Chairs")
    assert (record.values["customer"], record.values["owner"], record.values["hot"]) == (customer, acts.who, True)
    following = member.post(f"{FORMS}/desk", title="Tables", then="next")
    assert following.url.path == f"{acts.at}{FORMS}/desk"


def test_mistakes_keep_what_was_typed_and_what_was_chosen(acts: Acts) -> None:
    (customer,) = re.findall(r'<option value="(rec\w+)">Customer 001</option>', acts.get(f"{FORMS}/desk").text)
    answer = acts.post(f"{FORMS}/desk", title="", customer=customer)
    assert answer.status_code == 422
    assert "Title is needed." in text_of(answer)
    assert f'value="{customer}"' in answer.text


def test_guests_only_look(acts: Acts) -> None:
    guest = joined(acts, "guest")
    assert "Guests can look" in text_of(guest.get(f"{FORMS}/desk"))
    assert guest.post(f"{FORMS}/desk", title="No").status_code == 403


def test_builders_open_a_form_to_the_public_and_close_it(acts: Acts, member: Work) -> None:
    public = f"/f/{acts.membership.id}/shop/deals/desk"
    assert member.post(f"{FORMS}/desk/publication", public="yes").status_code == 403
    assert acts.visitor.get(public).status_code == 404
    assert "fill in this form now" in text_of(acts.post(f"{FORMS}/desk/publication", public="yes"))
    assert acts.visitor.get(public).status_code == 200
    assert "sees the names in Customer" in text_of(acts.get(FORMS))
    acts.post(f"{FORMS}/desk/publication", public="no")
    assert acts.visitor.get(public).status_code == 404


def test_what_does_not_exist_is_not_found(acts: Acts) -> None:
    assert acts.get(f"{FORMS}/nothing").status_code == 404
    assert acts.get("/apps/shop/nothing/forms").status_code == 404


def test_builders_say_when_a_form_can_be_sent(acts: Acts, member: Work) -> None:
    given = {"enquiry.opens": "2026-01-01T09:00", "enquiry.closes": "2999-12-31T17:00", "enquiry.most": "50",
             "enquiry.corrections": "yes", "enquiry.days": "10"}  # fmt: skip
    assert member.post(f"{FORMS}/enquiry/times", **given).status_code == 403
    assert "Saved." in text_of(acts.post(f"{FORMS}/enquiry/times", **given))
    form = acts.document()["tables"]["deals"]["forms"]["enquiry"]
    assert (form["opens"], form["closes"], form["most"]) == ("2026-01-01T09:00", "2999-12-31T17:00", 50)
    assert form["corrections"] == {"days": 10}
    assert 'value="2999-12-31T17:00"' in acts.get(FORMS).text
    acts.post(f"{FORMS}/enquiry/times", **dict.fromkeys(given, ""))
    form = acts.document()["tables"]["deals"]["forms"]["enquiry"]
    assert not {"opens", "closes", "most", "corrections"} & form.keys()


def test_wrong_times_stand_at_their_input_with_what_was_typed(acts: Acts) -> None:
    given = {"enquiry.opens": "2026-02-01T09:00", "enquiry.closes": "2026-01-01T09:00", "enquiry.most": "many"}
    answer = acts.post(f"{FORMS}/enquiry/times", **given)
    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert 'id="enquiry.most-wrong"' in answer.text
    answer = acts.post(f"{FORMS}/enquiry/times", **given | {"enquiry.most": ""})
    assert "It must close after it opens." in text_of(answer)
