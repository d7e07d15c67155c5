"""The fixtures that every test may ask for, and the settings of the test run."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

pytest_plugins = [
    "tests.support.browser",
    "tests.support.databases",
    "tests.support.house",
    "tests.support.mail",
    "tests.support.network",
    "tests.support.server",
    "tests.support.webhooks",
    "tests.support.workspaces",
]

hypothesis.settings.register_profile("formwork", deadline=None, print_blob=True)
hypothesis.settings.load_profile("formwork")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input that lies beside the checkout; without it the test is skipped and says so."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    return folder
