"""What an imagined picture shows of things: what its pixels showed where they were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.sim.answering.views import RecentViews
from vlm_nav.sim.view import NOTHING


def things_imagined(provenance: Provenance, views: RecentViews) -> NDArray[np.int32]:
    """Return the things (H, W) that an imagined picture shows, by the warp that made it.

    A pixel that was made up, or whose source is not known any more, shows NOTHING: whatever truly
    stands there.
    """
    things = np.full(provenance.source.shape, NOTHING, dtype=np.int32)
    for index, identifier in enumerate(provenance.identifiers):
        view = views.view(identifier)
        if view is None or view.things.shape[1] != provenance.widths_px[index]:
            continue
        seen = view.things.ravel()
        ours = (provenance.source == index) & (provenance.pixel < seen.size)
        ours &= provenance.pixel >= 0
        things[ours] = seen[provenance.pixel[ours]]
    return things
