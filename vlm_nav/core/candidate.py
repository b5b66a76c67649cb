"""Candidates: what could be done, where it shows in the picture, and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from vlm_nav.core.reasons import ReasonCode

ActionT = TypeVar('ActionT')


@dataclass(frozen=True)
class Pixel:
    """A place in a picture: u to the right, v down, whole numbers at pixel centres."""

    u_px: float
    v_px: float


@dataclass(frozen=True)
class GroundAction:
    """Go to a place on the floor, given from the base: bearing is positive to the left."""

    range_m: float
    bearing_rad: float


@dataclass(frozen=True)
class HandMove:
    """Move the gripper by so much along the axes of the base frame, turned as it is."""

    x_m: float
    y_m: float
    z_m: float


@dataclass(frozen=True)
class MetricFacts:
    """What geometry knows about a candidate; `free_m` is None where nothing was measured."""

    range_m: float
    bearing_rad: float
    free_m: float | None = None


@dataclass(frozen=True)
class Candidate(Generic[ActionT]):
    """One numbered possibility; the label leads to `action`, never back through the pixel.

    `farther`, for moves of the hand, is how much farther from the camera it ends than it begins,
    from -1, the most nearer, to 1.
    """

    label: int
    action: ActionT
    anchor: Pixel
    facts: MetricFacts | None = None
    refused: ReasonCode | None = None
    farther: float | None = None
