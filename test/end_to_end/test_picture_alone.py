"""Without facts in words, the numbered discs in the picture must do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from end_to_end.chain import running_chain
from end_to_end.checks import check_goals

pytestmark = [pytest.mark.ros, pytest.mark.data]


def test_the_picture_alone_is_enough_for_the_model(human_node: Any, tmp_path: Path) -> None:
    parameters = {'mark_facts': False}
    with running_chain(human_node, tmp_path, speed_m_s=20.0, parameters=parameters) as running:
        check_goals(running, 0)
        requests = [line for line in running.model.told.lines if 'pictures' in line]
        assert requests
        assert not any(request['facts'] for request in requests)
