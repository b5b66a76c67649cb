"""The pictures that a simulator took last, and what they truly show."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import DepthArray
from vlm_nav.sim.view import NOTHING, SimulatedView


class RecentViews:
    """Keeps what the last views truly show, by their identifiers; may be asked from any thread.

    Of each it keeps what doubles look at: which thing is where, and how far away it is.
    """

    def __init__(self, most: int = 160) -> None:
        """Keep at most `most` views; raises InvalidValueError for fewer than one."""
        if most < 1:
            raise InvalidValueError(f'one view or more is kept, got {most}')
        self._most = most
        self._views: OrderedDict[str, _Packed] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, view: SimulatedView) -> None:
        """Keep a view, and forget the oldest where there are too many."""
        packed = _pack(view)
        with self._lock:
            self._views[view.identifier] = packed
            self._views.move_to_end(view.identifier)
            while len(self._views) > self._most:
                self._views.popitem(last=False)

    def view(self, identifier: str) -> SimulatedView | None:
        """Return the view of a picture's identifier, None where it is not known any more.

        It has no colours, and the true depth of things alone: elsewhere NaN.
        """
        with self._lock:
            packed = self._views.get(identifier)
        return None if packed is None else packed.unpacked()


@dataclass(frozen=True, eq=False)
class _Packed:
    """A view without pictures, and beside it runs of pixels that show the same thing.

    Row by row: `shown` (n,) things of `lengths` (n,) pixels each, `depth_m` (m,) of those pixels
    that show any. A picture's things take 5 MB as arrays and some 0.3 MB like this.
    """

    view: SimulatedView
    shape: tuple[int, ...]
    shown: NDArray[np.int32]
    lengths: NDArray[np.int32]
    depth_m: DepthArray

    def unpacked(self) -> SimulatedView:
        things = np.repeat(self.shown, self.lengths).reshape(self.shape)
        depth_m = np.full(self.shape, np.nan, dtype=np.float32)
        depth_m[things != NOTHING] = self.depth_m
        return replace(self.view, depth_m=depth_m, true_depth_m=depth_m, things=things)


def _pack(view: SimulatedView) -> _Packed:
    pixels = view.things.ravel()
    begins = np.concatenate([[0], np.flatnonzero(np.diff(pixels)) + 1])
    lengths = np.diff(begins, append=len(pixels)).astype(np.int32)
    nothing = view.true_depth_m[:0]
    return _Packed(
        replace(
            view,
            rgb=view.rgb[:0].copy(),
            depth_m=nothing.copy(),
            true_depth_m=nothing.copy(),
            things=view.things[:0].copy(),
        ),
        view.things.shape,
        pixels[begins],
        lengths,
        view.true_depth_m[view.things != NOTHING],
    )
