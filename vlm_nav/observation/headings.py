"""Where frames look, and which of several show what lies along a bearing of the map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vlm_nav.geometry.poses import wrap_angle
from vlm_nav.observation.rgbd_frame import RgbdFrame

# At the border of a picture nothing is seen well.
_SEEN_SHARE = 0.95
_SAMPLES = 7


def heading_rad(frame: RgbdFrame) -> float:
    """Return where in the map a frame's camera looks, positive to the left of x."""
    ahead = (frame.map_from_base @ frame.base_from_camera)[:3, 2]
    return math.atan2(ahead[1], ahead[0])


def heading_in_base_rad(frame: RgbdFrame) -> float:
    """Return the bearing in its base frame along which a frame's camera looks."""
    ahead = frame.base_from_camera[:3, 2]
    return math.atan2(ahead[1], ahead[0])


def half_view_rad(frame: RgbdFrame) -> float:
    """Return half of the angle that a frame sees to the sides."""
    return math.atan(frame.camera.width_px / 2.0 / frame.camera.fx_px)


def frames_showing(
    bearing_rad: float, width_rad: float, frames: Sequence[RgbdFrame]
) -> tuple[RgbdFrame, ...]:
    """Return the frames that between them show all of a sector of the map, none where they do not.

    Of those that show the same part the earlier one is taken.
    """
    # Of a sector as wide as a picture its own rim would be missing.
    half_rad = _SEEN_SHARE * width_rad / 2.0
    found: dict[int, RgbdFrame] = {}
    for away_rad in np.linspace(-half_rad, half_rad, _SAMPLES).tolist():
        showing = [
            (index, frame)
            for index, frame in enumerate(frames)
            if abs(wrap_angle(heading_rad(frame) - bearing_rad - away_rad))
            <= half_view_rad(frame) * _SEEN_SHARE + 1e-6
        ]
        if not showing:
            return ()
        found.setdefault(*showing[0])
    return tuple(found.values())
