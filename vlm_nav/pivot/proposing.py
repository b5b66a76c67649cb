"""From a distribution to numbered candidates that fit on the pictures together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Candidate
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import label_radius_px, smallest_label_radius_px
from vlm_nav.drawing.spacing import APART_RADII, BORDER_RADII, pick_spaced
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.pivot.distribution import Gaussian
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

    `pictures` (n,) is the index of the picture that each is drawn in, `radii_px` the radius of
    the labels in each picture. `why_not` (m,) holds for every sample why it was not offered,
    None where it was.
    """

    candidates: tuple[Candidate[ActionT], ...]
    vectors: FloatArray
    pictures: NDArray[np.int64]
    radii_px: tuple[float, ...]
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
    """Return candidates that nothing refuses and that do not overlap.

    At first at most `samples` in each picture, later as many in all. `best` (d,), the winner so
    far, stays in the race, so that no round can lose ground.
    """
    radii_px = radii_for(space, distribution)
    if distribution is not None:
        vectors = _widening(space, distribution, samples, rng)
        if best is not None:
            vectors = np.concatenate([[best], vectors])
        # Mostly the nearer half has room for all; shuffled, lest the winner be number 1.
        offer = _offer(space, vectors[: len(vectors) // 2], samples, radii_px, rng)
        enough = len(offer.candidates) == samples
        return offer if enough else _offer(space, vectors, samples, radii_px, rng)
    first = _FIRST_SAMPLES * len(radii_px)
    offer = _first_offer(space, space.sample(None, first, rng), samples, radii_px)
    for _ in range(_MORE_BATCHES):
        if len(offer.candidates) == samples * len(radii_px):
            break
        # What fitted stays in front of the next batch.
        more = np.concatenate([offer.vectors, space.sample(None, first, rng)])
        offer = _first_offer(space, more, samples, radii_px)
    return offer


def offer_vectors(
    space: ActionSpace[ActionT], vectors: FloatArray, radii_px: tuple[float, ...]
) -> Offer[ActionT]:
    """Return the vectors (n, d) as candidates, leaving out refused and overlapping ones."""
    return _offer(space, vectors, len(vectors), radii_px)


def marked_pictures(
    space: ActionSpace[ActionT], offer: Offer[ActionT], *, also_unmarked: bool
) -> tuple[MarkedPicture, ...]:
    """Return the clean pictures with a mark for each candidate, each in its one picture.

    A picture that bears no mark is left out unless `also_unmarked` says otherwise.
    """
    marked = []
    for index, picture in enumerate(space.pictures):
        tail = space.arrow_tails[index]
        marks = tuple(
            Mark(candidate.label, candidate.anchor, tail, candidate.farther)
            for candidate, shown_in in zip(offer.candidates, offer.pictures, strict=True)
            if shown_in == index
        )
        if marks or also_unmarked:
            marked.append(replace(picture, marks=marks, radius_px=offer.radii_px[index]))
    return tuple(marked)


def spread_px(space: ActionSpace[ActionT], distribution: Gaussian, picture: int) -> float:
    """Return how far one standard deviation reaches in a picture, NaN where it shows not."""
    mean, std = np.array(distribution.mean), np.array(distribution.std)
    ends = np.concatenate([[mean], mean + np.diag(std), mean - np.diag(std)])
    anchors = space.anchors(ends, picture)
    return float(np.nanmax(np.hypot(*(anchors[1:] - anchors[0]).T), initial=0.0))


def is_narrow(
    space: ActionSpace[ActionT], distribution: Gaussian, radii_px: tuple[float, ...]
) -> bool:
    """Return whether one standard deviation lies within a label, where the mean is shown best."""
    picture = int(space.shown_in(np.array([distribution.mean]))[0])
    return spread_px(space, distribution, picture) < radii_px[picture]


def radii_for(space: ActionSpace[ActionT], distribution: Gaussian | None) -> tuple[float, ...]:
    """Return the radius of the labels in each picture: smaller as the spread narrows."""
    radii_px = []
    for index, picture in enumerate(space.pictures):
        height, width = picture.rgb.shape[:2]
        radius_px = label_radius_px(width, height)
        if distribution is not None:
            smallest = smallest_label_radius_px(width, height)
            half_px = spread_px(space, distribution, index) / 2.0
            radius_px = float(np.clip(half_px, smallest, radius_px))
        radii_px.append(radius_px)
    return tuple(radii_px)


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


def _first_offer(
    space: ActionSpace[ActionT],
    vectors: FloatArray,
    samples: int,
    radii_px: tuple[float, ...],
) -> Offer[ActionT]:
    """Return at most `samples` candidates in each picture, numbered picture by picture."""
    proposals = space.propose(vectors)
    fits = _fitting(space, proposals, radii_px)
    picked = np.concatenate(_picked_by_picture(proposals, fits, samples, radii_px))
    return _numbered(space, proposals, fits, picked, radii_px)


def _offer(
    space: ActionSpace[ActionT],
    vectors: FloatArray,
    samples: int,
    radii_px: tuple[float, ...],
    rng: np.random.Generator | None = None,
) -> Offer[ActionT]:
    """Return at most `samples` candidates in all, the first that find room."""
    proposals = space.propose(vectors)
    fits = _fitting(space, proposals, radii_px)
    picked = np.sort(np.concatenate(_picked_by_picture(proposals, fits, samples, radii_px)))
    picked = picked[:samples]
    if rng is not None:
        picked = rng.permutation(picked)
    return _numbered(space, proposals, fits, picked, radii_px)


def _numbered(
    space: ActionSpace[ActionT],
    proposals: Proposals,
    fits: NDArray[np.bool_],
    picked: NDArray[np.int64],
    radii_px: tuple[float, ...],
) -> Offer[ActionT]:
    why_not = proposals.refused.copy()
    why_not[_unrefused(proposals) & ~fits] = CandidateReason.OUTSIDE_IMAGE
    why_not[fits] = CandidateReason.CROWDED
    why_not[picked] = None
    candidates = tuple(
        space.candidate(label, proposals, int(index)) for label, index in enumerate(picked, 1)
    )
    vectors, pictures = proposals.vectors[picked], proposals.pictures[picked]
    return Offer(candidates, vectors, pictures, radii_px, why_not)


def _picked_by_picture(
    proposals: Proposals, fits: NDArray[np.bool_], most: int, radii_px: tuple[float, ...]
) -> list[NDArray[np.int64]]:
    """Return for each picture the indices, in order, of at most `most` that find room in it."""
    picked = []
    for picture, radius_px in enumerate(radii_px):
        indices = np.flatnonzero(fits & (proposals.pictures == picture))
        spaced = pick_spaced(proposals.anchors[indices], APART_RADII * radius_px, most)
        picked.append(indices[spaced])
    return picked


def _unrefused(proposals: Proposals) -> NDArray[np.bool_]:
    return np.asarray(np.equal(proposals.refused, _NOTHING), dtype=np.bool_)


def _fitting(
    space: ActionSpace[ActionT], proposals: Proposals, radii_px: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Return which proposals nothing refuses and whose labels lie within their picture."""
    sizes = np.array([picture.rgb.shape[1::-1] for picture in space.pictures])
    margins = BORDER_RADII * np.array(radii_px)
    size, margin = sizes[proposals.pictures], margins[proposals.pictures, None]
    with np.errstate(invalid='ignore'):
        inside = (proposals.anchors >= margin) & (proposals.anchors <= size - 1.0 - margin)
    return np.asarray(_unrefused(proposals) & inside.all(axis=1))
