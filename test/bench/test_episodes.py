"""Episodes are drawn from seeds, are possible, and do not begin at their end."""

import math

import pytest

pytest.importorskip('scipy')


from vlm_nav.bench.episodes import SUCCESS_M, episode_of, possible_targets
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.driving.geodesic import distances_to_thing
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.house.house_plan import Shape
from vlm_nav.sim.house.house_planning import plan_house, templates

SEEDS = range(2 * len(templates()))


@pytest.mark.parametrize('seed', SEEDS)
def test_an_episode_names_one_thing_that_can_be_driven_to_from_afar(seed: int) -> None:
    episode = episode_of(seed)
    plan = plan_house(episode.template, seed)
    target = plan.thing(episode.target)
    assert things_named(episode.instruction, plan) == (target,)
    way_m = distances_to_thing(plan, target).at(episode.start.x_m, episode.start.y_m)
    assert math.isfinite(way_m)
    assert way_m >= 3.0 - 0.1
    assert episode.geodesic_m == pytest.approx(way_m - SUCCESS_M)
    place = (episode.start.x_m, episode.start.y_m)
    assert house_costmap(plan).values_at(place) < 99


def test_the_same_seed_gives_the_same_episode_and_others_go_through_all_templates() -> None:
    episodes = [episode_of(seed) for seed in SEEDS]
    assert episodes == [episode_of(seed) for seed in SEEDS]
    assert {episode.template for episode in episodes} == set(templates())
    assert len({(one.start, one.target) for one in episodes}) == len(episodes)


def test_targets_are_things_that_one_would_be_sent_to() -> None:
    for template in templates():
        for thing in possible_targets(plan_house(template, 1)):
            assert thing.shape is not Shape.FLAT
            assert thing.on or max(thing.size_m) >= 0.3


def test_a_seed_is_no_negative_number() -> None:
    with pytest.raises(InvalidValueError):
        episode_of(-1)
