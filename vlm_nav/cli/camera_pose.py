"""Where a camera is on the robot, from what was given to a command or from the depth itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.files.calibrations import CalibrationFile, pose_of_file
from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.geometry.errors import GeometryError
from vlm_nav.geometry.floor_search import find_floor


@dataclass(frozen=True, eq=False)
class CameraPose:
    """`base_from_camera` (4, 4) and in words where it comes from."""

    base_from_camera: FloatArray
    source: str

    @property
    def height_m(self) -> float:
        """How high the camera is above the base's floor."""
        return float(self.base_from_camera[2, 3])

    @property
    def down_rad(self) -> float:
        """How far down the camera looks."""
        return -math.asin(max(-1.0, min(1.0, float(self.base_from_camera[2, 2]))))


@dataclass(frozen=True)
class PoseOptions:
    """What was given: a file, or a height and how far down the camera looks, or nothing."""

    file: Path | None = None
    height_m: float | None = None
    down_deg: float | None = None


def camera_pose(
    options: PoseOptions, calibration: CalibrationFile, depth_m: DepthArray | None
) -> CameraPose:
    """Return the pose that was given, else the calibration's own, else one on the fitted floor.

    Raises VlmNavError where the options clash, a file holds no pose, or no floor is seen.
    """
    if options.file is not None:
        if options.height_m is not None or options.down_deg is not None:
            raise InvalidValueError('--base-from-camera says it all: leave the height and angle')
        return CameraPose(pose_of_file(options.file), f'{options.file}')
    if options.height_m is not None:
        return CameraPose(_upright(options.height_m, options.down_deg or 0.0), 'as given')
    if options.down_deg is not None:
        raise InvalidValueError('--camera-pitch wants --camera-height with it')
    if calibration.base_from_camera is not None:
        return CameraPose(calibration.base_from_camera, 'of the calibration')
    if depth_m is None:
        raise InvalidValueError(
            'where the camera is on the robot is not known: give --base-from-camera or '
            '--camera-height and --camera-pitch, or depth to find the floor in'
        )
    return _on_fitted_floor(calibration, depth_m)


def _on_fitted_floor(calibration: CalibrationFile, depth_m: DepthArray) -> CameraPose:
    try:
        found = find_floor(calibration.camera.pixel_rays() * depth_m[..., None])
    except GeometryError as error:
        raise InvalidValueError(
            f'{error}; give --base-from-camera or --camera-height and --camera-pitch'
        ) from error
    words = f'fitted to the floor ({found.share:.0%} of the depth, rms {found.rms_m * 1e3:.0f} mm)'
    return CameraPose(found.base_from_camera, words)


def _upright(height_m: float, down_deg: float) -> FloatArray:
    """Return the pose of a camera above the base that looks ahead and down."""
    if not (0.0 < height_m < 100.0 and -90.0 <= down_deg <= 90.0):
        raise InvalidValueError(
            f'a camera is above 0 m and looks -90 to 90 degrees down, got {height_m} m, {down_deg}'
        )
    cosine, sine = math.cos(math.radians(down_deg)), math.sin(math.radians(down_deg))
    pose = np.eye(4)
    pose[:3, :3] = ((0.0, -sine, cosine), (-1.0, 0.0, 0.0), (0.0, -cosine, -sine))
    pose[2, 3] = height_m
    return pose
