"""Transforms at a picture's stamp: the coroutine that the missions wait on."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import PoseError
from vlm_nav.messages.poses import transform_at
from vlm_nav.messages.stamps import seconds, stamp_ns_of

# A lookup takes some 50 us and a transform stays for 10 s: looking again this often is both
# cheap and soon enough, and needs no hook into the buffer (tf2_ros has none that is public).
_LOOK_AGAIN_S = 0.01
_FRAMES_NAMED = 12


class TransformBuffer(Protocol):
    """What is used of tf2_ros.Buffer and of its stand-in."""

    def lookup_transform(
        self, target_frame: str, source_frame: str, time: Any, timeout: Any = ...
    ) -> Any:
        """Return a TransformStamped or raise a TransformException."""
        ...

    def all_frames_as_yaml(self) -> str:
        """Return what frames are known over which time."""
        ...


@dataclass(frozen=True)
class StampedTransform:
    """A transform `to_from` (4, 4) and the instant it holds for."""

    stamp_ns: int
    to_from: FloatArray


class TransformSource:
    """Looks up transforms at stamps; used in the event loop, fed by the executor's thread."""

    def __init__(
        self, buffer: TransformBuffer, transform_exception: type[Exception], keep: Any = None
    ) -> None:
        """Look up in `buffer`, whose failures are `transform_exception`.

        `keep` is held as long as this object: the listener that fills the buffer.
        """
        self._buffer = buffer
        self._exception = transform_exception
        self._keep = keep

    async def lookup(
        self, to_frame: str, from_frame: str, stamp_ns: int, deadline: Deadline
    ) -> FloatArray:
        """Return `to_from` (4, 4) at the stamp, waiting for it until the deadline.

        Never takes another instant than the stamp. Raises Refusal(NO_TRANSFORM) that names the
        frames and the stamp that were wanted, and what there is.
        """
        while True:
            try:
                return self._at(to_frame, from_frame, stamp_ns).to_from
            except (self._exception, PoseError) as error:
                if deadline.expired():
                    raise self._refusal(to_frame, from_frame, stamp_ns, error) from error
            await asyncio.sleep(min(_LOOK_AGAIN_S, deadline.remaining_s()))

    def newest(self, to_frame: str, from_frame: str) -> StampedTransform | None:
        """Return the newest `to_from`, None where there is none.

        For where the robot is now, never for what a picture shows; look at its stamp.
        """
        try:
            return self._at(to_frame, from_frame, 0)
        except (self._exception, PoseError):
            return None

    def _at(self, to_frame: str, from_frame: str, stamp_ns: int) -> StampedTransform:
        from rclpy.time import Time

        found = self._buffer.lookup_transform(to_frame, from_frame, Time(nanoseconds=stamp_ns))
        to_from = transform_at(found.transform.translation, found.transform.rotation)
        return StampedTransform(stamp_ns_of(found.header.stamp), to_from)

    def _refusal(self, to_frame: str, from_frame: str, stamp_ns: int, error: Exception) -> Refusal:
        return Refusal(
            ObservationReason.NO_TRANSFORM,
            f'wanted {to_frame!r} from {from_frame!r} at {seconds(stamp_ns)}: {error}; '
            f'available: {_available(self._buffer.all_frames_as_yaml())}',
        )


def transform_source(node: Any) -> TransformSource:
    """Return a source that listens to /tf and /tf_static on `node`, with tf2_ros if installed.

    When ROS time is set back (a simulation restarts, a bag loops with /clock) what was heard
    is forgotten, as the C++ tf2 does.
    """
    try:
        import tf2_ros as tf2
    except ImportError:
        from vlm_nav.ros import tf2_stand_in as tf2
    buffer = tf2.Buffer()
    listener = tf2.TransformListener(buffer, node, spin_thread=False)
    jumps = _clear_when_time_is_set_back(node, buffer)
    return TransformSource(buffer, tf2.TransformException, keep=(listener, jumps))


def _clear_when_time_is_set_back(node: Any, buffer: Any) -> Any:
    from rclpy.clock import JumpThreshold
    from rclpy.duration import Duration

    threshold = JumpThreshold(
        min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True
    )
    return node.get_clock().create_jump_callback(
        threshold, post_callback=lambda _jump: buffer.clear()
    )


def _available(frames_yaml: str) -> str:
    """Return tf2's list of frames in one line: child<-parent and the seconds it covers."""
    blocks = re.findall(r'^(\S+): *\n((?:  .*\n?)+)', frames_yaml, flags=re.MULTILINE)
    named = [_frame_in_words(name, block) for name, block in blocks[:_FRAMES_NAMED]]
    if len(blocks) > _FRAMES_NAMED:
        named.append(f'and {len(blocks) - _FRAMES_NAMED} more')
    return ', '.join(named) or 'no transform at all; does anything publish /tf?'


def _frame_in_words(name: str, block: str) -> str:
    values = dict(re.findall(r"^  (\w+): '?([^'\n]*)'?$", block, flags=re.MULTILINE))
    start, end = values.get('oldest_transform', '?'), values.get('most_recent_transform', '?')
    when = 'always' if end == start == '0.000' else f'{start} to {end} s'
    return f'{name}<-{values.get("parent", "?")} ({when})'
