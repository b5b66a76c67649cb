"""sensor_msgs/CameraInfo as a pinhole camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from vlm_nav.geometry.camera import PinholeCamera, RegionOfInterest, camera_from_calibration
from vlm_nav.geometry.errors import CalibrationError


class CameraInfoMessage(Protocol):
    """The fields of sensor_msgs/CameraInfo that are read."""

    width: int
    height: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    p: Sequence[float]
    binning_x: int
    binning_y: int
    roi: Any


def camera_from_info(message: CameraInfoMessage, *, rectified: bool = False) -> PinholeCamera:
    """Return the camera of the picture that comes with this CameraInfo.

    K and D describe the picture as the lens made it; a topic of rectified pictures
    (`image_rect`) is described by P, without distortion. Raises CalibrationError for zero
    matrices (an uncalibrated camera) and unknown distortion models.
    """
    if rectified:
        p = [float(value) for value in message.p]
        if len(p) != 12:
            raise CalibrationError(f'P has 12 numbers, got {len(p)}')
        return _camera(message, [*p[0:3], *p[4:7], *p[8:11]], '', ())
    k = [float(value) for value in message.k]
    return _camera(message, k, message.distortion_model, [float(value) for value in message.d])


def require_picture_size(camera: PinholeCamera, width_px: int, height_px: int) -> None:
    """Raise CalibrationError unless a picture has the size that its calibration describes."""
    if (camera.width_px, camera.height_px) != (width_px, height_px):
        raise CalibrationError(
            f'the calibration is for {camera.width_px} x {camera.height_px} pixels, the picture '
            f'has {width_px} x {height_px}'
        )


def _camera(
    message: CameraInfoMessage, matrix: Sequence[float], model: str, d: Sequence[float]
) -> PinholeCamera:
    roi = message.roi
    return camera_from_calibration(
        message.width,
        message.height,
        matrix,
        distortion_model=model,
        d=d,
        region=RegionOfInterest(roi.x_offset, roi.y_offset, roi.width, roi.height),
        binning_x=message.binning_x,
        binning_y=message.binning_y,
    )
