"""An arm that follows joint trajectories: from a grasp to motions of its joints, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.arm_room import arm_touches
from vlm_nav.manipulation.arm_steps import LOST_ON_THE_WAY, MET_NOTHING, Fingers, closed, in_turn
from vlm_nav.manipulation.grasp_plan import Grasp, Place
from vlm_nav.manipulation.joint_solving import JointSolver

_Path: TypeAlias = Sequence[FloatArray]
_ALL_DONE = 'the arm followed all motions'


@dataclass(frozen=True, eq=False)
class JointMotion:
    """Angles (m, n) of named joints, to be passed at times (m,) after its beginning, seconds."""

    joint_names: tuple[str, ...]
    positions: FloatArray
    at_s: FloatArray


class Follower(Fingers, Protocol):
    """Lets the controllers of an arm and its gripper move."""

    async def follow(self, motion: JointMotion, deadline: Deadline) -> ArmOutcome:
        """Follow a motion; cancelling the awaiting task stops it before that goes on."""
        ...

    async def stop(self) -> None:
        """Stop what is under way."""
        ...


class TipAxes(str, Enum):
    """Which way the tip's frame approaches; it closes its fingers along y either way."""

    X_APPROACH = 'x_approach'
    Z_APPROACH = 'z_approach'


@dataclass(frozen=True)
class TrajectorySettings:
    """How fast the joints turn, how the tip's frame lies in the hand, and how high it travels.

    `tip_to_fingers_m` is how far the place between the finger tips lies before the tip's frame,
    `lift_m` how high what was picked is lifted. On its way to the first pose the tip's frame goes
    up to `travel_height_m` in the base frame, over, and straight down from there; with 0, it goes
    to the pose at once. The arm's links reach `arm_radius_m` around the lines between its joints.
    """

    joint_speed_rad_s: float = 0.5
    tip_axes: TipAxes = TipAxes.X_APPROACH
    tip_to_fingers_m: float = 0.0
    lift_m: float = 0.15
    travel_height_m: float = 0.0
    arm_radius_m: float = 0.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for an arm that would not move."""
        lengths = (self.tip_to_fingers_m, self.travel_height_m, self.arm_radius_m)
        if not (self.joint_speed_rad_s > 0.0 and np.isfinite(lengths).all()):
            raise InvalidValueError(
                f'joints turn with a speed above 0 and lengths are finite, got {self}'
            )

    def base_from_tip(self, base_from_grasp: FloatArray) -> FloatArray:
        """Return where the tip's frame is when the fingers are at a grasp (4, 4)."""
        grasp_from_tip = np.eye(4)
        if self.tip_axes is TipAxes.Z_APPROACH:
            # Columns: the tip's x, y and z in the frame of the grasp.
            grasp_from_tip[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
        grasp_from_tip[0, 3] = -self.tip_to_fingers_m
        return np.asarray(base_from_grasp @ grasp_from_tip)


@dataclass(frozen=True, eq=False)
class TrajectoryArm:
    """Implements arm_port.Arm by the joints of a described arm.

    `positions` tells the angles of the joints now, None where nobody does.
    """

    solver: Callable[[], JointSolver | None]
    joints_now: Callable[[JointSolver], FloatArray | None]
    follower: Follower
    settings: TrajectorySettings = TrajectorySettings()

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        """Open, go before the thing, go to it, close, lift, and close once more; see Arm."""
        before, at = (
            self.settings.base_from_tip(pose)
            for pose in (grasp.base_from_pregrasp, grasp.base_from_grasp)
        )
        lifted = at.copy()
        lifted[2, 3] += self.settings.lift_m
        motions = await self._motions(before, (at, lifted))
        if isinstance(motions, ArmOutcome):
            return motions
        *towards, onto, up = motions
        return await in_turn(
            lambda: self.follower.grip(grasp.opening_m, deadline),
            *(partial(self.follower.follow, motion, deadline) for motion in towards),
            lambda: self.follower.follow(onto, deadline),
            lambda: closed(self.follower, MET_NOTHING, deadline),
            lambda: self.follower.follow(up, deadline),
            lambda: closed(self.follower, LOST_ON_THE_WAY, deadline),
            all_done=_ALL_DONE,
        )

    async def place(self, place: Place, deadline: Deadline) -> ArmOutcome:
        """Go above the place, go down, open, and draw back; see arm_port.Arm."""
        before, at = (
            self.settings.base_from_tip(pose)
            for pose in (place.base_from_preplace, place.base_from_place)
        )
        motions = await self._motions(before, (at, before))
        if isinstance(motions, ArmOutcome):
            return motions
        *towards, down, back = motions
        return await in_turn(
            *(partial(self.follower.follow, motion, deadline) for motion in towards),
            lambda: self.follower.follow(down, deadline),
            lambda: self.follower.grip(np.inf, deadline),
            lambda: self.follower.follow(back, deadline),
            all_done=_ALL_DONE,
        )

    async def stop(self) -> None:
        """Stop the arm where it is."""
        await self.follower.stop()

    def reachable(
        self, base_from_grasp: FloatArray, around: FloatArray | None = None
    ) -> HandReason | None:
        """Return UNREACHABLE where no angles bring the fingers there, None where some do.

        IN_COLLISION where the arm up to its last joint touches what is `around`.
        """
        solver = self.solver()
        if solver is None:
            return HandReason.ARM_SILENT
        pose = self.settings.base_from_tip(base_from_grasp)
        found = solver.solve(pose, self.joints_now(solver))
        if found is None:
            return HandReason.UNREACHABLE
        radius_m = self.settings.arm_radius_m
        if around is not None and arm_touches(solver.places_at(found), radius_m, around):
            return HandReason.IN_COLLISION
        return None

    async def _motions(
        self, first: FloatArray, then: Sequence[FloatArray]
    ) -> list[JointMotion] | ArmOutcome:
        """Return the motions to the first pose, and those on straight lines through the others."""
        solver = self.solver()
        start = None if solver is None else self.joints_now(solver)
        if solver is None or start is None:
            missing = 'the robot description' if solver is None else 'the angles of the joints'
            return ArmOutcome(False, HandReason.ARM_SILENT, f'nobody tells {missing}')
        return await in_own_thread(self._solved, solver, start, first, then)

    def _solved(
        self,
        solver: JointSolver,
        start: FloatArray,
        first: FloatArray,
        then: Sequence[FloatArray],
    ) -> list[JointMotion] | ArmOutcome:
        for way in self._ways_to(solver, start, first):
            lines = _lines(solver, way[-1][-1], then)
            if lines is not None:
                return self._in_motions(solver, start, (*way, *lines))
        return ArmOutcome.without_way(
            HandReason.UNREACHABLE, 'no angles of the joints lead along the whole way'
        )

    def _ways_to(
        self, solver: JointSolver, start: FloatArray, pose: FloatArray
    ) -> Iterator[tuple[_Path, ...]]:
        """Yield ways to a pose: up, over and down; none where the arm cannot go up."""
        above, risen = (
            _raised(one, self.settings.travel_height_m) for one in (pose, solver.tip_at(start))
        )
        up = () if risen is None else _lines(solver, start, (risen,))
        if up is None:
            return
        begin = up[-1][-1] if up else start
        for joints in _postures(solver, pose if above is None else above, begin):
            down = () if above is None else _lines(solver, joints, (pose,))
            if down is not None:
                yield (*up, [joints], *down)

    def _in_motions(
        self, solver: JointSolver, start: FloatArray, paths: Sequence[_Path]
    ) -> list[JointMotion]:
        begins = (start, *(path[-1] for path in paths[:-1]))
        return [
            self._motion(solver, begin, path) for begin, path in zip(begins, paths, strict=True)
        ]

    def _motion(
        self, solver: JointSolver, start: FloatArray, path: Sequence[FloatArray]
    ) -> JointMotion:
        positions = np.array(path)
        turned = np.abs(np.diff(np.vstack([start, positions]), axis=0)).max(axis=1)
        at_s = np.cumsum(np.maximum(turned / self.settings.joint_speed_rad_s, 0.05))
        return JointMotion(solver.joint_names, positions, at_s)


def _postures(solver: JointSolver, pose: FloatArray, start: FloatArray) -> Sequence[FloatArray]:
    """Return angles that reach a pose: from where the arm is, and from its middle posture."""
    found = (solver.solve(pose, start), solver.solve(pose))
    return [joints for joints in found if joints is not None]


def _lines(
    solver: JointSolver, start: FloatArray, poses: Sequence[FloatArray]
) -> tuple[_Path, ...] | None:
    """Return paths on straight lines from pose to pose, None where one breaks off."""
    paths: list[_Path] = []
    for pose in poses:
        path = solver.line(paths[-1][-1] if paths else start, pose)
        if path is None:
            return None
        paths.append(path)
    return tuple(paths)


def _raised(pose: FloatArray, height_m: float) -> FloatArray | None:
    """Return the pose above at a height, None where it is as high already or 0 is asked for."""
    if height_m <= 0.0 or pose[2, 3] >= height_m:
        return None
    raised: FloatArray = pose.copy()
    raised[2, 3] = height_m
    return raised
