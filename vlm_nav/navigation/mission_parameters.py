"""The parameters of an instruction that is carried on until the robot has arrived."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vlm_nav.navigation.parameters import Parameter, metres, named, seconds
from vlm_nav.navigation.until_arrived import LookAround, UntilArrivedSettings

_SETTINGS = UntilArrivedSettings()

MISSION_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('until_arrived', True, 'carry on until arrived; false: one decision, one goal'),
    metres('arrival_distance_m', _SETTINGS.arrival_distance_m, 'how near the thing is arrived'),
    Parameter(
        'approach_thing',
        _SETTINGS.approach_thing,
        'have the thing pointed at before each decision, and go beside it',
    ),
    Parameter(
        'face_thing',
        _SETTINGS.face_thing,
        'have the thing pointed at before each drive, and look at it from the goal',
    ),
    Parameter(
        'look_around',
        _SETTINGS.look_around.value,
        'when to turn and look to all sides',
        one_of=tuple(item.value for item in LookAround),
    ),
    Parameter(
        'turn_step_rad', _SETTINGS.turn_step_rad, 'turn between two looks around', 0.1, math.pi
    ),
    seconds('turn_timeout_s', _SETTINGS.turn_timeout_s, 'how long a turn may take'),
    Parameter(
        'fresh_view_s',
        _SETTINGS.fresh_view_s,
        'how old a picture may be that saves a turn; 0: none does',
        0.0,
        3600.0,
    ),
    metres('fresh_view_m', _SETTINGS.fresh_view_m, 'from how near a picture is that saves a turn'),
    Parameter(
        'visited_radius_m',
        _SETTINGS.visited_radius_m,
        'from how near floor is seen that counts as visited',
        0.5,
        5.0,
    ),
    Parameter(
        'decision_limit', _SETTINGS.decision_limit, 'most decisions of an instruction', 1, 1000
    ),
    Parameter(
        'mission_timeout_s',
        _SETTINGS.mission_timeout_s,
        'how long an instruction may take',
        1.0,
        86400.0,
    ),
    Parameter(
        'path_limit_m',
        _SETTINGS.path_limit_m,
        'how far an instruction may lead, straight from look to look',
        0.1,
        10000.0,
    ),
    Parameter(
        'retry_limit', _SETTINGS.retry_limit, 'tries of what time may heal, in a row', 0, 100
    ),
    seconds('retry_pause_s', _SETTINGS.retry_pause_s, 'pause before such a try'),
    Parameter('failure_limit', _SETTINGS.failure_limit, 'failed drives in a row', 1, 100),
)
"""When the robot has arrived, when it looks around, and when it gives up."""


def until_arrived_settings(values: Mapping[str, Any]) -> UntilArrivedSettings | None:
    """Return the settings of values, None where instructions are not carried on.

    Raises InvalidValueError where values do not go together.
    """
    if not values.get('until_arrived', False):
        return None
    given = named(values, UntilArrivedSettings)
    given['look_around'] = LookAround(given['look_around'])
    return UntilArrivedSettings(**given)
