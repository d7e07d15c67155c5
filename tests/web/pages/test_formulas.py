"""Formula fields written in the browser: told what is wrong where, shown what they give, saved by key."""

from __future__ import annotations

from tests.web.pages.conftest import Work, text_of

FORMULAS = "/apps/shop/deals/formulas"


def test_a_formula_is_tried_with_real_records_before_it_is_saved(work: Work) -> None:
    wrong = work.post(f"{FORMULAS}/trials", "div#tried", formula="ROUN({Amount} / 3, 1)", key="")
    assert "There is no function ROUN. Did you mean ROUND?" in text_of(wrong)
    assert "<mark>ROUN</mark>({Amount} / 3, 1)" in wrong.text
    assert "<html" not in wrong.text
    several = work.post(f"{FORMULAS}/trials", "div#tried", formula="{Amuont} + {Nmae} * ROUN(1)", key="")
    assert [several.text.count(f"<mark>{one}</mark>") for one in ("{Amuont}", "{Nmae}", "ROUN")] == [1, 1, 1]
    right = text_of(work.post(f"{FORMULAS}/trials", "div#tried", formula="ROUND({Amount} / 3, 1) // a third", key=""))
    assert "It gives a number." in right
    assert "Deal 006 200 Deal 005 166.7" in right
    failing = text_of(work.post(f"{FORMULAS}/trials", "div#tried", formula="1 / ({Amount} - {Amount})", key=""))
    assert "#ERROR! a division by zero" in failing
    said = text_of(work.post(f"{FORMULAS}/trials", "div#tried", formula='ERROR("Ask " & {Title})', key=""))
    assert "#ERROR! Ask Deal 006" in said


def test_an_error_says_why_in_the_cell_on_the_page_and_in_chinese(work: Work) -> None:
    work.post(
        FORMULAS, formula='IF({Amount} > 100, ERROR("Only " & {Amount} / 100 & " left"), 1)', key="", label="Left"
    )
    work.post(FORMULAS, formula="1 / ({Amount} - 100)", key="", label="Per")
    assert (
        'title="Only 2 left">#ERROR!<span class="why"> Only 2 left</span>'
        in work.get("/apps/shop/deals/views/all").text
    )
    first, second = (one.id for one in work.deals()[:2])
    assert "Left #ERROR! Only 2 left" in text_of(work.get(f"/apps/shop/deals/records/{second}"))
    chinese = work.get(f"/apps/shop/deals/records/{first}", **{"Accept-Language": "zh"})
    assert "#ERROR! 除以零" in text_of(chinese)


def test_a_new_formula_field_is_saved_by_key_and_changed_again(work: Work) -> None:
    assert "Name of the field" in text_of(work.get(f"{FORMULAS}/new"))
    nameless = work.post(FORMULAS, formula="{Amuont} * 2", key="", label=" ")
    assert nameless.status_code == 422
    assert "Give the field a name." in text_of(nameless)
    assert "Did you mean {amount}?" in text_of(nameless)
    assert "{Amuont} * 2" in nameless.text
    saved = work.post(FORMULAS, formula="{Amount} * 2", key="", label="Twice")
    assert "Twice is worked out anew." in text_of(saved)
    assert "Twice {Amount} * 2 a number" in text_of(saved)
    assert work.deals()[0].values["twice"] == 2 * work.deals()[0].values["amount"]
    work.post(FORMULAS, formula="{Amount} * 3", key="twice")
    assert work.deals()[0].values["twice"] == 3 * work.deals()[0].values["amount"]
    itself = text_of(work.post(f"{FORMULAS}/trials", formula="{Twice} + 1", key="twice"))
    assert "It depends on itself: shop.deals.twice → shop.deals.twice." in itself


def test_who_may_not_build_sees_formulas_and_changes_none(guest: Work) -> None:
    assert guest.get(FORMULAS).status_code == 200
    assert guest.get(f"{FORMULAS}/new").status_code == 403
    assert guest.post(FORMULAS, formula="1", key="", label="One").status_code == 403
    assert guest.post(f"{FORMULAS}/trials", formula="1", key="").status_code == 403


def test_every_function_is_described(work: Work) -> None:
    text = text_of(work.get("/functions"))
    for word in ("DATEADD(date, count, unit)", "LOOKUP(table, condition, field)", "Whether all hold.", "SWITCH("):
        assert word in text
