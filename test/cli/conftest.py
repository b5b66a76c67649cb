"""What the tests of the command line share."""

from __future__ import annotations

import pytest
from command_line import Command, in_this_process


@pytest.fixture
def vlm_nav(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Give the command line, run in this process."""
    return in_this_process(monkeypatch, capsys)
