"""What an instruction that is carried on knows when the next decision is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from vlm_nav.memory.costmap_ways import Place
from vlm_nav.memory.earlier_frames import EarlierFrames
from vlm_nav.memory.floor_to_search import FloorToSearch
from vlm_nav.memory.keyframes import Keyframes
from vlm_nav.memory.visited import VisitedPlaces


@dataclass(frozen=True)
class SoFar:
    """Where the robot was, and whether a choice of a place may be answered with "arrived".

    `to_search` is what of the map is left to search, None where no map tells.
    `may_look_around` says that a decision to turn is carried out, and `points_at_it` that the
    model points at the thing in what is seen now; `thing` is where in the map it pointed last, and
    `thing_seen_from` where the robot was then.
    `keyframes` are the pictures that show most of what it saw, `earlier` the frames of which
    pictures of other places may be made besides what is seen now.
    `tries` counts the choices that were tried in vain at this place: who samples does it afresh.
    """

    visited: VisitedPlaces = field(default_factory=VisitedPlaces)
    may_answer_arrived: bool = True
    tries: int = 0
    to_search: FloorToSearch | None = None
    may_look_around: bool = False
    points_at_it: bool = False
    thing: Place | None = None
    thing_seen_from: Place | None = None
    keyframes: Keyframes = field(default_factory=Keyframes)
    earlier: EarlierFrames = field(default_factory=EarlierFrames)
