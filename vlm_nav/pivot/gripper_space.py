"""Moves of the gripper as PIVOT's action space: metres along the axes of the base frame.

The paper's manipulation (section 4.1): arrows from the hand to where it would be, their colour
and the size of their discs for how far away that is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate, HandMove, Pixel
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.distribution import Gaussian
from vlm_nav.pivot.spaces import Proposals
from vlm_nav.vlm.question import Purpose

PlaceGuard = Callable[[FloatArray], NDArray[np.object_]]
"""Gives a ReasonCode why the hand may not be at each place (n, 3) of the base frame, or None."""


def unguarded(places_base: FloatArray) -> NDArray[np.object_]:
    """Return that nothing refuses the places (n, 3)."""
    return np.full(len(places_base), None, dtype=np.object_)


@dataclass(frozen=True, eq=False)
class GripperSpace:
    """Moves of the gripper; vectors are (x, y, z) in metres along the axes of the base frame.

    `gripper_base` (3,) is where the gripper is at the frame's stamp. The first round samples
    moves evenly up to `reach_m` along each axis; the guard that is given judges every place
    before it is drawn.
    """

    frame: RgbdFrame
    gripper_base: FloatArray
    guard: PlaceGuard = unguarded
    reach_m: float = 0.2
    floor_m: float = 0.01

    @property
    def purpose(self) -> Purpose:
        """Return what a choice in this space is for."""
        return Purpose.HAND_MOVE

    @property
    def pictures(self) -> tuple[MarkedPicture, ...]:
        """Return the one clean picture."""
        return (MarkedPicture(self.frame.identifier, self.frame.rgb),)

    @property
    def arrow_tails(self) -> tuple[Pixel | None, ...]:
        """Return where the gripper shows, None where it does not."""
        (place,) = self.anchors(np.zeros((1, 3)), 0)
        seen = bool(self.frame.camera.contains(place))
        return (Pixel(float(place[0]), float(place[1])) if seen else None,)

    @property
    def floor(self) -> tuple[float, ...]:
        """Return the smallest standard deviation in metres."""
        return (self.floor_m,) * 3

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return moves (count, 3); even in all directions where there is no distribution."""
        if distribution is not None:
            return distribution.sample(count, rng)
        return rng.uniform(-self.reach_m, self.reach_m, size=(count, 3))

    def propose(self, vectors: FloatArray) -> Proposals:
        """Return where the moves end in the picture; what is out of reach or sight is refused."""
        anchors = self.anchors(vectors, 0)
        shown = self.frame.camera.contains(anchors)
        shown &= (np.abs(vectors) <= self.reach_m).all(axis=1)
        refused = np.full(len(vectors), CandidateReason.OUTSIDE_IMAGE, dtype=np.object_)
        refused[shown] = self.guard(self.gripper_base + vectors[shown])
        unmeasured = np.full(len(vectors), np.nan)
        return Proposals(vectors, anchors, refused, unmeasured, self.shown_in(vectors))

    def candidate(self, label: int, proposals: Proposals, index: int) -> Candidate[HandMove]:
        """Return one of the moves, with how much farther from the camera it ends."""
        vector = proposals.vectors[index]
        anchor = Pixel(*map(float, proposals.anchors[index]))
        farther = float(self._camera_from_base[2, :3] @ vector) / self.reach_m
        return Candidate(
            label,
            HandMove(*map(float, vector)),
            anchor,
            refused=proposals.refused[index],
            farther=float(np.clip(farther, -1.0, 1.0)),
        )

    def anchors(self, vectors: FloatArray, picture: int) -> FloatArray:
        """Return where the moves end in the picture (n, 2), NaN behind the camera."""
        ends = transform_points(self._camera_from_base, self.gripper_base + vectors)
        return self.frame.camera.project(ends)

    def shown_in(self, vectors: FloatArray) -> NDArray[np.int64]:
        """Return 0 for each: there is one picture."""
        return np.zeros(len(vectors), dtype=np.int64)

    @functools.cached_property
    def _camera_from_base(self) -> FloatArray:
        return inverse(self.frame.base_from_camera)
