"""The newest messages of one topic, sorted by stamp."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from typing import Any

from vlm_nav.messages.stamps import NS_IN_S, seconds


class StampedQueue:
    """At most `length` messages; the oldest go first, an equal stamp replaces."""

    def __init__(self, length: int) -> None:
        """Start empty."""
        self._length = length
        self._stamps_ns: list[int] = []
        self._messages: list[Any] = []

    @property
    def newest_ns(self) -> int | None:
        """The newest stamp, None while empty."""
        return self._stamps_ns[-1] if self._stamps_ns else None

    def insert(self, stamp_ns: int, message: Any) -> None:
        """Put a message in its place."""
        at = bisect.bisect_left(self._stamps_ns, stamp_ns)
        same = at < len(self._stamps_ns) and self._stamps_ns[at] == stamp_ns
        self._stamps_ns[at : at + same] = [stamp_ns]
        self._messages[at : at + same] = [message]
        surplus = max(0, len(self._stamps_ns) - self._length)
        del self._stamps_ns[:surplus], self._messages[:surplus]

    def clear(self) -> None:
        """Forget everything."""
        self._stamps_ns.clear()
        self._messages.clear()

    def newest_first(self) -> Iterator[tuple[int, Any]]:
        """Yield stamps and messages, newest first."""
        return zip(reversed(self._stamps_ns), reversed(self._messages), strict=True)

    def nearest(self, stamp_ns: int) -> tuple[int, Any] | None:
        """Return the stamp and message nearest to a stamp, the later one of two as near."""
        return min(self.newest_first(), key=lambda pair: abs(pair[0] - stamp_ns), default=None)

    def describe(self, name: str, now_ns: int) -> str:
        """Return in words how often the topic comes and how old its newest message is."""
        if not self._stamps_ns:
            return f'no {name} so far'
        age_s = (now_ns - self._stamps_ns[-1]) / NS_IN_S
        span_s = (self._stamps_ns[-1] - self._stamps_ns[0]) / NS_IN_S
        if span_s == 0.0:
            return f'one {name}, {age_s:.2f} s ago'
        rate_hz = (len(self._stamps_ns) - 1) / span_s
        if age_s > 5.0 / rate_hz:
            return f'no {name} since {seconds(self._stamps_ns[-1])}, {age_s:.2f} s ago'
        return f'{name} arrives at {rate_hz:.0f} Hz'


def info_fits(info: Any, picture: Any) -> bool:
    """Return whether a CameraInfo has the frame and the delivered size of a picture.

    A compressed picture does not tell its size; the frame decides alone.
    """
    if info.header.frame_id != picture.header.frame_id:
        return False
    width, height = getattr(picture, 'width', None), getattr(picture, 'height', None)
    if width is None or height is None:
        return True
    full_width, full_height = info.roi.width or info.width, info.roi.height or info.height
    across, down = max(1, info.binning_x), max(1, info.binning_y)
    return bool((full_width // across, full_height // down) == (width, height))
