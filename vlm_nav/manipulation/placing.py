"""Putting down what the hand holds: what is known of that, and where there is room for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from transforms3d.euler import euler2mat

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import Arm
from vlm_nav.manipulation.events import PickDecision, PickEnded
from vlm_nav.manipulation.grasp_plan import Place, PlacePlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.place import PlaceSettings, places
from vlm_nav.manipulation.steps import LiftStep
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

# So far above the surface it is let go, and so much room the opening fingers want beside it.
_DROP_M, _ROOM_M = 0.005, 0.04
# About the upright, one after the other until the arm reaches.
_TURNS_RAD = tuple(math.radians(turn) for turn in (0, 30, -30, 60, -60, 90, -90, 135, -135, 180))
_NOTHING = Refused(HandReason.HOLDS_NOTHING, 'nothing was picked that could be put down')
_SOMETHING = Refused(
    HandReason.HOLDS_SOMETHING, 'what the hand has picked would fall: it is put down first'
)

_UNSEEN = Refused(ObservationReason.NO_DEPTH, 'depth says where there is room, and none came')


@dataclass(frozen=True, eq=False)
class Held:
    """What the hand holds, by what was seen of it when it stood.

    `base_from_hand` (3, 3) is how the hand was turned, so that the thing stands upright when it
    is so again. Its foot is `below_tips_m` below the finger tips, its outline within `radius_m`.
    """

    base_from_hand: FloatArray
    below_tips_m: float
    radius_m: float


class Holding:
    """A listener of picking that remembers what was picked until it is put down.

    Who moves the fingers calls `gripped` when they have: until they open whatever is held stays
    held, however a task ended, and what they closed on is held even if the pick went no further.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self.held: Held | None = None
        self._closed = False

    def gripped(self, holds: bool) -> None:
        """Take note that the fingers have moved: whether they may hold something now."""
        self._closed = holds
        if not holds:
            self.held = None

    def emptied(self) -> bool:
        """Take note that the hand holds nothing any more; return whether it held something."""
        held = self.held
        self.gripped(False)
        return held is not None

    def free(self) -> Refused | None:
        """Return why nothing can be picked, None where nothing is held."""
        return None if self.held is None else _SOMETHING

    def __call__(self, event: Event) -> None:
        """Take note of what the hand did."""
        if not isinstance(event, PickEnded) or event.end.outcome is None:
            return
        decision = event.end.decision
        if decision.task.place:
            if event.end.outcome.done:
                self.gripped(False)
        elif event.end.outcome.done or self._closed:
            self.held = held_after(decision)


def held_after(decision: PickDecision) -> Held | None:
    """Return what the hand holds once a decision was carried out, None where nothing is known."""
    if decision.grasp is None or decision.lifted is None:
        return None
    box, hand = decision.lifted.extent.box, decision.grasp.base_from_grasp
    foot_m = float(box.centre_base[2]) - box.size_m[2] / 2.0
    # Only one side of it is seen: it may be as wide as it is long.
    radius_m = max(box.size_m[:2]) / math.sqrt(2.0)
    return Held(hand[:3, :3], max(0.0, float(hand[2, 3]) - foot_m), radius_m)


@dataclass(frozen=True, eq=False)
class PlaceStep:
    """Implements pick_ports.Putting: near the pixel, among everything else that is seen.

    The hand stays in the workspace that it grasps in.
    """

    lift: LiftStep
    holding: Holding
    arm: Arm
    grasp: GraspSettings = GraspSettings()

    def ready(self) -> Refused | None:
        """Return why nothing can be put down, None where something is held."""
        return _NOTHING if self.holding.held is None else None

    def __call__(self, frame: RgbdFrame, pixel: Pixel) -> Place | Refused:
        """Return the best place that the arm reaches, or why there is none."""
        held = self.holding.held
        if held is None:
            return _NOTHING
        if frame.depth_m is None:
            return _UNSEEN
        surface = self.lift.surface(frame, pixel)
        if isinstance(surface, Refused):
            return surface
        points = points_base(frame).reshape(-1, 3).astype(np.float64)
        settings = PlaceSettings(
            radius_m=held.radius_m, below_tips_m=held.below_tips_m + _DROP_M, room_m=_ROOM_M
        )
        plan = PlacePlan()
        for turn_rad in _TURNS_RAD:
            hand = euler2mat(0.0, 0.0, turn_rad) @ held.base_from_hand
            plan = places(
                surface, points, settings, base_from_hand=hand, reachable=self._reachable
            )
            if plan.best is not None:
                return plan.best
            if plan.reason is HandReason.NO_FLAT_SPOT:
                break
        return Refused(plan.reason or HandReason.UNREACHABLE, plan.detail)

    def _reachable(self, base_from_hand: FloatArray) -> HandReason | None:
        if not self.grasp.in_workspace(base_from_hand[:3, 3]):
            return HandReason.OUTSIDE_WORKSPACE
        return self.arm.reachable(base_from_hand)
