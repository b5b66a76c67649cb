"""The transforms of a whole bag, looked up at any stamp of it."""

from __future__ import annotations

from typing import Any

from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.messages.poses import link_of
from vlm_nav.messages.stamps import seconds
from vlm_nav.messages.transform_history import TransformException, TransformHistory

# tf2 forgets after 10 s; a bag has an end.
_KEEP_NS = 2**62


class BagTransforms:
    """Implements messages.sights.TransformLookup with what a bag holds of /tf and /tf_static."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._history = TransformHistory(_KEEP_NS)
        self.dropped = 0

    def add(self, message: Any, *, static: bool) -> None:
        """Keep the transforms of a tf2_msgs/TFMessage; those that are no pose are counted."""
        for transform in message.transforms:
            link = link_of(transform)
            if link is None:
                self.dropped += 1
            else:
                self._history.insert(*link, static=static)

    @property
    def frames(self) -> set[str]:
        """Return the names of all frames."""
        return self._history.known()

    def in_root(self, frame: str) -> tuple[str, FloatArray] | None:
        """Return the topmost frame and `root_from_frame` (4, 4), as new as the bag so far.

        None where nothing is known of the frame.
        """
        root, passed = frame, {frame}
        while root in self._history.frames:
            root = self._history.frames[root].poses[-1].parent
            if root in passed:
                return None
            passed.add(root)
        try:
            stamp_ns = self._history.newest_common_ns(root, frame)
            return root, self._history.lookup(root, frame, stamp_ns)
        except TransformException:
            return None

    async def __call__(self, to_frame: str, from_frame: str, stamp_ns: int) -> FloatArray:
        """Return `to_from` (4, 4) at the stamp; raise Refusal(NO_TRANSFORM) without one."""
        try:
            return self._history.lookup(to_frame, from_frame, stamp_ns)
        except TransformException as error:
            raise Refusal(
                ObservationReason.NO_TRANSFORM,
                f'wanted {to_frame!r} from {from_frame!r} at {seconds(stamp_ns)}: {error}',
            ) from error
