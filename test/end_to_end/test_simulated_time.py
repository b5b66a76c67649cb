"""The chain on /clock with use_sim_time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from end_to_end.chain import running_chain
from end_to_end.checks import check_goals

pytestmark = [pytest.mark.ros, pytest.mark.data]


def test_simulated_time_leads_to_the_same_goals(human_node: Any, tmp_path: Path) -> None:
    with running_chain(human_node, tmp_path, speed_m_s=20.0, clock=True) as running:
        check_goals(running, 36)
        decision = running.human.decisions.lines[-1]
        assert 1_600_000_000 <= decision['stamp_ns'] / 1e9 < 1_600_100_000
