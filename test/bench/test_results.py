"""The figures of a run, as everybody counts them."""

from dataclasses import replace

import pytest

from vlm_nav.bench.results import EpisodeResult, summary

DRIVEN = EpisodeResult(
    seed=4, house='flat', target='chair', outcome='arrived', reason=None, success=True,
    geodesic_m=6.0, path_m=8.0, collisions=0, decisions=5, vlm_calls=40, tokens=0, wall_s=3.0,
)  # fmt: skip


def test_spl_is_the_share_of_the_shortest_way_in_the_driven_one() -> None:
    assert DRIVEN.spl == pytest.approx(0.75)
    assert replace(DRIVEN, path_m=5.5).spl == 1.0
    assert replace(DRIVEN, success=False).spl == 0.0
    assert replace(DRIVEN, geodesic_m=0.0, path_m=0.0).spl == 1.0


def test_figures_are_means_and_collisions_are_a_sum() -> None:
    lost = replace(
        DRIVEN, seed=5, success=False, outcome='gave_up', reason='not_found', collisions=2,
        path_m=20.0, decisions=15, vlm_calls=100,
    )  # fmt: skip
    found = summary([DRIVEN, lost], wall_s=7.0)
    per_episode = found.pop('per_episode')
    assert found == {
        'episodes': 2, 'success': 0.5, 'spl': 0.375, 'collisions': 2, 'path_m': 14.0,
        'decisions': 10.0, 'vlm_calls': 70.0, 'tokens': 0.0, 'wall_s': 7.0,
    }  # fmt: skip
    assert per_episode[1] == {
        'seed': 5, 'house': 'flat', 'target': 'chair', 'outcome': 'gave_up',
        'reason': 'not_found', 'success': False, 'spl': 0.0, 'geodesic_m': 6.0, 'path_m': 20.0,
        'collisions': 2,
    }  # fmt: skip
