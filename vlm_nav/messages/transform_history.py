"""What /tf has told: for each frame its parents and poses over time. Pure logic, no messages.

The rules are tf2's: linear and spherical interpolation, never extrapolation, a bounded history,
time 0 for the newest instant that the whole chain has.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import interpolate_transforms, inverse


class TransformException(Exception):  # noqa: N818 - tf2's name
    """Base of tf2's exceptions."""


class LookupException(TransformException):
    """A frame that was asked for is not known."""


class ConnectivityException(TransformException):
    """Both frames are known, but no chain of transforms links them."""


class ExtrapolationException(TransformException):
    """The stamp lies before or after what is known."""


class InvalidArgumentException(TransformException):
    """A frame name is empty or begins with a slash."""


@dataclass(frozen=True)
class StampedPose:
    """The pose of a frame in `parent` at one instant."""

    stamp_ns: int
    parent: str
    parent_from_child: FloatArray


@dataclass
class FrameHistory:
    """The poses of one frame, sorted by time; a static frame has one that holds at any time."""

    static: bool = False
    poses: list[StampedPose] = field(default_factory=list)

    def insert(self, pose: StampedPose, keep_ns: int) -> bool:
        """Keep `pose` and forget what is older than `keep_ns`; False where it is too old."""
        if self.static:
            self.poses = [pose]
            return True
        if self.poses and pose.stamp_ns < self.poses[-1].stamp_ns - keep_ns:
            return False
        at = bisect.bisect_left(self.poses, pose.stamp_ns, key=_stamp_of)
        same = at < len(self.poses) and self.poses[at].stamp_ns == pose.stamp_ns
        self.poses[at : at + same] = [pose]
        oldest_ns = self.poses[-1].stamp_ns - keep_ns
        del self.poses[: bisect.bisect_left(self.poses, oldest_ns, key=_stamp_of)]
        return True

    def at(self, stamp_ns: int) -> StampedPose | None:
        """Return the pose at `stamp_ns`, interpolated; None outside what is known."""
        if self.static:
            return self.poses[0]
        after = bisect.bisect_left(self.poses, stamp_ns, key=_stamp_of)
        if after == len(self.poses):
            return None
        end = self.poses[after]
        if end.stamp_ns == stamp_ns:
            return end
        if after == 0:
            return None
        return _between(self.poses[after - 1], end, stamp_ns)

    def newest_ns(self) -> int | None:
        """Return the newest stamp, None for a static frame: it sets no limit."""
        return None if self.static else self.poses[-1].stamp_ns


