"""One look of the robot: a colour picture, its depth, and where both were taken from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera


class FrameError(InvalidValueError):
    """The parts of a frame do not belong together."""


@dataclass(frozen=True, eq=False)
class RgbdFrame:
    """A colour picture with registered depth and the poses at its stamp.

    `rgb` is (H, W, 3) uint8; `depth_m` is (H, W) float32 along the optical axis, NaN where
    unknown, or None on a robot without depth. `base_from_camera` and `map_from_base` are rigid
    4x4; `map_frame` names the frame that goals are given in, `camera_frame` the optical frame.
    `stamp_ns` is ROS time. `camera_name` tells the cameras of one robot apart.
    """

    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32] | None
    camera: PinholeCamera
    base_from_camera: FloatArray
    map_from_base: FloatArray
    map_frame: str
    stamp_ns: int
    identifier: str = ''
    camera_frame: str = ''
    camera_name: str = ''

    def __post_init__(self) -> None:
        """Raise FrameError unless the sizes are one, depth is metres, and poses are finite."""
        size = (self.camera.height_px, self.camera.width_px)
        if self.rgb.shape != (*size, 3) or self.rgb.dtype != np.uint8:
            raise FrameError(
                f'the camera delivers {size[1]} x {size[0]} RGB pixels of uint8, '
                f'got shape {self.rgb.shape} of {self.rgb.dtype}'
            )
        if self.depth_m is not None and self.depth_m.shape != size:
            raise FrameError(
                f'depth registered to {size[1]} x {size[0]} was wanted, '
                f'got shape {self.depth_m.shape}'
            )
        if self.depth_m is not None and not np.issubdtype(self.depth_m.dtype, np.floating):
            raise FrameError(f'depth is in metres, floats, got {self.depth_m.dtype}')
        for pose in (self.base_from_camera, self.map_from_base):
            # A place that is not finite would be a goal that is not.
            if pose.shape != (4, 4) or not np.isfinite(pose).all():
                raise FrameError(f'a pose is 4 x 4 finite numbers, got {pose.tolist()}')


def points_base(frame: RgbdFrame) -> NDArray[np.float32]:
    """Return the points (H, W, 3) that the depth shows, in the base frame, NaN where unknown.

    Raises FrameError on a frame without depth.
    """
    if frame.depth_m is None:
        raise FrameError('points need a frame with depth, got one without')
    rotation = frame.base_from_camera[:3, :3].astype(np.float32)
    position = frame.base_from_camera[:3, 3].astype(np.float32)
    # One plane for each coordinate: what follows looks at one of them at a time.
    planes: NDArray[np.float32] = (rotation @ frame.camera.ray_planes()).reshape(
        3, *frame.depth_m.shape
    )
    planes *= frame.depth_m
    planes += position[:, None, None]
    return np.moveaxis(planes, 0, -1)
