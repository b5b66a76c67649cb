"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Tests are imported without their folder on the path; helpers beside them are found by this.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# The same examples in every run, and no limit on time: the machine may be busy with other work.
settings.register_profile('vlm_nav', deadline=None, derandomize=True, max_examples=50)
settings.load_profile('vlm_nav')


_NODES = Path(__file__).resolve().parent / 'ros'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests of whole robots run alone: whatever needs ROS and is no test of a node."""
    for item in items:
        if item.get_closest_marker('ros') and _NODES not in item.path.parents:
            item.add_marker('alone')
