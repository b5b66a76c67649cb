"""What all tests share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

# Tests are imported without their folder on the path; helpers beside them are found by this.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# The same examples in every run, and no limit on time: the machine may be busy with other work.
settings.register_profile('vlm_nav', deadline=None, derandomize=True, max_examples=50)
settings.load_profile('vlm_nav')


_HERE = Path(__file__).resolve().parent
_WHOLE_ROBOTS = (_HERE / 'end_to_end', _HERE / 'test_demo.py')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let tests of whole robots run alone."""
    for item in items:
        if item.get_closest_marker('ros') and {item.path, item.path.parent} & set(_WHOLE_ROBOTS):
            item.add_marker('alone')


@pytest.fixture
async def no_task_left_behind() -> AsyncIterator[None]:
    """Fail the test where a task outlives it."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    assert not asyncio.all_tasks() - before - {asyncio.current_task()}
