"""Frames of cameras that are mounted in portrait or upside down, turned to stand upright."""

from __future__ import annotations

from dataclasses import replace

from vlm_nav.geometry.poses import inverse
from vlm_nav.geometry.quarter_turns import (
    quarters_to_upright,
    turned_camera,
    turned_from_camera,
    turned_picture,
)
from vlm_nav.observation.rgbd_frame import RgbdFrame


def upright(frame: RgbdFrame) -> RgbdFrame:
    """Return the frame turned by quarters until the floor is at the bottom of its picture.

    People and models read such a picture better, and the floor that no camera sees lies below
    its lower border. Camera and pose turn along, so that every pixel looks where it did;
    `camera_frame` still names the camera's own optical frame. A frame that stands upright is
    returned as it is.
    """
    quarters = quarters_to_upright(frame.base_from_camera)
    if not quarters:
        return frame
    depth_m = frame.depth_m
    return replace(
        frame,
        rgb=turned_picture(frame.rgb, quarters),
        depth_m=None if depth_m is None else turned_picture(depth_m, quarters),
        camera=turned_camera(frame.camera, quarters),
        base_from_camera=frame.base_from_camera @ inverse(turned_from_camera(quarters)),
    )
