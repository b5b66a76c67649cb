"""Doubles for the hand: what is seen, lifted, planned and moved, as tests want it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
from synthetic import frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason, ObservationReason, Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.grasp_plan import Approach, Grasp, GraspPlan, Place
from vlm_nav.manipulation.lifted import Extent, Lifted, LiftSource, UprightBox
from vlm_nav.observation.rgbd_frame import RgbdFrame


def pose_at(x_m: float, y_m: float, z_m: float) -> FloatArray:
    """Return a pose of the gripper that comes from above."""
    pose = np.array([[0, 0, 1, x_m], [0, 1, 0, y_m], [-1, 0, 0, z_m], [0, 0, 0, 1]], dtype=float)
    return pose


def grasp_at(x_m: float = 0.4, y_m: float = 0.0, z_m: float = 0.3) -> Grasp:
    """Return a grasp from above."""
    above = pose_at(x_m, y_m, z_m + 0.1)
    return Grasp(
        pose_at(x_m, y_m, z_m), above, 0.05, 0.08, Approach.TOP_DOWN, 0.03, 1.0
    )  # fmt: skip


def lifted_at(pixel: Pixel, stamp_ns: int = 0) -> Lifted:
    """Return what a pixel might show."""
    point = np.array((0.4, 0.0, 0.3))
    up = np.array((0.0, 0.0, 1.0))
    box = UprightBox(point, (0.06, 0.05, 0.1), 0.0)
    extent = Extent(point[None], np.zeros((4, 4), dtype=np.bool_), box)
    return Lifted(pixel, point, up, -up, 0.002, LiftSource.MEASURED, extent, stamp_ns)


def plan_of(*grasps: Grasp) -> GraspPlan:
    """Return a plan with these grasps."""
    return GraspPlan(ranked=grasps)


@dataclass(eq=False)
class ArmDouble:
    """A double of an arm: it notes what it is told to do and does it when it may."""

    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    picked: list[Grasp] = field(default_factory=list)
    placed: list[Place] = field(default_factory=list)
    stops: int = 0

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Note the grasp and end once it may."""
        self.picked.append(grasp)
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise
        return ArmOutcome(True, None, 'picked')

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Note the place, and place at once."""
        self.placed.append(place)
        return ArmOutcome(True, None, 'placed')

    async def stop(self) -> None:
        """Note it."""
        self.stops += 1

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Reach everything."""
        return None


class EyesDouble:
    """A double that shows one picture."""

    def __init__(self, frame: RgbdFrame | None = None) -> None:
        self.frame = frame or frame_of()

    async def look(self, deadline: Deadline) -> RgbdFrame:
        """Return the picture."""
        return self.frame

    async def look_at(self, stamp_ns: int, deadline: Deadline) -> RgbdFrame:
        """Return the picture if it has this stamp."""
        if stamp_ns != self.frame.stamp_ns:
            raise Refusal(ObservationReason.STALE_IMAGE, 'it is not kept')
        return self.frame
