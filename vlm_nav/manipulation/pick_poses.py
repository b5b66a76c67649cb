"""From a picture and the pixel that is meant in it to poses of the hand."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import HandReason
from vlm_nav.manipulation.events import PickDecision
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.pick_ports import Lifting, Planning, Putting
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Depth is often missing on just what is meant: shiny or thin things. A pixel whose
# neighbourhood is measured may be pointed at; whether it can be lifted is seen then.
_NEAR_DEPTH_SHARE = 0.02
_NO_PLACE = Refused(HandReason.HOLDS_NOTHING, 'nothing is put down here')


def measured_near(frame: RgbdFrame) -> NDArray[np.bool_] | None:
    """Return which pixels (H, W) have depth, or have it near them; None without depth."""
    if frame.depth_m is None:
        return None
    reach_px = max(1, round(_NEAR_DEPTH_SHARE * min(frame.depth_m.shape)))
    kernel = np.ones((2 * reach_px + 1, 2 * reach_px + 1), dtype=np.uint8)
    known = np.isfinite(frame.depth_m).astype(np.uint8)
    return np.asarray(cv2.dilate(known, kernel), dtype=np.bool_)


def with_grasp(
    decision: PickDecision, pixel: Pixel, frame: RgbdFrame, *, lift: Lifting, plan: Planning
) -> PickDecision:
    """Return the decision with the point, the grasps and the best of them, or why not."""
    lifted = lift(frame, pixel)
    if isinstance(lifted, Refused):
        return replace(decision, reason=lifted.reason, detail=lifted.detail)
    decision = replace(decision, lifted=lifted)
    found = plan(frame, lifted)
    if isinstance(found, Refused):
        return replace(decision, reason=found.reason, detail=found.detail)
    decision = replace(decision, plan=found, grasp=found.best)
    if found.best is None:
        detail = f'no grasp of {len(found.refused)} that were tried is left: {found.why}'
        return replace(decision, reason=found.reason or HandReason.UNREACHABLE, detail=detail)
    return decision


def with_place(
    decision: PickDecision, pixel: Pixel, frame: RgbdFrame, put: Putting | None
) -> PickDecision:
    """Return the decision with where what is held is put down, or why it is not."""
    place = _NO_PLACE if put is None else put(frame, pixel)
    if isinstance(place, Refused):
        return replace(decision, reason=place.reason, detail=place.detail)
    return replace(decision, place=place)
