"""What an imagined picture shows of things: what its pixels showed where they were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.sim.answering.views import RecentViews


def things_imagined(provenance: Provenance, views: RecentViews) -> NDArray[np.int32]:
    """Return what the seen pixels (n,) show that an imagined picture is made of, each one once.

    However much of the imagined picture a seen pixel fills, nothing more is seen for that: no
    imagined picture shows more of a thing than the cameras saw. A pixel that was made up, or
    whose source is not known any more, shows nothing: whatever truly stands there.
    """
    shown = [np.empty(0, dtype=np.int32)]
    for index, identifier in enumerate(provenance.identifiers):
        view = views.view(identifier)
        if view is None or view.things.shape[1] != provenance.widths_px[index]:
            continue
        seen = view.things.ravel()
        pixel = provenance.pixel[provenance.source == index]
        taken = np.zeros(seen.size, dtype=np.bool_)
        taken[pixel[(pixel >= 0) & (pixel < seen.size)]] = True
        shown.append(seen[taken])
    return np.concatenate(shown)
