"""The page of the indexes that appeared by themselves."""

from __future__ import annotations

import re

import pytest

from engine import indexes
from tests.web.pages.conftest import Work, text_of

AT = "/apps/shop/-/indexes"


def test_they_are_shown_dropped_and_allowed_again(work: Work, guest: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No index is needed yet" in text_of(work.get(AT))
    monkeypatch.setattr(indexes, "LEAST_RECORDS", 3)
    workspace = work.site.stores.workspace(work.membership.id)
    assert indexes.tend(workspace) > 0
    answer = work.get(AT)
    assert "All deals" in text_of(answer)
    assert "Not yet" in text_of(answer)
    assert "Drop it" not in text_of(guest.get(AT))
    (name, *_others) = re.findall(r"/indexes/(ax_\w+)/refusal", answer.text)
    after = work.post(f"{AT}/{name}/refusal")
    assert "Refused" in text_of(after)
    assert indexes.tend(workspace) == 0
    assert guest.post(f"{AT}/{name}/permission").status_code == 403
    assert "Refused" not in text_of(work.post(f"{AT}/{name}/permission"))
    assert indexes.tend(workspace) == 1
    assert work.post(f"{AT}/ax_nothing/refusal").status_code == 404
