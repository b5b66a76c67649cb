"""How long lifting and planning a grasp take, on one core at 640 x 480."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vlm_nav.bench.timing import one_core, time_of
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import VlmNavError
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import lift_points
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.steps import PlanStep
from vlm_nav.observation.rgbd_frame import RgbdFrame

_PIXELS = 1000
# Whether an arm reaches a grasp takes as long as that arm's solver likes.
_PLAN = PlanStep(GripperSizes(), GraspSettings())


@dataclass(frozen=True)
class LiftTimes:
    """Milliseconds, medians: a pixel lifted and its grasps planned, and 1000 pixels lifted."""

    lift_grasp_ms: float
    lift_1000_ms: float


def lift_times(frame: RgbdFrame, pixel: Pixel, *, calls: int = 30, seed: int = 0) -> LiftTimes:
    """Return the times for a pixel of a thing, and for pixels from all over the picture.

    Raises VlmNavError where the pixel is refused.
    """
    found = lift(frame, pixel)
    if isinstance(found, Refused):
        raise VlmNavError(f'a pixel of a thing was wanted, got {found.reason.value}')
    rng = np.random.default_rng(seed)
    size = (frame.camera.width_px - 1, frame.camera.height_px - 1)
    pixels = rng.random((_PIXELS, 2)) * size
    with one_core():
        single = time_of(lambda: _lift_and_plan(frame, pixel), calls=calls)
        many = time_of(lambda: lift_points(frame, pixels), calls=calls)
    return LiftTimes(single.median_ms, many.median_ms)


def _lift_and_plan(frame: RgbdFrame, pixel: Pixel) -> None:
    found = lift(frame, pixel)
    if not isinstance(found, Refused):
        _PLAN(frame, found)
