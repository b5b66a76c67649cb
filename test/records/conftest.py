"""What the tests of records share: frames, and a folder for records."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Give the folder that records go to."""
    return tmp_path / 'records'