class TransformHistory:
    """All frames; not locked, its owner sees to that."""

    def __init__(self, keep_ns: int) -> None:
        """Keep each frame's poses for `keep_ns` before its newest."""
        self._keep_ns = keep_ns
        self.frames: dict[str, FrameHistory] = {}

    def insert(self, child: str, pose: StampedPose, *, static: bool) -> bool:
        """Keep a pose of `child`; False where it is older than what is kept."""
        frame = self.frames.setdefault(child, FrameHistory(static))
        if frame.static != static:
            frame.static, frame.poses = static, []
        return frame.insert(pose, self._keep_ns)

    def clear(self) -> None:
        """Forget all but the static frames."""
        self.frames = {name: frame for name, frame in self.frames.items() if frame.static}

    def known(self) -> set[str]:
        """Return the names of all frames, parents included."""
        parents = {pose.parent for frame in self.frames.values() for pose in frame.poses}
        return parents | set(self.frames)

    def newest_common_ns(self, to_frame: str, from_frame: str) -> int:
        """Return the newest instant that the chain between two frames has; 0 if all is static.

        Raises LookupException and ConnectivityException.
        """
        self._require_known(to_frame, from_frame)
        up_to = self._newest_chain(to_frame)
        up_from = self._newest_chain(from_frame)
        common = _common_ancestor(up_to, up_from)
        if common is None:
            raise self._unconnected(to_frame, from_frame)
        links = [*up_to[: up_to.index(common)], *up_from[: up_from.index(common)]]
        stamps = [self.frames[name].newest_ns() for name in links]
        return min((stamp for stamp in stamps if stamp is not None), default=0)

    def lookup(self, to_frame: str, from_frame: str, stamp_ns: int) -> FloatArray:
        """Return `to_from` at the stamp, which is an instant and not tf2's 0.

        Raises LookupException, ConnectivityException or ExtrapolationException.
        """
        self._require_known(to_frame, from_frame)
        if to_frame == from_frame:
            return np.eye(4)
        ancestors_of_to = self._ancestors(to_frame, stamp_ns)
        ancestors_of_from = self._ancestors(from_frame, stamp_ns)
        common = _common_ancestor(list(ancestors_of_to), list(ancestors_of_from))
        if common is None:
            self._raise_why_apart(to_frame, from_frame, stamp_ns)
        return inverse(ancestors_of_to[common]) @ ancestors_of_from[common]

    def _require_known(self, *names: str) -> None:
        known = self.known()
        for name in names:
            if name not in known:
                raise LookupException(f'"{name}" does not exist; known: {sorted(known)}')

    def _ancestors(self, frame: str, stamp_ns: int) -> dict[str, FloatArray]:
        """Return `ancestor_from_frame` for `frame` and its ancestors, as far as known."""
        start = frame
        ancestor_from_frame = {frame: np.eye(4)}
        while (pose := self._pose(frame, stamp_ns)) is not None:
            if pose.parent in ancestor_from_frame:
                raise TransformException(f'the frames above {start!r} form a loop')
            ancestor_from_frame[pose.parent] = pose.parent_from_child @ ancestor_from_frame[frame]
            frame = pose.parent
        return ancestor_from_frame

    def _pose(self, frame: str, stamp_ns: int) -> StampedPose | None:
        history = self.frames.get(frame)
        return None if history is None else history.at(stamp_ns)

    def _raise_why_apart(self, to_frame: str, from_frame: str, stamp_ns: int) -> NoReturn:
        self.newest_common_ns(to_frame, from_frame)
        ends = [list(self._ancestors(name, stamp_ns))[-1] for name in (to_frame, from_frame)]
        lacking = next(name for name in ends if name in self.frames)
        poses = self.frames[lacking].poses
        side = 'past' if stamp_ns < poses[0].stamp_ns else 'future'
        raise ExtrapolationException(
            f'Lookup would require extrapolation into the {side}. Requested time '
            f'{stamp_ns / 1e9:.6f} but {lacking!r} is known from {poses[0].stamp_ns / 1e9:.6f} '
            f'to {poses[-1].stamp_ns / 1e9:.6f}, when looking up transform from frame '
            f'[{from_frame}] to frame [{to_frame}]'
        )

    def _newest_chain(self, frame: str) -> list[str]:
        names = [frame]
        while frame in self.frames:
            frame = self.frames[frame].poses[-1].parent
            if frame in names:
                raise TransformException(f'the frames above {names[0]!r} form a loop')
            names.append(frame)
        return names

    def _unconnected(self, to_frame: str, from_frame: str) -> ConnectivityException:
        return ConnectivityException(
            f"Could not find a connection between '{to_frame}' and '{from_frame}' because they "
            'are not part of the same tree. Tf has two or more unconnected trees.'
        )


def _common_ancestor(left: list[str], right: list[str]) -> str | None:
    others = set(right)
    return next((name for name in left if name in others), None)


def _between(start: StampedPose, end: StampedPose, stamp_ns: int) -> StampedPose:
    # A frame that was given another parent in between stays where it was until then.
    if start.parent != end.parent:
        return start
    share = (stamp_ns - start.stamp_ns) / (end.stamp_ns - start.stamp_ns)
    blended = interpolate_transforms(start.parent_from_child, end.parent_from_child, share)
    return StampedPose(stamp_ns, start.parent, blended)


def _stamp_of(pose: StampedPose) -> int:
    return pose.stamp_ns
