"""One action from the winners of several runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.choosing.aggregations import (
    mean_first,
    most_central_first,
    scatter,
    verified_first,
)

LINE = np.array([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (9.0, 0.0)])
VECTORS = st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=1, max_size=6).map(
    np.array
)


def test_the_mean_comes_before_the_winners_nearest_to_it() -> None:
    assert mean_first(LINE).tolist() == [[3, 0], [2, 0], [1, 0], [0, 0], [9, 0]]


def test_the_most_central_winner_is_not_drawn_aside_by_one_far_away() -> None:
    assert most_central_first(LINE)[0].tolist() == [1.0, 0.0]
    assert most_central_first(LINE)[-1].tolist() == [9.0, 0.0]


def test_the_least_doubted_comes_first_and_of_equal_ones_the_most_central() -> None:
    assert verified_first(LINE, np.array([0.5, 0.4, 0.3, 0.1]))[0].tolist() == [9.0, 0.0]
    assert verified_first(LINE, np.zeros(4))[0].tolist() == [1.0, 0.0]


@given(VECTORS)
def test_every_winner_stays_in_the_ranking(winners: np.ndarray) -> None:
    for ranked in (
        mean_first(winners)[1:],
        most_central_first(winners),
        verified_first(winners, np.arange(len(winners), dtype=float)),
    ):
        assert sorted(ranked.tolist()) == sorted(winners.tolist())


def test_picks_that_are_neighbours_scatter_least_however_far_apart_marks_stand() -> None:
    offered = np.array([(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (4.0, 0.0), (6.0, 0.0), (4.0, 2.0)])
    assert scatter(offered[:3], offered) == 1.0
    assert scatter(offered[3:], offered) == 1.0
    assert scatter(offered[[0, 1, 3]], offered) == pytest.approx(4.3 / 0.6)
    assert scatter(offered[[3, 4, 0]], offered) == pytest.approx(6.0 / 4.0)


def test_nothing_is_held_against_a_single_pick_or_against_marks_on_one_spot() -> None:
    assert scatter(LINE[:1], LINE) == 1.0
    assert scatter(np.zeros((2, 2)), np.zeros((3, 2))) == 1.0
