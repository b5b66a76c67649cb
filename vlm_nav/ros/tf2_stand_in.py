"""tf2_ros's Buffer and TransformListener where tf2_ros is not installed, under tf2's names.

One suite of tests holds this and the real one to the same contract. What differs: a message
whose stamp is older than all that is kept restarts its frame's history (a looped bag) where tf2
would drop it, and a time-out waits for data, not in steps.
"""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.messages.poses import link_of
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.messages.transform_history import (
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    TransformException,
    TransformHistory,
)
from vlm_nav.ros.stamps import time_at

if TYPE_CHECKING:
    from geometry_msgs.msg import TransformStamped

__all__ = [
    'Buffer',
    'ConnectivityException',
    'ExtrapolationException',
    'InvalidArgumentException',
    'LookupException',
    'TransformException',
    'TransformListener',
]

DEFAULT_CACHE_S = 10.0


class Buffer:
    """What was heard on /tf and /tf_static; safe to use from several threads."""

    def __init__(self, cache_time: Any = None) -> None:
        """Keep dynamic transforms for `cache_time` (a Duration; 10 s where None)."""
        keep_ns = int(DEFAULT_CACHE_S * 1e9) if cache_time is None else _nanoseconds(cache_time)
        self._history = TransformHistory(keep_ns)
        self._changed = threading.Condition()
        self.dropped = 0
        """How many transforms were not usable: not finite, no unit quaternion, empty names."""

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Keep one moving transform; an unusable one is dropped and counted."""
        self._insert(transform, static=False)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Keep one transform that holds at any time."""
        self._insert(transform, static=True)

    def lookup_transform(
        self, target_frame: str, source_frame: str, time: Any, timeout: Any = None
    ) -> TransformStamped:
        """Return the transform that takes points from `source_frame` to `target_frame`.

        `time` 0 means the newest instant that both have in common. Waits up to `timeout`.
        Raises LookupException, ConnectivityException, ExtrapolationException or
        InvalidArgumentException.
        """
        for name in (target_frame, source_frame):
            _check_name(name)
        stamp_ns = _nanoseconds(time)
        until = clock.monotonic() + (0.0 if timeout is None else _nanoseconds(timeout) / 1e9)
        with self._changed:
            while True:
                try:
                    return self._look_up(target_frame, source_frame, stamp_ns)
                except TransformException:
                    if not self._changed.wait(until - clock.monotonic()):
                        raise

    def can_transform(
        self, target_frame: str, source_frame: str, time: Any, timeout: Any = None
    ) -> bool:
        """Return whether `lookup_transform` would give a transform."""
        try:
            self.lookup_transform(target_frame, source_frame, time, timeout)
        except TransformException:
            return False
        return True

    def clear(self) -> None:
        """Forget all moving transforms: time was set back."""
        with self._changed:
            self._history.clear()

    def all_frames_as_yaml(self) -> str:
        """Return each frame's parent and time range in the form of tf2's method."""
        with self._changed:
            frames = sorted(self._history.frames.items())
            return ''.join(
                f"{name}: \n  parent: '{frame.poses[-1].parent}'\n"
                f'  most_recent_transform: {frame.poses[-1].stamp_ns / 1e9:.3f}\n'
                f'  oldest_transform: {frame.poses[0].stamp_ns / 1e9:.3f}\n'
                for name, frame in frames
            )

    def _look_up(self, target: str, source: str, stamp_ns: int) -> TransformStamped:
        if stamp_ns == 0:
            stamp_ns = self._history.newest_common_ns(target, source)
        return _message_of(
            self._history.lookup(target, source, stamp_ns), target, source, stamp_ns
        )

    def _insert(self, message: TransformStamped, *, static: bool) -> None:
        link = link_of(message)
        with self._changed:
            if link is None:
                self.dropped += 1
                return
            child, pose = link
            if not self._history.insert(child, pose, static=static):
                self._history.frames.pop(child)
                self._history.insert(child, pose, static=static)
            self._changed.notify_all()


class TransformListener:
    """Feeds a buffer from /tf and /tf_static through a node that somebody else spins."""

    def __init__(self, buffer: Buffer, node: Any, *, spin_thread: bool = False) -> None:
        """Subscribe on `node`; `spin_thread` is there for tf2's signature and must be False."""
        from tf2_msgs.msg import TFMessage

        from vlm_nav.ros.qos import TF, TF_STATIC

        if spin_thread:
            raise InvalidArgumentException('this listener is spun by its node alone')
        self._buffer = buffer
        self._node = node
        # Absolute names, as tf2_ros has them: the rule ('/tf', 'tf') that Nav2's launch files
        # use then moves them into the namespace with either implementation, and without the
        # rule a robot in a namespace hears the one common /tf with either.
        self._subscriptions = [
            node.create_subscription(TFMessage, '/tf', self._take(buffer.set_transform), TF),
            node.create_subscription(
                TFMessage, '/tf_static', self._take(buffer.set_transform_static), TF_STATIC
            ),
        ]

    def unregister(self) -> None:
        """Stop listening."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _take(self, keep: Callable[[TransformStamped, str], None]) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            before = self._buffer.dropped
            for transform in message.transforms:
                keep(transform, 'default_authority')
            if self._buffer.dropped > before:
                self._warn()

        return take

    def _warn(self) -> None:
        self._node.get_logger().warning(
            f'{self._buffer.dropped} transforms dropped so far: a transform is finite, has a '
            'unit quaternion and two different frame names',
            throttle_duration_sec=10.0,
        )


def _check_name(name: str) -> None:
    if not name:
        raise InvalidArgumentException('a frame name is not empty')
    if name.startswith('/'):
        raise InvalidArgumentException(f"frame names cannot start with a '/' like {name!r}")


def _nanoseconds(time: Any) -> int:
    """Return the nanoseconds of an rclpy Time or Duration, or of a Time message."""
    if hasattr(time, 'nanoseconds'):
        return int(time.nanoseconds)
    return stamp_ns_of(time)


def _message_of(
    to_from: np.ndarray[Any, np.dtype[np.float64]], to_frame: str, from_frame: str, stamp_ns: int
) -> TransformStamped:
    from geometry_msgs.msg import TransformStamped

    message = TransformStamped(child_frame_id=from_frame)
    message.header.frame_id = to_frame
    message.header.stamp = time_at(stamp_ns)
    translation, rotation = message.transform.translation, message.transform.rotation
    translation.x, translation.y, translation.z = (float(value) for value in to_from[:3, 3])
    x, y, z, w = xyzw_from_wxyz([float(value) for value in quaternion_of(to_from)])
    rotation.x, rotation.y, rotation.z, rotation.w = x, y, z, w
    return message
