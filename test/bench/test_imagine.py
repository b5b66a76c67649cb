"""The ablation of imagining: rows differ in one thing, runs go on where they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip('mujoco')

from vlm_nav.bench import imagine
from vlm_nav.bench.drive import DriveOptions, Strategy
from vlm_nav.bench.imagine import (
    NO_IMAGINATION,
    ORACLE,
    Ablation,
    Cell,
    Finished,
    driven,
    rows,
    rows_named,
)
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


def test_rows_take_turns_and_more_episodes_drive_only_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int, int]] = []

    def drive(seeds: list[int], options: DriveOptions, workers: int) -> list[EpisodeResult]:
        asked.append((options.settings.imagine.synthesis.value, seeds[0], seeds[-1]))
        return [result(seed) for seed in seeds]

    monkeypatch.setattr(imagine, 'drive_seeds', drive)
    cells = [Cell(row, 0.0) for row in rows_named(['none', 'uniform+warp'])]
    first = Ablation(cells, range(25), OPTIONS, out=tmp_path)
    assert len(list(first.drive())) == 50
    assert asked == [('none', 0, 19), ('warp', 0, 19), ('none', 20, 24), ('warp', 20, 24)]
    asked.clear()
    longer = Ablation(cells, range(30), OPTIONS, out=tmp_path)
    assert len(list(longer.drive())) == 60
    assert asked == [('none', 25, 29), ('warp', 25, 29)]


def test_a_folder_takes_no_results_that_were_driven_with_other_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imagine, 'drive_seeds', lambda seeds, *_: [result(one) for one in seeds])
    options = replace(OPTIONS, parameters={'imagine.count': 8, 'pivot.seed': 0})
    first = Ablation([Cell(rows()[0], 0.0)], range(2), options, out=tmp_path)
    assert len(list(first.drive())) == 2
    assert len(list(replace(first, seeds=range(4)).drive())) == 4
    fewer = replace(options, parameters={'imagine.count': 4, 'pivot.seed': 0})
    with pytest.raises(InvalidValueError, match=r'other parameters \(imagine\.count\)'):
        next(replace(first, options=fewer).drive())
    (tmp_path / 'parameters.json').write_text('[')
    with pytest.raises(InvalidValueError, match='and does not'):
        next(first.drive())


def test_a_share_of_errors_begins_when_the_one_before_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imagine, 'drive_seeds', lambda seeds, *_: [result(one) for one in seeds])
    cells = [Cell(row, error) for error in (0.0, 0.2) for row in rows()[:2]]
    driven_cells = [cell for cell, _ in Ablation(cells, range(22), OPTIONS).drive()]
    assert [cell.error for cell in driven_cells] == [0.0] * 44 + [0.2] * 44


def test_what_is_kept_of_a_run_that_was_cut_off_is_told_without_driving(tmp_path: Path) -> None:
    none, warp, never = (Cell(row, 0.0) for row in rows()[:3])
    for cell, seeds in ((none, (1, 2, 3)), (warp, (3, 2, 9))):
        lines = [json.dumps(imagine._as_json(result(seed))) for seed in seeds]
        (tmp_path / f'{cell.name}.jsonl').write_text('\n'.join(lines))
    ablation = Ablation([none, warp, never], range(1, 9), OPTIONS, out=tmp_path)
    found = {one.cell: [int(line['seed']) for line in one.per_episode] for one in ablation.kept()}
    assert found == {none: [1, 2, 3], warp: [2, 3]}
    held = ablation.kept()[0].less(ablation.kept()[1])
    assert held is not None
    assert held.episodes == 2


def test_a_row_is_held_against_another_on_the_same_episodes() -> None:
    def finished(*successes: bool) -> Finished:
        lines = [imagine._as_json(result(seed, won)) for seed, won in enumerate(successes)]
        return Finished(Cell(rows()[0], 0.0), tuple(lines))

    better, worse = finished(True, True, True, False), finished(True, False, False, False)
    assert better.mean('success') == 0.75
    difference = better.less(worse)
    assert difference is not None
    assert difference.success.mean == pytest.approx(0.5)
    assert difference.spl.mean == pytest.approx(0.4)
    others = tuple({**line, 'seed': 7} for line in worse.per_episode)
    assert better.less(Finished(worse.cell, others)) is None
