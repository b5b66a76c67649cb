"""Differences are taken episode by episode, with the interval that a bootstrap gives."""

import numpy as np
import pytest

from vlm_nav.bench.comparing import compare, paired_difference
from vlm_nav.core.errors import InvalidValueError


def row(seed: int, success: bool, spl: float) -> dict[str, object]:
    return {'seed': seed, 'house': 'flat', 'target': 'chair', 'success': success, 'spl': spl}


def test_the_interval_of_a_clear_difference_lies_above_nothing() -> None:
    random = np.random.default_rng(3)
    hard = random.uniform(0.0, 0.5, 120)
    found = paired_difference(hard + random.uniform(0.0, 0.2, 120), hard)
    assert found.mean == pytest.approx(0.1, abs=0.02)
    assert 0.08 < found.low < found.mean < found.high < 0.12


def test_the_interval_of_noise_holds_nothing_in_19_of_20_cases() -> None:
    holds = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        found = paired_difference(random.normal(size=60), random.normal(size=60), seed)
        holds.append(found.low <= 0.0 <= found.high)
    assert 88 <= sum(holds) <= 100


def test_the_same_seed_gives_the_same_interval() -> None:
    figures = np.random.default_rng(0).uniform(size=(2, 30))
    assert paired_difference(*figures, seed=7) == paired_difference(*figures, seed=7)
    assert paired_difference(*figures, seed=7) != paired_difference(*figures, seed=8)


def test_results_are_paired_by_episode_and_not_by_order() -> None:
    first = [row(1, True, 0.9), row(2, True, 0.5), row(3, False, 0.0)]
    second = [row(3, False, 0.0), row(1, True, 0.7), row(2, False, 0.0)]
    found = compare(first, second)
    assert found.episodes == 3
    assert found.success.mean == pytest.approx(1 / 3)
    assert found.spl.mean == pytest.approx((0.2 + 0.5) / 3)
    assert found.spl.low < found.spl.mean < found.spl.high


@pytest.mark.parametrize(
    'other',
    [
        [],
        [row(2, True, 0.9)],
        [row(1, True, 0.9), row(2, True, 0.9)],
        [{'seed': 1}],
        [row(1, True, 0.9) | {'spl': 'much'}],
        [row(1, True, 0.9) | {'spl': float('nan')}],
        [row(1, True, 0.9) | {'house': 'tower'}],
        [row(1, True, 0.9) | {'house': ['tower']}],
    ],
)
def test_results_of_other_episodes_are_not_compared(other: list[dict[str, object]]) -> None:
    with pytest.raises(InvalidValueError):
        compare([row(1, True, 0.9)], other)
