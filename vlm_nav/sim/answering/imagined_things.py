"""What an imagined picture shows of things: what its pixels showed where they were seen."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.sim.answering.views import RecentViews


def things_imagined(provenance: Provenance, views: RecentViews) -> NDArray[np.int32]:
    """Return what the seen pixels (n,) show that an imagined picture is made of, each one once.

    However much of the imagined picture a seen pixel fills, nothing more is seen for that: no
    imagined picture shows more of a thing than the cameras saw. Where it is made of a picture that
    was made smaller, one pixel of that stands for those that it covers. A pixel that was made up,
    or whose source is not known any more, shows nothing: whatever truly stands there.
    """
    shown = [np.empty(0, dtype=np.int32)]
    for index, identifier in enumerate(provenance.identifiers):
        view, width_px = views.view(identifier), provenance.widths_px[index]
        if view is None or view.things.shape[1] < width_px:
            continue
        pixel = provenance.pixel[provenance.source == index]
        shown.append(view.things[_taken(pixel, width_px, view.things.shape)])
    return np.concatenate(shown)


def _taken(pixel: NDArray[np.int32], width_px: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels (H, W) of a picture are taken along with some of it so much narrower."""
    height, width = shape
    taken = np.zeros((math.ceil(height * width_px / width), width_px), dtype=np.bool_)
    taken.reshape(-1)[pixel[(pixel >= 0) & (pixel < taken.size)]] = True
    if width_px == width:
        return taken
    rows, columns = (np.arange(size) * width_px // width for size in shape)
    covered: NDArray[np.bool_] = taken[rows[:, None], columns]
    return covered
