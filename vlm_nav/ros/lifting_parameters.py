"""The parameters of the manipulator that say which pixels become points, and where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.ground import Plane
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.steps import Corners
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.navigation.parameters import Parameter, metres, named, seconds

_LIFT = LiftSettings()


class WithoutDepth(str, Enum):
    """What becomes of a pixel that nothing is measured at or around."""

    REFUSE = 'refuse'
    PLANE = 'plane'


LIFTING_PARAMETERS: tuple[Parameter, ...] = (
    metres('nearest_m', _LIFT.nearest_m, 'nearest depth that is trusted for the hand'),
    metres('farthest_m', _LIFT.farthest_m, 'farthest depth that is trusted for the hand'),
    metres('largest_m', _LIFT.largest_m, 'how wide a thing may be'),
    seconds('picture_age_s', 70.0, 'how old the picture may be when a grasp is planned from it'),
    Parameter(
        'history_pictures',
        SynchroniserSettings().queue_length,
        'how many pictures are kept for pixels that name one by its stamp',
        1,
        1000,
    ),
    Parameter(
        'without_depth',
        WithoutDepth.REFUSE.value,
        'what becomes of a pixel where nothing is measured',
        one_of=tuple(item.value for item in WithoutDepth),
    ),
    Parameter(
        'plane_height_m',
        0.0,
        'how high in base_frame the level plane is that such a pixel is taken to lie on',
        -10.0,
        10.0,
    ),
    Parameter(
        'workspace', '-2 -2 -1, 2 2 2.5', "'x y z, x y z': the box in base_frame for the gripper"
    ),
    Parameter(
        'robot_boxes',
        [''],
        'boxes like workspace that the robot itself fills; one empty text: none',
    ),
)


def box_from(text: str) -> Corners:
    """Return the lowest and the highest corner (3,) of a box 'x y z, x y z'."""
    try:
        low, high = ([float(word) for word in corner.split()] for corner in text.split(','))
    except ValueError:
        low, high = [], []
    whole = len(low) == len(high) == 3 and all(map(math.isfinite, (*low, *high)))
    if not whole or not all(a < b for a, b in zip(low, high, strict=True)):
        raise InvalidValueError(
            f"a box is 'x y z, x y z', its lowest corner first, got {text[:80]!r}"
        )
    return np.array(low), np.array(high)


def lift_settings(values: Mapping[str, Any]) -> LiftSettings:
    """Return what is lifted, by the values of all parameters."""
    age_s = values['picture_age_s']
    plane = None
    if values['without_depth'] == WithoutDepth.PLANE.value:
        plane = Plane((0.0, 0.0, 1.0), -values['plane_height_m'])
    return LiftSettings(
        plane=plane, maximum_age_s=age_s, **_without_age(named(values, LiftSettings))
    )


def _without_age(values: Mapping[str, Any]) -> dict[str, Any]:
    # That of the parameter of this name is a picture's when it is looked at.
    return {name: value for name, value in values.items() if name != 'maximum_age_s'}
