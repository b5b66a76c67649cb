"""How far runs agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.choosing.vote import Agreement, largest_agreement


def agreement(
    actions: list[tuple[float, float]], runs_made: int, radius: float = 0.5
) -> Agreement:
    return largest_agreement(np.array(actions), radius, runs_made)


def test_silence_is_no_agreement() -> None:
    assert largest_agreement(np.array([]), 0.5, 3) == Agreement((), 0.0)
    assert largest_agreement(np.zeros((0, 2)), 0.5, 0) == Agreement((), 0.0)


def test_one_of_one_agrees_with_itself() -> None:
    assert agreement([(1.0, 2.0)], 1) == Agreement((0,), 1.0)


def test_runs_that_failed_count_against() -> None:
    assert agreement([(1.0, 0.0), (1.1, 0.0)], 4) == Agreement((0, 1), 0.5)


def test_the_largest_group_wins() -> None:
    found = agreement([(0.0, 0.0), (3.0, 0.0), (3.2, 0.1), (3.1, 0.0), (0.1, 0.0)], 5)
    assert found == Agreement((1, 2, 3), 0.6)


def test_of_two_pairs_the_tighter_wins() -> None:
    found = agreement([(0.0, 0.0), (0.4, 0.0), (5.0, 0.0), (5.1, 0.0)], 4)
    assert found.members == (2, 3)


def test_of_two_equal_pairs_the_earlier_wins() -> None:
    assert agreement([(0.0, 0.0), (4.0, 0.0), (4.25, 0.0), (0.25, 0.0)], 4).members == (0, 3)


def test_a_distance_of_just_the_radius_is_near() -> None:
    assert agreement([(0.0, 0.0), (0.5, 0.0)], 2).share == 1.0
    assert agreement([(0.0, 0.0), (0.51, 0.0)], 2).share == 0.5


def test_a_group_is_near_one_of_its_members_not_a_chain() -> None:
    chain = [(0.0, 0.0), (0.375, 0.0), (0.75, 0.0), (1.125, 0.0)]
    assert agreement(chain, 4).members == (0, 1, 2)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=7))
def test_a_share_is_a_share_and_the_order_of_runs_changes_only_names(
    actions: list[tuple[float, float]],
) -> None:
    found = agreement(actions, len(actions))
    assert 0.0 < found.share <= 1.0
    assert found.share == pytest.approx(len(found.members) / len(actions))
    turned = agreement(actions[::-1], len(actions))
    assert turned.share == found.share
