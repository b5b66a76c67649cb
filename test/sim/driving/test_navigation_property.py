"""Whatever stands in a goal, the stand-in for Nav2 takes it, and speeds stay finite."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip('skimage')

from nav2_world import Nav2World

from vlm_nav.sim.driving.navigation_settings import RecoverySettings, StandInSettings
from vlm_nav.sim.driving.navigation_words import NavigationGoal, SpinGoal

NUMBERS = st.one_of(st.floats(), st.sampled_from([0.0, 0.5, -1.0, 3.1, 1e300, math.nan, math.inf]))
STAMPS = st.integers(-(2**62), 2**62)
GOALS = st.builds(
    NavigationGoal,
    st.binary(min_size=16, max_size=16),
    st.sampled_from(['map', 'odom', 'base_link', '', 'nowhere']),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.one_of(st.just(0), STAMPS),
    st.sampled_from(['', '', '', '/no/such.xml']),
)
TURNS = st.builds(SpinGoal, st.binary(min_size=16, max_size=16), NUMBERS, NUMBERS)
# An action server refuses a goal whose id it has already, before anybody else hears of it.
DIFFERENT_GOALS = st.lists(
    st.one_of(GOALS, TURNS), min_size=1, max_size=4, unique_by=lambda goal: goal.goal_id
)
NOWHERE = NavigationGoal(b'nowhere', 'odom', (0.0, math.inf, 0.0), (0.0, 0.0, 0.0, 1.0), 0, '')
AT_ONCE = StandInSettings(recovery=RecoverySettings(retries=0))


@settings(max_examples=40)
@given(DIFFERENT_GOALS, st.booleans())
@example([NOWHERE], False)
def test_no_goal_upsets_it_and_cancelling_ends_all(
    goals: list[NavigationGoal | SpinGoal], at_once: bool
) -> None:
    world = Nav2World(settings=AT_ONCE)
    for goal in goals:
        if isinstance(goal, NavigationGoal):
            assert world.nav2.send(goal)
        else:
            world.nav2.spin.send(goal)
        world.run(0.0 if at_once else 0.3)
        assert math.isfinite(world.robot.velocity.forward_m_s)
        assert math.isfinite(world.robot.velocity.turn_rad_s)
    for goal in goals:
        world.nav2.cancel(goal.goal_id)
        world.nav2.spin.cancel(goal.goal_id)
    world.run(1.0)
    assert {goal.goal_id for goal in goals} <= world.ended.keys()
    assert world.robot.velocity.forward_m_s == world.robot.velocity.turn_rad_s == 0.0
