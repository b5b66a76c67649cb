"""The orders in which runs show views: all views, each under another number in each run."""

import pytest

from vlm_nav.imagination.orders import orders


@pytest.mark.parametrize(('count', 'runs'), [(3, 3), (4, 3), (6, 3), (12, 5), (7, 2)])
def test_no_view_bears_the_same_number_in_two_runs(count: int, runs: int) -> None:
    for seed in range(20):
        for shown in zip(*orders(count, runs, seed), strict=True):
            assert len(set(shown)) == runs


@pytest.mark.parametrize(('count', 'runs'), [(1, 3), (2, 3), (12, 1), (5, 8)])
def test_every_run_shows_every_view_once(count: int, runs: int) -> None:
    shown = orders(count, runs, 4)
    assert len(shown) == runs
    assert all(sorted(order) == list(range(count)) for order in shown)


def test_another_seed_draws_another_order_and_the_same_the_same() -> None:
    assert orders(6, 3, 1) == orders(6, 3, 1)
    assert len({tuple(orders(6, 3, seed)[0]) for seed in range(20)}) > 10
