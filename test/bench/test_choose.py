"""What `vlm-nav bench choose` counts; few decisions are enough to see that it counts."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from vlm_nav.bench.choose import CountedModel, Errors, Figure, Way, bench_choose
from vlm_nav.bench.choose_plot import COLORS, plot_of
from vlm_nav.bench.tokens import answered_tokens, asked_tokens
from vlm_nav.cli.bench import bench
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.pivot.settings import Aggregation
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.question import Answer, Purpose, Question

ONE, THREE = Way(Aggregation.REFIT, 1), Way(Aggregation.REFIT, 3)
CHECKED = Way(Aggregation.REFIT, 1, ('mirrored', 'shuffled'))


@pytest.fixture(scope='module')
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[Figure]:
    nowhere = tmp_path_factory.mktemp('no_data')
    scene, found = bench_choose(nowhere, 12, [ONE, THREE, CHECKED], [0.0, 0.9])
    assert scene == 'drawn_room'
    return found


def test_every_way_is_tried_with_every_rate_and_kind_of_error(figures: list[Figure]) -> None:
    kinds = [(Errors.ANSWER, 0.0), *((errors, 0.9) for errors in Errors)]
    assert [(one.errors, one.error_rate, one.way) for one in figures] == [
        (*kind, way) for kind in kinds for way in (ONE, THREE, CHECKED)
    ]


def test_who_errs_is_right_less_often_and_who_asks_more_pays_more(figures: list[Figure]) -> None:
    one, three, checked, *erring = figures
    assert min(one.right, three.right, checked.right) > 0.7
    assert max(figure.right for figure in erring) < 0.6
    assert [figure.held for figure in figures if not figure.way.checks] == [0.0] * 8
    assert three.questions > 2.0 * one.questions > 2.0
    assert three.tokens / three.questions == pytest.approx(one.tokens / one.questions, rel=0.05)


def test_a_check_holds_who_takes_a_side_and_nobody_who_believes_something_else(
    figures: list[Figure],
) -> None:
    held = {one.errors: one.held for one in figures if one.way == CHECKED and one.error_rate > 0.0}
    assert held[Errors.SIDE] > 0.7
    assert held[Errors.BELIEF] < 0.2
    (whole,) = (one for one in figures if one.way == CHECKED and one.error_rate == 0.0)
    assert whole.held < 0.2


def test_the_same_decisions_come_to_the_same_figures(
    tmp_path: Path, figures: list[Figure]
) -> None:
    again = bench_choose(tmp_path, 12, [THREE], [0.9])[1]
    assert again == [one for one in figures if one.way == THREE and one.error_rate > 0.0]


def test_tokens_are_those_of_words_and_of_the_tiles_of_pictures() -> None:
    def question(width: int, height: int, instruction: str = 'go') -> Question:
        rgb = np.zeros((height, width, 3), dtype=np.uint8)
        picture = MarkedPicture('p', rgb, (Mark(1, Pixel(5.0, 5.0)),))
        return Question(Purpose.GROUND_WAYPOINT, instruction, (picture,))

    small = asked_tokens(question(512, 512))
    assert asked_tokens(question(640, 480)) - small == 170
    assert asked_tokens(question(1024, 768)) - small == 3 * 170
    assert asked_tokens(question(512, 512, 'go' + 400 * 'x')) - small == 100
    assert answered_tokens(Answer((1,), raw_text=40 * 'x')) == 10
    counted = CountedModel(AlwaysFirst())
    for _ in range(2):
        asyncio.run(counted.ask(question(512, 512), Deadline.after(5.0)))
    assert counted.questions == 2
    assert counted.tokens > 2 * small


def said(*words: str) -> Result:
    return CliRunner().invoke(bench, ['choose', *words], catch_exceptions=False)


def test_the_command_says_json_with_the_figures_and_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = functools.partial(bench_choose, ways=(ONE, THREE), error_rates=(0.1,))
    monkeypatch.setattr('vlm_nav.cli.bench_choose.bench_choose', fewer)
    picture = tmp_path / 'choose.png'
    result = said('--decisions', '2', '--data', str(tmp_path), '--out', str(picture), '--json')
    found = json.loads(result.stdout.splitlines()[-1])
    assert (found['scene'], found['decisions'], len(found['rows'])) == ('drawn_room', 2, 6)
    assert set(found['rows'][0]) == {
        'aggregation', 'runs', 'checks', 'errors', 'error_rate', 'accuracy', 'held', 'questions',
        'tokens',
    }  # fmt: skip
    assert cv2.imread(str(picture)) is not None
    lines = said('--decisions', '2', '--data', str(tmp_path)).stdout.splitlines()
    assert any(line.startswith('refit, 3 ') and '%' in line for line in lines)


def test_a_figure_is_drawn_the_higher_the_more_often_it_was_right() -> None:
    color = COLORS[Aggregation.MEAN]

    def height_of_dot(right: float) -> float:
        figure = Figure(Way(Aggregation.MEAN, 3), Errors.ANSWER, 0.3, right, 0.0, 9.0, 6000.0)
        drawn = plot_of([figure, Figure(ONE, Errors.ANSWER, 0.3, 0.5, 0.0, 3.0, 12000.0)], [0.3])
        # The dots of the legend lie below.
        rows, _ = np.nonzero((drawn[:250] == color).all(axis=-1))
        return float(rows.min())

    assert height_of_dot(0.9) < height_of_dot(0.8) < height_of_dot(0.6)
