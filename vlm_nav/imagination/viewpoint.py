"""A place to look from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vlm_nav.geometry.poses import FloorPose


@dataclass(frozen=True)
class Viewpoint:
    """A pose on the floor from which the camera would look along its yaw.

    `pose` is given in the base frame of the sight that it was proposed from, `view` is the index
    of the frame of that sight that looks there. `shown_m2` is how much floor would show that was
    not looked over, `way_m` how far the robot would drive, `worth` how much the drive is worth,
    the more the better; each is NaN where it is not known.
    """

    pose: FloorPose
    view: int
    shown_m2: float = math.nan
    way_m: float = math.nan
    worth: float = math.nan
