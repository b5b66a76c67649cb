"""The parameters of the manipulator that say how things are grasped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Approach
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.navigation.parameters import Parameter, metres, named

_GRASP, _GRIPPER = GraspSettings(), GripperSizes()
_LENGTHS = ('depth_m', 'room_m', 'tip_room_m')

GRASP_PARAMETERS = (
    metres('approach_m', _GRASP.approach_m, 'how far before the grasp the pre-grasp lies'),
    Parameter('grasp.top_down_only', False, 'grasp from above or not at all'),
    metres('grasp.depth_m', _GRASP.depth_m, 'how far tips reach behind what they touch first'),
    metres('grasp.room_m', _GRASP.room_m, 'to either side of a thing where there is space'),
    metres('grasp.tip_room_m', _GRASP.tip_room_m, 'from the tips to what lies before them'),
    *(
        metres(f'gripper.{name}', getattr(_GRIPPER, name), words)
        for name, words in (
            ('opening_m', 'widest free space between the fingers'),
            ('finger_length_m', 'from the palm to the finger tips'),
            ('finger_thickness_m', 'of a finger, in the direction of closing'),
            ('finger_width_m', 'of a finger, across'),
            ('palm_length_m', 'of the palm, along the approach'),
            ('palm_width_m', 'of the palm, in the direction of closing'),
            ('palm_height_m', 'of the palm, across'),
        )
    ),
)
"""How far before, how deep, how wide, from where, and with which gripper."""


def grasp_settings(
    values: Mapping[str, Any], workspace: tuple[FloatArray, FloatArray]
) -> GraspSettings:
    """Return the settings that the values amount to, within two corners of the base frame."""
    given = named(values, GraspSettings, 'grasp.')
    low, high = (tuple(corner.tolist()) for corner in workspace)
    return GraspSettings(
        approaches=(Approach.TOP_DOWN,) if values['grasp.top_down_only'] else _GRASP.approaches,
        approach_m=values['approach_m'],
        workspace_low_m=low,
        workspace_high_m=high,
        **{name: given[name] for name in _LENGTHS},
    )
