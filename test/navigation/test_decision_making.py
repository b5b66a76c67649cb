"""What decides and what carries instructions on, put together from parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from roaming import Roamer, goal

from vlm_nav.checks.known import checks_named
from vlm_nav.memory.keyframes import KeyframeSettings
from vlm_nav.navigation.decision_making import mission_for, model_for, selector_for
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    DecisionSettings,
    decision_settings,
)
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS
from vlm_nav.navigation.parameter_file import checked_values
from vlm_nav.navigation.selectors import PivotSelector

ALL = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS, *MISSION_PARAMETERS)
GIVEN = {'vlm.spec': 'scripted:first'}


def settings_of(**given: Any) -> DecisionSettings:
    return decision_settings(checked_values(ALL, {**GIVEN, **given}))


def test_instructions_are_carried_on_as_the_parameters_say() -> None:
    settings, robot = settings_of(arrival_distance_m=0.5, turn_step_rad=1.57), Roamer()
    mission = mission_for(settings, robot, robot, robot, model_for(settings))
    carrying_on = mission.carrying_on
    assert isinstance(mission.selector, PivotSelector)
    assert carrying_on is not None
    assert carrying_on.settings == settings.until_arrived
    assert carrying_on.arrival.distance_m == 0.5
    assert carrying_on.looking_around is not None
    assert (carrying_on.looking_around.step_rad, carrying_on.looking_around.views) == (1.57, 4)


@pytest.mark.parametrize('strategy', ['pivot', 'imagine'])
def test_a_choice_is_checked_as_the_parameters_say(strategy: str) -> None:
    for names in ([''], ['shuffled', 'mirrored']):
        settings = settings_of(checks=names, strategy=strategy)
        selector = selector_for(settings, model_for(settings), ())
        assert selector.settings.checks == checks_named(names)


@pytest.mark.parametrize(
    ('strategy', 'remembered', 'kept'),
    [('imagine', 4, True), ('hybrid', 1, True), ('imagine', 0, False), ('pivot', 4, False)],
)
def test_pictures_of_earlier_are_kept_where_they_are_shown(
    strategy: str, remembered: int, kept: bool
) -> None:
    given = {'imagine.remembered': remembered, 'imagine.keyframe_most': 7, 'strategy': strategy}
    settings, robot = settings_of(**given), Roamer()
    mission = mission_for(settings, robot, robot, robot, model_for(settings))
    assert mission.carrying_on is not None
    assert mission.carrying_on.keyframes == (KeyframeSettings(most=7) if kept else None)


@pytest.mark.parametrize(
    ('strategy', 'synthesis', 'kept'),
    [('imagine', 'warp', 7), ('hybrid', 'warp', 7), ('hybrid', 'none', 0), ('pivot', 'warp', 0)],
)
def test_frames_of_earlier_are_kept_where_views_are_warped(
    strategy: str, synthesis: str, kept: int
) -> None:
    given = {
        'strategy': strategy,
        'imagine.synthesis': synthesis,
        'imagine.earlier_frames': 7,
    }
    settings, robot = settings_of(**given), Roamer()
    mission = mission_for(settings, robot, robot, robot, model_for(settings))
    assert mission.carrying_on is not None
    assert mission.carrying_on.earlier_frames == kept


@pytest.mark.parametrize(
    ('strategy', 'first'), [('pivot', False), ('imagine', False), ('hybrid', True)]
)
def test_hybrid_learns_before_each_choice_whether_the_model_points_at_the_thing(
    strategy: str, first: bool
) -> None:
    settings, robot = settings_of(strategy=strategy), Roamer()
    mission = mission_for(settings, robot, robot, robot, model_for(settings))
    assert mission.carrying_on is not None
    assert mission.carrying_on.points_first is first


def test_a_robot_that_cannot_turn_goes_without() -> None:
    settings, robot = settings_of(), Roamer()
    mission = mission_for(settings, robot, robot, None, model_for(settings))
    assert mission.carrying_on is not None
    assert mission.carrying_on.looking_around is None


def test_one_decision_and_one_goal_where_that_is_wanted() -> None:
    robot = Roamer([goal(2.0, 0.0)])
    for settings in (
        settings_of(until_arrived=False),
        # Who reads no parameters of missions carries nothing on.
        decision_settings(checked_values((*LOOKING_PARAMETERS, *DECIDING_PARAMETERS), GIVEN)),
    ):
        mission = mission_for(settings, robot, robot, robot, model_for(settings), selector=robot)
        assert mission.carrying_on is None
        assert mission.selector is robot


def test_no_place_beyond_the_fence_is_gone_to_by_itself() -> None:
    settings, robot = settings_of(fence='0 0, 4 0, 4 4, 0 4'), Roamer()
    mission = mission_for(settings, robot, robot, robot, model_for(settings))
    assert mission.carrying_on is not None
    allowed = mission.carrying_on.allowed(np.array([(2.0, 2.0), (3.9, 2.0), (5.0, 2.0)]))
    assert allowed.tolist() == [True, False, False]
