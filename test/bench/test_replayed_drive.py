"""A whole instruction is decided again from a cassette, exactly the same and without a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('mujoco')

from vlm_nav.bench.drive import DriveOptions, Strategy, drive_episode, notice_for
from vlm_nav.bench.episodes import episode_of
from vlm_nav.cli.bench_drive import TABLE
from vlm_nav.cli.decision_options import settings_of, values_of
from vlm_nav.records.read import read_record
from vlm_nav.records.schema import Record

# Not far away, and one run of two rounds: a quarter of the questions.
SEED = 8
QUICK = {'pivot.runs': 1, 'pivot.rounds': 2}


def options(folder: Path, mode: str) -> DriveOptions:
    given = {**QUICK, 'cassette': str(folder / 'tapes'), 'cassette_mode': mode}
    settings = settings_of(values_of(given, TABLE))
    return DriveOptions(Strategy.PIVOT, 'oracle', settings, out=folder / mode)


def driven(folder: Path, mode: str) -> tuple[Record, Any]:
    result = drive_episode(episode_of(SEED), options(folder, mode))
    (record,) = (folder / mode).iterdir()
    return read_record(record), (result.outcome, result.path_m, result.vlm_calls)


def timeless(record: Record) -> dict[str, Any]:
    """Return what was seen, answered, decided and done, without when that was and what it cost."""
    content = record.model_dump(include={'questions', 'arrivals', 'decisions', 'ended'})

    def without_times(value: Any) -> Any:
        if isinstance(value, dict):
            left_out = ('at_s', 'spent')
            return {k: without_times(v) for k, v in value.items() if k not in left_out}
        if isinstance(value, tuple):
            return tuple(map(without_times, value))
        return value

    return {name: without_times(value) for name, value in content.items()}


def test_a_replayed_instruction_decides_and_drives_exactly_the_same_and_asks_nobody(
    tmp_path: Path,
) -> None:
    recorded, drive = driven(tmp_path, 'record')
    again, drive_again = driven(tmp_path, 'replay_or_fail')
    assert len(recorded.decisions) >= 4
    assert timeless(again) == timeless(recorded)
    assert drive_again == drive
    assert recorded.ended is not None
    assert again.ended is not None
    assert recorded.ended.spent is not None
    assert again.ended.spent is not None
    assert recorded.ended.spent.calls == len(recorded.questions) > 10
    assert again.ended.spent.calls == 0
    assert (tmp_path / 'tapes' / f'seed_{SEED}' / 'cassette.jsonl').is_file()
    assert 'cassette' in notice_for(options(tmp_path, 'replay'))
