"""The value map of a decision: its grasp is to be reached, what stands around it avoided."""

from __future__ import annotations

from typing import Final

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.events import PickDecision
from vlm_nav.manipulation.value_map import ValueMap, value_map
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

_HALF_M: Final = np.array((0.2, 0.2, 0.2))
_MOST_AVOIDED = 400


def grasp_map(decision: PickDecision, frame: RgbdFrame) -> ValueMap | None:
    """Return the map around a decided grasp, None where none was decided for."""
    if decision.grasp is None or decision.lifted is None:
        return None
    goal: FloatArray = decision.grasp.base_from_grasp[:3, 3]
    avoid = np.empty((0, 3))
    if frame.depth_m is not None and decision.lifted.extent.mask.shape == frame.depth_m.shape:
        others = points_base(frame)[~decision.lifted.extent.mask].astype(np.float64)
        with np.errstate(invalid='ignore'):
            near = (np.abs(others - goal) < _HALF_M).all(axis=1)
        avoid = others[near]
        # Evenly over the picture, as many as are quickly held against every cell.
        avoid = avoid[:: max(1, len(avoid) // _MOST_AVOIDED)]
    return value_map(goal, avoid, (goal - _HALF_M, goal + _HALF_M))
