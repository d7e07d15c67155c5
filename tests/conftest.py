"""The fixtures that every test may ask for, and the settings of the test run."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = [
    "tests.support.browser",
    "tests.support.databases",
    "tests.support.crowd",  # names the one before it
    "tests.support.house",
    "tests.support.imap",
    "tests.support.mail",
    "tests.support.network",
    "tests.support.passwords",
    "tests.support.provider",
    "tests.support.server",
    "tests.support.webhooks",
    "tests.support.workspaces",
]

hypothesis.settings.register_profile(
    "formwork",
    deadline=None,
    print_blob=True,
    stateful_step_count=20,
    derandomize="CI" in os.environ,  # there a failure has to do with what changed; at a desk every run tries others
)
hypothesis.settings.register_profile(
    "soak",
    hypothesis.settings.get_profile("formwork"),
    max_examples=2000,
    derandomize=False,
    stateful_step_count=50,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("formwork")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many workers again as there are cores: a third of the time they wait for browsers and servers."""
    return -(-3 * len(os.sched_getaffinity(0)) // 2)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input that lies beside the checkout; without it the test is skipped and says so."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    return folder
