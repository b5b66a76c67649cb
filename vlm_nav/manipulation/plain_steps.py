"""The plainest way from a pixel to a grasp: the depth around it, and a gripper from above."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason, ObservationReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.manipulation.grasp_plan import Approach, Grasp, GraspPlan
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lifted import Extent, Lifted, LiftSource, Refused, UprightBox
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

_STEP_M = 0.012
_LARGEST_M = 0.4


@dataclass(frozen=True)
class PlainLift:
    """Lifts pixels with depth of their own from `nearest_m` to `farthest_m`."""

    nearest_m: float = 0.1
    farthest_m: float = 3.0

    def __call__(self, frame: RgbdFrame, pixel: Pixel) -> Lifted | Refused:
        """Return the point at the pixel, and what hangs together with it in depth."""
        if frame.depth_m is None:
            return Refused(ObservationReason.NO_DEPTH, 'depth was wanted, the camera has none')
        row, column = round(pixel.v_px), round(pixel.u_px)
        depth_m = float(frame.depth_m[row, column])
        if not math.isfinite(depth_m):
            return Refused(HandReason.NO_SURFACE, f'nothing is measured at ({column}, {row})')
        if not self.nearest_m <= depth_m <= self.farthest_m:
            reach = f'{self.nearest_m:g} to {self.farthest_m:g} m'
            return Refused(HandReason.BEYOND_RANGE, f'wanted {reach}, got {depth_m:.2f} m')
        points = points_base(frame).astype(np.float64)
        mask = _together(frame.depth_m, row, column)
        around = points[mask]
        near = np.linalg.norm(around - points[row, column], axis=1) < _LARGEST_M
        ray = frame.base_from_camera[:3, :3] @ frame.camera.rays((pixel.u_px, pixel.v_px))
        place = transform_points(
            frame.base_from_camera, frame.camera.rays((pixel.u_px, pixel.v_px))[None] * depth_m
        )[0]
        view = ray / np.linalg.norm(ray)
        extent = Extent(around[near], mask, _box(around[near]))
        normal = _normal(around, place, view)
        source = LiftSource.MEASURED
        return Lifted(pixel, place, normal, view, 0.005, source, extent, frame.stamp_ns)


@dataclass(frozen=True, eq=False)
class PlainPlan:
    """Plans one grasp from above at the lifted point; `reachable` says what the arm can do."""

    gripper: GripperSizes
    reachable: Callable[[FloatArray], HandReason | None]
    workspace_m: tuple[FloatArray, FloatArray]
    approach_m: float = 0.1

    def __call__(self, frame: RgbdFrame, lifted: Lifted) -> GraspPlan | Refused:
        """Return the grasp with the fingers across the narrow side, or why there is none."""
        box = lifted.extent.box
        width_m = box.size_m[1]
        pose = np.eye(4)
        # x down, y across the longer side.
        across = box.yaw_rad + math.pi / 2.0
        closing = np.array((math.cos(across), math.sin(across), 0.0))
        down = np.array((0.0, 0.0, -1.0))
        pose[:3, :3] = np.column_stack([down, closing, np.cross(down, closing)])
        pose[:3, 3] = lifted.point_base
        before = pose.copy()
        before[2, 3] += self.approach_m
        opening_m = min(self.gripper.opening_m, width_m + 0.02)
        grasp = Grasp(pose, before, width_m, opening_m, Approach.TOP_DOWN, math.nan, 1.0)
        reason = self._refusal(grasp)
        return GraspPlan((grasp,)) if reason is None else GraspPlan((), ((grasp, reason),))

    def _refusal(self, grasp: Grasp) -> HandReason | None:
        if grasp.width_m > self.gripper.opening_m:
            return HandReason.GRIPPER_TOO_SMALL
        low, high = self.workspace_m
        for pose in (grasp.base_from_grasp, grasp.base_from_pregrasp):
            if not ((pose[:3, 3] >= low) & (pose[:3, 3] <= high)).all():
                return HandReason.OUTSIDE_WORKSPACE
            if (reason := self.reachable(pose)) is not None:
                return reason
        return None


def _together(depth_m: NDArray[np.float32], row: int, column: int) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that hang together with one in depth."""
    filled = np.nan_to_num(depth_m, nan=0.0).astype(np.float32)
    mask = np.zeros((depth_m.shape[0] + 2, depth_m.shape[1] + 2), dtype=np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY
    cv2.floodFill(filled, mask, (column, row), 0.0, _STEP_M, _STEP_M, flags)
    return np.asarray(mask[1:-1, 1:-1], dtype=np.bool_)


def _box(points: FloatArray) -> UprightBox:
    (centre_x, centre_y), (first, second), degrees = cv2.minAreaRect(
        points[:, :2].astype(np.float32)
    )
    yaw_rad = math.radians(degrees)
    if second > first:
        first, second, yaw_rad = second, first, yaw_rad + math.pi / 2.0
    yaw_rad = (yaw_rad + math.pi / 2.0) % math.pi - math.pi / 2.0
    low_m, high_m = float(points[:, 2].min()), float(points[:, 2].max())
    centre = np.array((centre_x, centre_y, (low_m + high_m) / 2.0))
    return UprightBox(centre, (float(first), float(second), high_m - low_m), yaw_rad)


def _normal(points: FloatArray, place: FloatArray, view: FloatArray) -> FloatArray:
    near = points[np.linalg.norm(points - place, axis=1) < 3.0 * _STEP_M]
    if len(near) < 3:
        return -view
    normal: FloatArray = np.linalg.svd(near - near.mean(axis=0), full_matrices=False)[2][2]
    return normal if normal @ view < 0.0 else -normal
