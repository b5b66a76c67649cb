"""Lifting and planning as picking asks for them, with their settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import GraspPlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hidden_side import with_hidden_side
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.lifted import Lifted, PixelBox, Refused
from vlm_nav.manipulation.scene_points import scene_around
from vlm_nav.observation.rgbd_frame import RgbdFrame

_AROUND_PX = 4.0

Corners = tuple[FloatArray, FloatArray]
"""The lowest and the highest corner (3,) of a box along the axes of the base frame."""


@dataclass(frozen=True, eq=False)
class LiftStep:
    """Implements pick_ports.Lifting; what lies in `own_boxes` is the robot itself."""

    settings: LiftSettings
    now_ns: Callable[[], int]
    own_boxes: tuple[Corners, ...] = ()

    def __call__(self, frame: RgbdFrame, pixel: Pixel) -> Lifted | Refused:
        """Return what the pixel shows, or why it is not to be picked."""
        return lift(frame, pixel, self.settings, now_ns=self.now_ns(), on_robot=self._on_robot)

    def surface(self, frame: RgbdFrame, pixel: Pixel) -> Lifted | Refused:
        """Return the surface right around a pixel, or why nothing is to be put down there."""
        # A box and no pixel: how far the surface goes does not matter, and what stands on it.
        box = PixelBox(
            pixel.u_px - _AROUND_PX,
            pixel.v_px - _AROUND_PX,
            pixel.u_px + _AROUND_PX,
            pixel.v_px + _AROUND_PX,
        )
        return lift(frame, box, self.settings, now_ns=self.now_ns(), on_robot=self._on_robot)

    def _on_robot(self, points_base: FloatArray) -> NDArray[np.bool_]:
        inside = np.zeros(len(points_base), dtype=np.bool_)
        for low, high in self.own_boxes:
            inside |= ((points_base >= low) & (points_base <= high)).all(axis=1)
        return inside


def _anywhere(base_from_grasp: FloatArray, around: FloatArray | None) -> None:
    """Refuse no pose."""


@dataclass(frozen=True, eq=False)
class PlanStep:
    """Implements pick_ports.Planning among everything else that the picture shows.

    `reachable` is that of an arm_port.Arm; without one, every pose is.
    """

    gripper: GripperSizes
    settings: GraspSettings
    reachable: Callable[[FloatArray, FloatArray | None], HandReason | None] = _anywhere

    def __call__(self, frame: RgbdFrame, lifted: Lifted) -> GraspPlan:
        """Return the grasps, the best first, and those that were refused."""
        scene = scene_around(frame, lifted)

        def reachable(pose: FloatArray) -> HandReason | None:
            return self.reachable(pose, scene)

        whole = with_hidden_side(frame, lifted)
        plan = grasps(whole, scene, self.gripper, self.settings, reachable)
        if plan.best is not None or whole is lifted:
            return plan
        # A rim can be held where the whole cannot.
        return grasps(lifted, scene, self.gripper, self.settings, reachable)
