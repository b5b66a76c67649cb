"""What carries instructions on, and what holds where the robot stands."""

from __future__ import annotations

from dataclasses import dataclass

from vlm_nav.memory.costmap_ways import Allowed, everywhere
from vlm_nav.memory.floor_to_search import FloorToSearch
from vlm_nav.memory.keyframes import KeyframeSettings
from vlm_nav.navigation.arrival import ArrivalCheck, Verdict
from vlm_nav.navigation.looking_around import LookingAround
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.observation.floor_grid import FreeSpaceSettings


@dataclass(frozen=True, eq=False)
class CarryingOn:
    """What carries instructions on; without `looking_around` the robot looks ahead only.

    `allowed` says which places of the map it may be at, `free_space` what the depth shows to be
    in its way. Without `keyframes` no picture of earlier is kept, and `earlier_frames` is how many
    frames are kept for pictures of other places. With `points_first` the model is asked to point
    at the thing before each choice, for a selector that chooses by whether it does, and while the
    thing is out of sight it is looked for on the way, every `look_every_m`; never with 0.
    """

    arrival: ArrivalCheck
    looking_around: LookingAround | None = None
    settings: UntilArrivedSettings = UntilArrivedSettings()
    allowed: Allowed = everywhere
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    keyframes: KeyframeSettings | None = None
    earlier_frames: int = 0
    points_first: bool = False
    look_every_m: float = 0.0


@dataclass(eq=False)
class Standing:
    """What holds where the robot stands, until it moves; `sight` is None until it looks."""

    sight: Sight | None = None
    verdict: Verdict | None = None
    looked_around: bool = False
    to_search: FloorToSearch | None = None
