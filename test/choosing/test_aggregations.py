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


def test_picks_that_lie_together_scatter_less_than_those_that_do_not() -> None:
    together = np.array([(1.0, 1.0), (1.2, 1.0), (1.1, 1.2)])
    assert scatter(together) < 0.2 < scatter(3.0 * together)
    assert scatter(together + 5.0) == pytest.approx(scatter(together))
    assert scatter(together[:1]) == 0.0
