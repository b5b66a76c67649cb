"""From what a proposer of viewpoints chooses, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import CostmapWays
from vlm_nav.memory.floor_to_search import FloorToSearch
from vlm_nav.observation.rgbd_frame import RgbdFrame

RefusedPlaces: TypeAlias = Callable[[FloatArray], NDArray[np.object_]]
"""Returns for places (n, 2) of the base frame why each may not be driven to, or None."""

FreeRange: TypeAlias = Callable[[FloatArray], FloatArray]
"""Returns for bearings (n,) of the base frame how many metres of floor are seen free, (n,)."""


class ProposalError(VlmNavError):
    """A proposer that has all it needs comes to nothing, as one whose model talks nonsense."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is known around the robot, all of one moment.

    `frames` share one base frame, `map_from_base` (4, 4) places it in the frame of the costmap
    that `ways` leads over; `to_search` is what is left to search of that. `refused` is the guard
    of decisions, `free_range_m` is what the depth shows; each is None where it is not known.
    """

    frames: tuple[RgbdFrame, ...]
    map_from_base: FloatArray
    ways: CostmapWays | None = None
    to_search: FloorToSearch | None = None
    refused: RefusedPlaces | None = None
    free_range_m: FreeRange | None = None

    def __post_init__(self) -> None:
        """Raise InvalidValueError without any frame."""
        if not self.frames:
            raise InvalidValueError('viewpoints are proposed from one view or more, got none')


class ViewProposer(Protocol):
    """Finds places that are worth looking from, and where to look from them."""

    @property
    def name(self) -> str:
        """The name that parameters and records call it by."""
        ...

    def cannot(self, surroundings: Surroundings) -> str | None:
        """Return in words what it lacks to propose anything here, None where it lacks nothing."""
        ...

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        """Return at most `count` viewpoints that the robot can drive to; none where none is free.

        Their poses are given in the base frame of the surroundings. Raises ProposalError.
        """
        ...


@dataclass(frozen=True)
class Proposed:
    """Viewpoints, who proposed them, and in `detail` why it was not who was asked, if so."""

    viewpoints: tuple[Viewpoint, ...]
    proposer: str
    detail: str = ''


def propose(
    surroundings: Surroundings, count: int, proposer: ViewProposer, instead: ViewProposer
) -> Proposed:
    """Return the viewpoints of a proposer.

    Those of another one where it lacks what it needs, and where it fails.
    """
    lacking = proposer.cannot(surroundings)
    if lacking is not None:
        detail = f'{proposer.name} viewpoints need what is not there ({lacking})'
    else:
        try:
            return Proposed(tuple(proposer.propose(surroundings, count)), proposer.name)
        except ProposalError as error:
            detail = f'{proposer.name} viewpoints failed ({error})'
    viewpoints = tuple(instead.propose(surroundings, count))
    return Proposed(viewpoints, instead.name, f'{detail}: {instead.name} ones')
