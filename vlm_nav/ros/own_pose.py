"""Where the robot is now, by tf."""

from __future__ import annotations

from collections.abc import Callable

from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.ros.transforms import TransformSource

_MAXIMUM_AGE_S = 1.0


def own_pose(
    transforms: TransformSource, now_ns: Callable[[], int], base_frame: str, frame_id: str
) -> FloorPose | None:
    """Return the pose of `base_frame` in a frame, None where none is known or it is too old.

    A robot whose tf has stopped is not where it was last seen.
    """
    found = transforms.newest(frame_id, base_frame)
    if found is None:
        return None
    age_s = (now_ns() - found.stamp_ns) / NS_IN_S
    # Static transforms have no stamp and no age.
    old = found.stamp_ns != 0 and age_s > _MAXIMUM_AGE_S
    return None if old else floor_pose_of(found.to_from)
