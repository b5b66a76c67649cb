"""scripts/soak as a user runs it, for some seconds: what it does, not how fast anything is."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

SOAK = Path(__file__).resolve().parents[2] / 'scripts' / 'soak'
PATIENCE_S = 110.0
SHORT = ('--minutes', '0.15', '--every', '4.5', '--warm-up', '2', '--idle', '1')

pytestmark = pytest.mark.ros


def run_soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the long run from another folder and return what it said."""
    command = [str(SOAK), *arguments]
    return subprocess.run(
        command, cwd='/', capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture
def soak(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the module of the script that makes figures of samples."""
    monkeypatch.syspath_prepend(str(SOAK.parent))
    return importlib.import_module('_soak_measuring')


def test_every_instruction_of_a_short_run_is_decided_and_ends(tmp_path: Path) -> None:
    ended = run_soak(*SHORT, '--json', '--out', str(tmp_path))
    # 1 tells that a limit was not held: a busy machine may make that of a second of idling.
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    figures = json.loads(ended.stdout)
    assert figures['instructions'] == 2
    assert figures['missed'] == []
    assert sum(figures['ends'].values()) == 2
    assert 50.0 < figures['rss_start_mb'] < 2000.0
    assert len(figures['idle_share']) == len(figures['bare_share']) == 2
    assert min(figures['idle_share'] + figures['bare_share']) > 0.0
    assert len((tmp_path / 'memory.csv').read_text().splitlines()) == 1 + 2 + 1
    assert list((tmp_path / 'records').iterdir())


def test_a_run_that_ends_before_its_warm_up_is_refused(tmp_path: Path) -> None:
    ended = run_soak('--minutes', '0.1', '--warm-up', '10', '--out', str(tmp_path))
    assert ended.returncode == 2
    assert 'no time is left after the warm-up' in ended.stderr


def test_memory_that_is_lost_steadily_shows_as_growth_and_slope(soak: Any) -> None:
    lost = [soak.MemorySample(5.0 * at, 200.0 + 0.1 * at, 100.0) for at in range(361)]
    assert soak.growth_mb(lost) == pytest.approx(35.5)
    assert soak.slope_mb_h(lost) == pytest.approx(72.0)


def test_one_high_sample_is_no_growth(soak: Any) -> None:
    samples = [soak.MemorySample(5.0 * at, 200.0, 100.0) for at in range(60)]
    samples[-1] = soak.MemorySample(300.0, 260.0, 160.0)
    assert soak.growth_mb(samples) == 0.0
