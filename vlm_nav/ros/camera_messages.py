"""A camera's calibration and depth as messages, for whoever plays a camera."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image

from vlm_nav.geometry.camera import PinholeCamera

DEPTH_ENCODINGS = ('16UC1', '32FC1')
_LARGEST_MM = 65535.0


def camera_info(camera: PinholeCamera, header: Any) -> CameraInfo:
    """Return the calibration of a camera without distortion."""
    fx, fy, cx, cy = camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px
    return CameraInfo(
        header=header,
        width=camera.width_px,
        height=camera.height_px,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def depth_image(depth_m: NDArray[np.float32], encoding: str, header: Any) -> Image:
    """Return depth (H, W) in metres as `16UC1` (millimetres, 0 unknown) or `32FC1` (metres)."""
    if encoding == '16UC1':
        known_mm = np.nan_to_num(depth_m * 1000.0, nan=0.0, posinf=0.0, neginf=0.0)
        stored = np.rint(np.clip(known_mm, 0.0, _LARGEST_MM)).astype('<u2').view(np.uint8)
    else:
        stored = depth_m.astype('<f4').view(np.uint8)
    height, step = stored.shape
    message = Image(header=header, height=height, width=depth_m.shape[1], encoding=encoding)
    message.step = step
    message.data = stored.tobytes()
    return message
