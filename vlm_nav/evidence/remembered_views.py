"""What the robot saw earlier, on one small sheet beside what it is asked about."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vlm_nav.drawing.contact_sheet import contact_sheet
from vlm_nav.drawing.marks import MarkedPicture, PictureKind
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.memory.keyframes import Keyframe

IDENTIFIER = 'remembered'


def remembered_views(
    keyframes: Sequence[Keyframe], map_from_base: FloatArray
) -> tuple[MarkedPicture, ...]:
    """Return one picture without marks that shows all of them, none where there are none.

    Under each stands how far away from the base, and to which side, it was taken.
    """
    if not keyframes:
        return ()
    base_from_map = inverse(map_from_base)
    named = [(_where(keyframe, base_from_map), keyframe.rgb) for keyframe in keyframes]
    return (MarkedPicture(IDENTIFIER, contact_sheet(named), kind=PictureKind.REMEMBERED),)


def _where(keyframe: Keyframe, base_from_map: FloatArray) -> str:
    pose = keyframe.camera_pose
    floor_m = -base_from_map[2, 3]
    x_m, y_m, _ = transform_points(base_from_map, (pose.x_m, pose.y_m, floor_m))
    away_m = math.hypot(x_m, y_m)
    if away_m < 0.5:
        return 'from here'
    side_deg = 5 * round(math.degrees(math.atan2(y_m, x_m)) / 5.0)
    if side_deg == 0:
        return f'{away_m:.1f} m ahead'
    return f'{away_m:.1f} m, {abs(side_deg)} deg {"left" if side_deg > 0 else "right"}'
