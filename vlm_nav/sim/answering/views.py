"""The pictures that a simulator took last, and what they truly show."""

from __future__ import annotations

import threading
from collections import OrderedDict

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.view import SimulatedView


class RecentViews:
    """Keeps the last views by their identifiers; may be asked from any thread."""

    def __init__(self, most: int = 64) -> None:
        """Keep at most `most` views; raises InvalidValueError for fewer than one."""
        if most < 1:
            raise InvalidValueError(f'one view or more is kept, got {most}')
        self._most = most
        self._views: OrderedDict[str, SimulatedView] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, view: SimulatedView) -> None:
        """Keep a view, and forget the oldest where there are too many."""
        with self._lock:
            self._views[view.identifier] = view
            self._views.move_to_end(view.identifier)
            while len(self._views) > self._most:
                self._views.popitem(last=False)

    def view(self, identifier: str) -> SimulatedView | None:
        """Return the view of a picture's identifier, None where it is not known any more."""
        with self._lock:
            return self._views.get(identifier)
