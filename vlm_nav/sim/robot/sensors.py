"""What makes the simulated sensors like real ones, and what a lidar says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle


@dataclass(frozen=True)
class DepthNoise:
    """How a stereo depth camera errs.

    The standard deviation is `noise_m` plus `noise_per_m` times the depth squared; the defaults
    are about those of the first Kinect (Khoshelham and Oude Elberink 2012). Where the depth steps
    by more than `edge_share` of itself, the pixels beside the step give nothing with the
    probability `edge_loss`; what is nearer or farther than the range never does.
    """

    noise_m: float = 0.001
    noise_per_m: float = 0.0014
    edge_share: float = 0.06
    edge_loss: float = 0.7
    nearest_m: float = 0.3
    farthest_m: float = 8.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for what is no noise."""
        numbers = (self.noise_m, self.noise_per_m, self.edge_share, self.edge_loss, self.nearest_m)
        if not (all(number >= 0.0 for number in numbers) and self.edge_loss <= 1.0):
            raise InvalidValueError(f'noise of depth is not negative, got {self}')
        if not self.nearest_m < self.farthest_m:
            raise InvalidValueError(f'a range of depth is ascending, got {self}')

    def __call__(self, depth_m: DepthArray, random: np.random.Generator) -> DepthArray:
        """Return what the camera says of true depth (H, W), NaN where it says nothing."""
        noise = random.standard_normal(depth_m.shape, dtype=np.float32)
        noise *= np.float32(self.noise_m) + np.float32(self.noise_per_m) * np.square(depth_m)
        noise += depth_m
        lost = self._edges(depth_m)
        lost[lost] = random.random(np.count_nonzero(lost)) < self.edge_loss
        lost |= (depth_m < self.nearest_m) | (depth_m > self.farthest_m)
        noise[lost] = np.nan
        return noise

    def _edges(self, depth_m: DepthArray) -> NDArray[np.bool_]:
        """Return the pixels that touch a step of the depth; a plane has none, however slanted."""
        # Over a plane, what changes evenly from pixel to pixel is the inverse of the depth.
        bends = cv2.Laplacian(np.reciprocal(depth_m), cv2.CV_32F)
        edges: NDArray[np.bool_] = np.abs(bends * depth_m) > np.float32(self.edge_share)
        # The border has neighbours on one side alone.
        edges[[0, -1]] = edges[:, [0, -1]] = False
        return edges


@dataclass(frozen=True)
class OdometryDrift:
    """How wheels err: standard deviations that grow with the root of what was driven or turned."""

    along_m: float = 0.02
    turn_rad_by_m: float = 0.01
    turn_rad_by_rad: float = 0.02


@dataclass(frozen=True, eq=False)
class Scan:
    """What a lidar says at one moment, as in sensor_msgs/LaserScan.

    `ranges_m` (n,) float32 go counter-clockwise from `angle_min_rad`; inf is where nothing is
    within the range. `base_from_lidar` is rigid 4x4.
    """

    ranges_m: NDArray[np.float32]
    angle_min_rad: float
    angle_increment_rad: float
    range_min_m: float
    range_max_m: float
    base_from_lidar: FloatArray
    stamp_ns: int

    @property
    def angle_max_rad(self) -> float:
        """Return the angle of the last ray."""
        return self.angle_min_rad + self.angle_increment_rad * (len(self.ranges_m) - 1)


class Odometry:
    """Adds up what the base moved; without drift it tells the truth."""

    def __init__(self, start: FloorPose, drift: OdometryDrift | None, seed: int) -> None:
        """Start where the robot truly is."""
        self._drift = drift
        self._random = np.random.default_rng(seed)
        self._true = self._told = start

    @property
    def pose(self) -> FloorPose:
        """Return odom_from_base as far as the wheels know."""
        return self._told

    def restart(self, pose: FloorPose) -> None:
        """Start anew where the robot was put."""
        self._true = self._told = pose

    def moved_to(self, true: FloorPose) -> None:
        """Add the way from where the robot truly was to where it is."""
        if self._drift is None:
            self._true = self._told = true
            return
        ahead_m, left_m, turn_rad = _way(self._true, true)
        driven_m, turned_rad = math.hypot(ahead_m, left_m), abs(turn_rad)
        along, by_way, by_turn = self._random.standard_normal(3)
        root_m = math.sqrt(driven_m)
        ahead_m += self._drift.along_m * root_m * along
        turn_rad += self._drift.turn_rad_by_m * root_m * by_way
        turn_rad += self._drift.turn_rad_by_rad * math.sqrt(turned_rad) * by_turn
        self._told = _moved(self._told, ahead_m, left_m, turn_rad)
        self._true = true


def _way(start: FloorPose, end: FloorPose) -> tuple[float, float, float]:
    """Return how far ahead, how far left and by which turn an end is from a start."""
    x_m, y_m = end.x_m - start.x_m, end.y_m - start.y_m
    cosine, sine = math.cos(start.yaw_rad), math.sin(start.yaw_rad)
    turn_rad = wrap_angle(end.yaw_rad - start.yaw_rad)
    return cosine * x_m + sine * y_m, cosine * y_m - sine * x_m, turn_rad


def _moved(pose: FloorPose, ahead_m: float, left_m: float, turn_rad: float) -> FloorPose:
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    return FloorPose(
        pose.x_m + cosine * ahead_m - sine * left_m,
        pose.y_m + sine * ahead_m + cosine * left_m,
        wrap_angle(pose.yaw_rad + turn_rad),
    )
