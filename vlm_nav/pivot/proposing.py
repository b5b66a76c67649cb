"""From a distribution to numbered candidates that fit on the picture together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import label_radius_px, smallest_label_radius_px
from vlm_nav.drawing.spacing import APART_RADII, BORDER_RADII, pick_spaced
from vlm_nav.pivot.distribution import FloatArray, Gaussian
from vlm_nav.pivot.spaces import ActionSpace, Proposals

ActionT = TypeVar('ActionT')

# The first round looks for the few places that are free in a large space.
_FIRST_SAMPLES = 500
_MORE_BATCHES = 11
# Later rounds sample the fit first, then ever wider, so that as many marks as wanted find room.
_SAMPLES_PER_MARK = 12
_NOTHING = np.array(None, dtype=np.object_)
_WIDENINGS = tuple(1.35**step for step in range(9))


@dataclass(frozen=True, eq=False)
class Offer(Generic[ActionT]):
    """Candidates that are drawn together: `vectors` (n, d) belongs to `candidates`, in order.

    `why_not` (m,) holds for every sample why it was not offered, None where it was.
    """

    candidates: tuple[Candidate[ActionT], ...]
    vectors: FloatArray
    radius_px: float
    why_not: NDArray[np.object_]

    def dropped(self) -> Counter[str]:
        """Return how many samples were not offered, by reason."""
        return Counter(reason.value for reason in self.why_not if reason is not None)

    def vector_of(self, label: int) -> FloatArray:
        """Return the vector (d,) of a drawn label."""
        labels = [candidate.label for candidate in self.candidates]
        vector: FloatArray = self.vectors[labels.index(label)]
        return vector


def offer_candidates(
    space: ActionSpace[ActionT],
    distribution: Gaussian | None,
    samples: int,
    rng: np.random.Generator,
    best: FloatArray | None = None,
) -> Offer[ActionT]:
    """Return at most `samples` candidates that nothing refuses and that do not overlap.

    `best` (d,), the winner so far, stays in the race, so that no round can lose ground.
    """
    radius_px = radius_for(space, distribution)
    if distribution is not None:
        vectors = _widening(space, distribution, samples, rng)
        if best is not None:
            vectors = np.concatenate([[best], vectors])
        # Mostly the nearer half has room for all; shuffled, lest the winner be number 1.
        offer = _offer(space, vectors[: len(vectors) // 2], samples, radius_px, rng)
        enough = len(offer.candidates) == samples
        return offer if enough else _offer(space, vectors, samples, radius_px, rng)
    offer = _offer(space, space.sample(None, _FIRST_SAMPLES, rng), samples, radius_px)
    for _ in range(_MORE_BATCHES):
        if len(offer.candidates) == samples:
            break
        # What fitted stays in front of the next batch.
        more = np.concatenate([offer.vectors, space.sample(None, _FIRST_SAMPLES, rng)])
        offer = _offer(space, more, samples, radius_px)
    return offer


def offer_vectors(
    space: ActionSpace[ActionT], vectors: FloatArray, radius_px: float
) -> Offer[ActionT]:
    """Return the vectors (n, d) as candidates, leaving out refused and overlapping ones."""
    return _offer(space, vectors, len(vectors), radius_px)


def marked_picture(space: ActionSpace[ActionT], offer: Offer[ActionT]) -> MarkedPicture:
    """Return the clean picture with a mark for each candidate."""
    identifier, rgb = space.picture
    marks = tuple(
        Mark(candidate.label, candidate.anchor, space.arrow_tail) for candidate in offer.candidates
    )
    return MarkedPicture(identifier, rgb, marks, offer.radius_px)


def spread_px(space: ActionSpace[ActionT], distribution: Gaussian) -> float:
    """Return how far one standard deviation reaches in the picture, NaN where it shows not."""
    mean, std = np.array(distribution.mean), np.array(distribution.std)
    ends = np.concatenate([[mean], mean + np.diag(std), mean - np.diag(std)])
    anchors = space.anchors(ends)
    return float(np.nanmax(np.hypot(*(anchors[1:] - anchors[0]).T), initial=0.0))


def radius_for(space: ActionSpace[ActionT], distribution: Gaussian | None) -> float:
    """Return the radius of the labels: large at first, smaller as the spread narrows."""
    height, width = space.picture[1].shape[:2]
    largest = label_radius_px(width, height)
    if distribution is None:
        return largest
    smallest = smallest_label_radius_px(width, height)
    return float(np.clip(spread_px(space, distribution) / 2.0, smallest, largest))


def _widening(
    space: ActionSpace[ActionT],
    distribution: Gaussian,
    samples: int,
    rng: np.random.Generator,
) -> FloatArray:
    each = _SAMPLES_PER_MARK * samples
    drawn = space.sample(distribution, each * len(_WIDENINGS), rng)
    mean = np.array(distribution.mean)
    widened: FloatArray = mean + np.repeat(_WIDENINGS, each)[:, None] * (drawn - mean)
    return widened


def _offer(
    space: ActionSpace[ActionT],
    vectors: FloatArray,
    samples: int,
    radius_px: float,
    rng: np.random.Generator | None = None,
) -> Offer[ActionT]:
    proposals = space.propose(vectors)
    why_not = proposals.refused.copy()
    offered = np.equal(why_not, _NOTHING).astype(np.bool_)
    fits = offered & _inside_border(space, proposals, radius_px)
    indices = np.flatnonzero(fits)
    picked = indices[pick_spaced(proposals.anchors[indices], APART_RADII * radius_px, samples)]
    if rng is not None:
        picked = rng.permutation(picked)
    why_not[offered & ~fits] = CandidateReason.OUTSIDE_IMAGE
    why_not[indices] = CandidateReason.CROWDED
    why_not[picked] = None
    candidates = tuple(
        space.candidate(label, proposals, int(index)) for label, index in enumerate(picked, 1)
    )
    return Offer(candidates, vectors[picked], radius_px, why_not)


def _inside_border(
    space: ActionSpace[ActionT], proposals: Proposals, radius_px: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    height, width = space.picture[1].shape[:2]
    margin = BORDER_RADII * radius_px
    with np.errstate(invalid='ignore'):
        low = proposals.anchors >= margin
        high = proposals.anchors <= (width - 1.0 - margin, height - 1.0 - margin)
    return np.asarray((low & high).all(axis=1))
