"""What an action space must offer to PIVOT, and the space of points in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate, Pixel
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.cuts import Cut
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.arrays import FloatArray, RgbArray
from vlm_nav.pivot.distribution import Gaussian
from vlm_nav.vlm.question import Purpose

ActionT = TypeVar('ActionT')


@dataclass(frozen=True, eq=False)
class Proposals:
    """Possible actions, checked before anything is drawn.

    `vectors` (n, d) are what the distribution works on, `pictures` (n,) the index of the one
    picture in which each is drawn, `anchors` (n, 2) where it shows there. `refused` (n,) holds
    for each a ReasonCode why it may not be offered, or None. `free_m` (n,) is how far the way to
    it is free, NaN where nothing was measured.
    """

    vectors: FloatArray
    anchors: FloatArray
    refused: NDArray[np.object_]
    free_m: FloatArray
    pictures: NDArray[np.int64]


class ActionSpace(Protocol[ActionT]):
    """A continuous set of actions that show in one picture or several.

    Vectors of the space are what is sampled, fitted and compared; their distance is in the
    space's own unit (metres on the ground, pixels in a picture).
    """

    @property
    def purpose(self) -> Purpose:
        """Return what a choice in this space is for."""
        ...

    @property
    def pictures(self) -> tuple[MarkedPicture, ...]:
        """Return the clean pictures, no marks on them yet."""
        ...

    @property
    def arrow_tails(self) -> tuple[Pixel | None, ...]:
        """Return where arrows start in each picture, None where points are drawn without."""
        ...

    @property
    def floor(self) -> tuple[float, ...]:
        """Return the smallest standard deviation of each axis."""
        ...

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return vectors (count, d): from the distribution, or from the whole space if None."""
        ...

    def propose(self, vectors: FloatArray) -> Proposals:
        """Return where the vectors (n, d) show, and which are refused."""
        ...

    def candidate(self, label: int, proposals: Proposals, index: int) -> Candidate[ActionT]:
        """Return one of the proposals as the action it means, under a label."""
        ...

    def anchors(self, vectors: FloatArray, picture: int) -> FloatArray:
        """Return where the vectors (n, d) show (n, 2) in a picture, NaN where nowhere."""
        ...

    def shown_in(self, vectors: FloatArray) -> NDArray[np.int64]:
        """Return the index (n,) of the picture that shows each vector best, 0 where none does."""
        ...


@dataclass(frozen=True, eq=False)
class ImagePointSpace:
    """Points of a picture; vectors are (u, v) in pixels.

    `allowed` (H, W), where given, is the mask of pixels that may be offered. `cut` says which part
    of a picture `rgb` is, where it is one.
    """

    identifier: str
    rgb: RgbArray
    allowed: NDArray[np.bool_] | None = None
    floor_px: float = 4.0
    cut: Cut | None = None

    @property
    def purpose(self) -> Purpose:
        """Return what a choice in this space is for."""
        return Purpose.IMAGE_POINT

    @property
    def pictures(self) -> tuple[MarkedPicture, ...]:
        """Return the one clean picture."""
        return (MarkedPicture(self.identifier, self.rgb, cut=self.cut),)

    @property
    def arrow_tails(self) -> tuple[Pixel | None, ...]:
        """Return None for the picture: points are drawn without arrows."""
        return (None,)

    @property
    def floor(self) -> tuple[float, ...]:
        """Return the smallest standard deviation in pixels."""
        return (self.floor_px, self.floor_px)

    def sample(
        self, distribution: Gaussian | None, count: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return pixels (count, 2); uniform over the picture where there is no distribution."""
        if distribution is not None:
            return distribution.sample(count, rng)
        height, width = self.rgb.shape[:2]
        return rng.uniform((0.0, 0.0), (width - 1.0, height - 1.0), size=(count, 2))

    def propose(self, vectors: FloatArray) -> Proposals:
        """Return the pixels; those outside the picture or the mask are refused."""
        height, width = self.rgb.shape[:2]
        inside = (vectors >= 0.0) & (vectors <= (width - 1.0, height - 1.0))
        offered: NDArray[np.bool_] = np.asarray(inside.all(axis=1))
        if self.allowed is not None:
            columns, rows = np.round(vectors[offered]).astype(np.int64).T
            offered[offered] = self.allowed[rows, columns]
        refused = np.full(len(vectors), CandidateReason.OUTSIDE_IMAGE, dtype=np.object_)
        refused[offered] = None
        unmeasured = np.full(len(vectors), np.nan)
        return Proposals(vectors, vectors, refused, unmeasured, self.shown_in(vectors))

    def candidate(self, label: int, proposals: Proposals, index: int) -> Candidate[Pixel]:
        """Return the pixel as a candidate; nothing metric is known of it."""
        pixel = Pixel(*map(float, proposals.vectors[index]))
        return Candidate(label, pixel, pixel, refused=proposals.refused[index])

    def anchors(self, vectors: FloatArray, picture: int) -> FloatArray:
        """Return the vectors: a point shows where it is."""
        return vectors

    def shown_in(self, vectors: FloatArray) -> NDArray[np.int64]:
        """Return 0 for each: there is one picture."""
        return np.zeros(len(vectors), dtype=np.int64)
