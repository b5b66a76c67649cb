"""From poses of the gripper to joint angles, by the arm's description (URDF) and Pinocchio."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray

_ITERATIONS, _SEEDS = 80, 6
_DAMPING = 1e-4
_CLOSE_M, _CLOSE_RAD = 5e-4, 5e-3
_LONGEST_STEP_RAD = 0.5


class DescriptionError(InvalidValueError):
    """A robot's description does not say what is needed of the arm."""


class JointSolver:
    """Finds joint angles that bring a frame of the robot to a pose.

    `joint_names` are those of the joints between the base and the tip, in their order.
    """

    def __init__(self, urdf: str, base_frame: str, tip_frame: str) -> None:
        """Read a description; raises DescriptionError where it has no such arm."""
        import pinocchio

        self._pinocchio = pinocchio
        # A task that was given up may still be solving when the next one begins to.
        self._using = threading.Lock()
        try:
            whole = pinocchio.buildModelFromXML(urdf)
        except ValueError as error:
            raise DescriptionError(f'a URDF was wanted, got {len(urdf)} characters') from error
        for frame in (base_frame, tip_frame):
            if not whole.existFrame(frame):
                known = ', '.join(sorted(one.name for one in whole.frames))[:300]
                raise DescriptionError(f'wanted frame {frame!r} in the URDF, it has {known}')
        chain = set(whole.supports[whole.frames[whole.getFrameId(tip_frame)].parentJoint])
        chain -= set(whole.supports[whole.frames[whole.getFrameId(base_frame)].parentJoint])
        others = [index for index in range(1, whole.njoints) if index not in chain]
        neutral = pinocchio.neutral(whole)
        self._model: Any = pinocchio.buildReducedModel(whole, others, neutral)
        self._data = self._model.createData()
        self._tip = self._model.getFrameId(tip_frame)
        self.joint_names = tuple(self._model.names[1:])
        if not self.joint_names or self._model.nq != len(self.joint_names):
            raise DescriptionError(
                f'an arm has joints with one angle each between {base_frame!r} and '
                f'{tip_frame!r}, got {", ".join(self.joint_names) or "none"}'
            )
        if not (self._model.lowerPositionLimit <= self._model.upperPositionLimit).all():
            raise DescriptionError('limits of joints go from less to more, got others')
        zeros = np.zeros(self._model.nq)
        self._root_from_base = self._placed(zeros, self._model.getFrameId(base_frame))
        self._rng = np.random.default_rng(0)
        self._seeds = self._first_seeds()

    def tip_at(self, joints: FloatArray) -> FloatArray:
        """Return base_from_tip (4, 4) at joint angles (n,)."""
        placed = self._placed(joints, self._tip)
        return np.asarray(np.linalg.solve(self._root_from_base, placed), dtype=np.float64)

    def places_at(self, joints: FloatArray) -> FloatArray:
        """Return where the joints are (n, 3) in the base frame, at joint angles (n,)."""
        with self._using:
            self._pinocchio.forwardKinematics(self._model, self._data, joints)
            places = np.array([one.translation for one in self._data.oMi[1:]])
        base = self._root_from_base
        return np.asarray((places - base[:3, 3]) @ base[:3, :3], dtype=np.float64)

    def joints_from(self, positions: Mapping[str, float]) -> FloatArray | None:
        """Return the angles (n,) of the arm's joints, None where one is not among them."""
        if not all(name in positions for name in self.joint_names):
            return None
        return np.array([positions[name] for name in self.joint_names], dtype=np.float64)

    def solve(
        self, base_from_tip: FloatArray, start: FloatArray | None = None, *, nearby: bool = False
    ) -> FloatArray | None:
        """Return angles (n,) within the limits that reach a pose, None where none are found.

        It is looked for from `start` first and, unless only what is `nearby` counts, from other
        postures too.
        """
        seeds = [] if start is None else [start]
        if not nearby:
            seeds += list(self._seeds)
        for seed in seeds:
            found = self._descend(self._root_from_base @ base_from_tip, np.asarray(seed))
            if found is not None:
                return found
        return None

    def line(
        self, start: FloatArray, base_from_tip: FloatArray, step_m: float = 0.01
    ) -> list[FloatArray] | None:
        """Return angles along a straight line from `start` to a pose, None where it breaks off."""
        begin = self.tip_at(start)
        steps = max(1, int(np.ceil(np.linalg.norm((base_from_tip - begin)[:3, 3]) / step_m)))
        pin = self._pinocchio
        first, last = pin.SE3(begin), pin.SE3(np.array(base_from_tip))
        joints, path = start, []
        for index in range(1, steps + 1):
            pose = pin.SE3.Interpolate(first, last, index / steps).homogeneous
            found = self.solve(pose, joints, nearby=True)
            if found is None or np.abs(found - joints).max() > _LONGEST_STEP_RAD:
                return None
            path.append(found)
            joints = found
        return path

    def _placed(self, joints: FloatArray, frame: int) -> FloatArray:
        with self._using:
            self._pinocchio.framesForwardKinematics(self._model, self._data, joints)
            return np.array(self._data.oMf[frame].homogeneous)

    def _descend(self, root_from_tip: FloatArray, seed: FloatArray) -> FloatArray | None:
        with self._using:
            return self._descended(root_from_tip, seed)

    def _descended(self, root_from_tip: FloatArray, seed: FloatArray) -> FloatArray | None:
        pin, model, data = self._pinocchio, self._model, self._data
        low, high = model.lowerPositionLimit, model.upperPositionLimit
        wanted, joints = pin.SE3(root_from_tip), np.clip(seed, low, high)
        for _ in range(_ITERATIONS):
            pin.framesForwardKinematics(model, data, joints)
            error = pin.log6(data.oMf[self._tip].actInv(wanted)).vector
            if np.linalg.norm(error[:3]) < _CLOSE_M and np.linalg.norm(error[3:]) < _CLOSE_RAD:
                return np.asarray(joints, dtype=np.float64)
            jacobian = pin.computeFrameJacobian(model, data, joints, self._tip)
            damped = jacobian @ jacobian.T + _DAMPING * np.eye(6)
            step = jacobian.T @ np.linalg.solve(damped, error)
            step *= min(1.0, _LONGEST_STEP_RAD / max(float(np.abs(step).max()), 1e-12))
            joints = np.clip(joints + step, low, high)
        return None

    def _first_seeds(self) -> Sequence[FloatArray]:
        low = np.clip(self._model.lowerPositionLimit, -np.pi, np.pi)
        high = np.clip(self._model.upperPositionLimit, -np.pi, np.pi)
        return [(low + high) / 2.0, *self._rng.uniform(low, high, (_SEEDS, len(low)))]
