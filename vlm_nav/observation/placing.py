"""Frames of several cameras in one base frame, wherever the robot was when each was taken."""

from __future__ import annotations

from dataclasses import replace

from vlm_nav.geometry.poses import inverse
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame


def seen_from(frame: RgbdFrame, reference: RgbdFrame) -> RgbdFrame:
    """Return `frame` with its camera placed in the base frame of the reference's stamp.

    A robot that drives or turns between the two stamps has moved that camera: the way goes from
    the camera to the base at its own stamp, to the map, and back to the base at the reference's.
    Picture and stamp stay. Raises FrameError where the two are given in different maps.
    """
    if frame.map_frame != reference.map_frame:
        raise FrameError(
            f'frames of one map are brought together, got {frame.map_frame!r} and '
            f'{reference.map_frame!r}'
        )
    map_from_camera = frame.map_from_base @ frame.base_from_camera
    return replace(
        frame,
        base_from_camera=inverse(reference.map_from_base) @ map_from_camera,
        map_from_base=reference.map_from_base,
    )
