"""The ablation of imagining: rows differ in one thing, runs go on where they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip('mujoco')

from vlm_nav.bench import imagine
from vlm_nav.bench.drive import DriveOptions, Strategy
from vlm_nav.bench.imagine import NO_IMAGINATION, ORACLE, Cell, Finished, driven, rows, rows_named
from vlm_nav.bench.results import EpisodeResult
from vlm_nav.cli.bench_drive import TABLE
from vlm_nav.cli.decision_options import settings_of, values_of
from vlm_nav.core.errors import InvalidValueError

OPTIONS = DriveOptions(Strategy.PIVOT, 'seer', settings_of(values_of({}, TABLE)))


def result(seed: int, success: bool = True) -> EpisodeResult:
    return EpisodeResult(
        seed, 'house', 'cup', 'arrived', None, success, 4.0, 5.0, 0, 3, 20, 100, 1.0
    )


def test_the_first_row_imagines_nothing_and_each_other_is_named_after_what_it_does() -> None:
    first, *others = rows()
    assert first.name == NO_IMAGINATION
    assert {row.name for row in others} >= {f'uniform+{ORACLE}', f'free_space+{ORACLE}'}
    for row in rows():
        options = row.options(OPTIONS)
        assert options.strategy is Strategy.IMAGINE
        assert options.oracle_views == row.name.endswith(ORACLE)
        assert options.settings.imagine.proposer is row.proposer


def test_a_row_that_is_not_known_is_refused_by_name() -> None:
    assert [row.name for row in rows_named(['uniform+oracle', 'none'])] == [
        'none', 'uniform+oracle',
    ]  # fmt: skip
    with pytest.raises(InvalidValueError, match='dreamt'):
        rows_named(['dreamt'])


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def drive(seeds: list[int], options: DriveOptions, workers: int) -> list[EpisodeResult]:
        asked.append(list(seeds))
        assert options.vlm == 'seer:0.8'
        return [result(seed) for seed in seeds]

    monkeypatch.setattr(imagine, 'drive_seeds', drive)
    cell = Cell(rows()[0], 0.2)
    first = list(driven(cell, [3, 4], OPTIONS, 1, tmp_path))
    file = tmp_path / f'{cell.name}.jsonl'
    file.write_text(file.read_text() + '{"seed": 5, "succ')
    again = list(driven(cell, [3, 4, 5], OPTIONS, 1, tmp_path))
    assert asked == [[3, 4], [5]]
    assert again[:2] == first
    assert json.dumps(again)


def test_a_row_is_held_against_another_on_the_same_episodes() -> None:
    def finished(*successes: bool) -> Finished:
        lines = [imagine._as_json(result(seed, won)) for seed, won in enumerate(successes)]
        return Finished(Cell(rows()[0], 0.0), tuple(lines))

    better, worse = finished(True, True, True, False), finished(True, False, False, False)
    assert better.mean('success') == 0.75
    assert better.less(worse).success.mean == pytest.approx(0.5)
    assert better.less(worse).spl.mean == pytest.approx(0.4)
