"""Colour, its calibration and depth brought together by stamp. Pure logic, no rclpy.

Lives in the event loop: `add` and the rest are called from its thread.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, ReasonCode, Refusal
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.messages.matched_set import Kind, MatchedSet, SynchroniserSettings
from vlm_nav.messages.stamped_queue import StampedQueue, info_fits
from vlm_nav.messages.stamps import NS_IN_S, seconds

# A stamp that lies this far before the newest of its topic means that time was set back
# (a simulation restarted, a bag began again); less is a message that came late.
SET_BACK_NS = NS_IN_S


@dataclass
class _Lacking:
    """Why there is no set now."""

    reason: ReasonCode
    detail: str


@dataclass
class Synchroniser:
    """Keeps the newest messages of one camera and hands out each complete set once.

    Who waits at the same time gets the same set: nobody takes another one's picture away.

    `now_ns` gives ROS time; `topics` names the topics in what is said about missing ones.
    """

    settings: SynchroniserSettings
    now_ns: Callable[[], int]
    topics: Mapping[Kind, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with nothing."""
        self._queues = {kind: StampedQueue(self.settings.queue_length) for kind in Kind}
        self._delivered_ns: int | None = None
        self._newest_before_set_back_ns: int | None = None
        self._times_set_back = 0
        self._added = asyncio.Event()

    def add(self, kind: Kind, stamp_ns: int, message: Any) -> None:
        """Take a message in; one whose stamp lies far back empties everything first."""
        newest_ns = self._queues[kind].newest_ns
        if newest_ns is not None and stamp_ns < newest_ns - SET_BACK_NS:
            self._start_again(newest_ns)
        self._queues[kind].insert(stamp_ns, message)
        self._added.set()

    def newest(self) -> MatchedSet | None:
        """Return the newest complete set that is young enough and not yet handed out."""
        found = self._find(self._delivered_ns)
        if isinstance(found, _Lacking):
            return None
        self._delivered_ns = found.stamp_ns
        return found

    async def wait_newer(self, than_stamp_ns: int, deadline: Deadline) -> MatchedSet:
        """Return the next complete set whose colour stamp lies after `than_stamp_ns`.

        It was not handed out to anybody before this was called.
        Raises Refusal with NO_IMAGE, NO_DEPTH, BAD_CALIBRATION (no fitting camera_info) or
        STALE_IMAGE when the deadline ends, and with it what comes and what does not.
        """
        times_set_back = self._times_set_back
        after_ns = max(than_stamp_ns, self._delivered_ns or 0)
        while True:
            if times_set_back != self._times_set_back or self._before_set_back(after_ns):
                after_ns = 0
            found = self._find(after_ns)
            if isinstance(found, MatchedSet):
                return self._handed_out(found)
            if deadline.expired():
                bare = self._without_depth(found, after_ns)
                if bare is not None:
                    return self._handed_out(bare)
                raise Refusal(found.reason, f'{found.detail}; {self.describe()}')
            await self._next_message(deadline)

    async def wait_at(self, stamp_ns: int, deadline: Deadline) -> MatchedSet:
        """Return the set whose colour has exactly this stamp, however old it is by now.

        One that is still to come is waited for. Raises Refusal with STALE_IMAGE for one that is
        not among those that are kept, else as `wait_newer` does.
        """
        while True:
            colours = dict(self._queues[Kind.COLOUR].newest_first())
            found = self._missing_topic()
            if found is None and stamp_ns in colours:
                complete = self._complete(stamp_ns, colours[stamp_ns])
                if isinstance(complete, MatchedSet):
                    return complete
                found = complete
            elif colours and stamp_ns < max(colours):
                raise Refusal(ObservationReason.STALE_IMAGE, _not_kept(stamp_ns, colours))
            if deadline.expired():
                lacking = found or _Lacking(
                    ObservationReason.NO_IMAGE, f'no picture of {seconds(stamp_ns)} came'
                )
                bare = self._without_depth(lacking, stamp_ns - 1)
                if bare is not None and bare.stamp_ns == stamp_ns:
                    return bare
                raise Refusal(lacking.reason, f'{lacking.detail}; {self.describe()}')
            await self._next_message(deadline)

    def describe(self) -> str:
        """Return in words what arrives how often and what does not."""
        now_ns = self.now_ns()
        wanted = [kind for kind in Kind if self._wants(kind)]
        return '; '.join(self._queues[kind].describe(self._name(kind), now_ns) for kind in wanted)

    def _handed_out(self, found: MatchedSet) -> MatchedSet:
        # Of two that waited, the slower one may be given an older set.
        self._delivered_ns = max(found.stamp_ns, self._delivered_ns or 0)
        return found

    async def _next_message(self, deadline: Deadline) -> None:
        self._added.clear()
        with contextlib.suppress(DeadlinePassedError):
            await done_by(deadline, self._added.wait())

    def _find(self, after_ns: int | None) -> MatchedSet | _Lacking:
        lacking = self._missing_topic()
        if lacking is not None:
            return lacking
        for stamp_ns, colour in self._queues[Kind.COLOUR].newest_first():
            if after_ns is not None and stamp_ns <= after_ns:
                break
            found = self._complete(stamp_ns, colour)
            if isinstance(found, MatchedSet):
                return self._too_old(stamp_ns) or found
            lacking = lacking or found
        return lacking or self._nothing_newer(after_ns)

    def _without_depth(self, lacking: _Lacking, after_ns: int) -> MatchedSet | None:
        """Return the newest young picture that only lacks its depth, where it may."""
        if not self.settings.depth_may_miss or lacking.reason is not ObservationReason.NO_DEPTH:
            return None
        for stamp_ns, colour in self._queues[Kind.COLOUR].newest_first():
            info = self._info_of(stamp_ns, colour)
            if stamp_ns > after_ns and info is not None and self._too_old(stamp_ns) is None:
                return MatchedSet(stamp_ns, colour, info)
        return None

    def _missing_topic(self) -> _Lacking | None:
        reasons: tuple[tuple[Kind, ReasonCode], ...] = (
            (Kind.COLOUR, ObservationReason.NO_IMAGE),
            (Kind.DEPTH, ObservationReason.NO_DEPTH),
            (Kind.COLOUR_INFO, ObservationReason.BAD_CALIBRATION),
        )
        for kind, reason in reasons:
            if self._wants(kind) and self._queues[kind].newest_ns is None:
                return _Lacking(reason, f'no {self._name(kind)} has come')
        return None

    def _complete(self, stamp_ns: int, colour: Any) -> MatchedSet | _Lacking:
        depth = None
        if self.settings.with_depth:
            nearest = self._queues[Kind.DEPTH].nearest(stamp_ns)
            if nearest is None or abs(nearest[0] - stamp_ns) > self.settings.slop_s * NS_IN_S:
                return self._no_depth_at(stamp_ns, nearest)
            depth = nearest[1]
        colour_info = self._info_of(stamp_ns, colour)
        if colour_info is None:
            return _Lacking(
                ObservationReason.BAD_CALIBRATION,
                f'no {self._name(Kind.COLOUR_INFO)} with the frame and the size of the picture',
            )
        return MatchedSet(stamp_ns, colour, colour_info, depth)

    def _info_of(self, stamp_ns: int, colour: Any) -> Any:
        queue = self._queues[Kind.COLOUR_INFO]
        nearest = queue.nearest(stamp_ns)
        if nearest is not None and nearest[0] == stamp_ns:
            return nearest[1]
        fitting = (info for _, info in queue.newest_first() if info_fits(info, colour))
        return next(fitting, None)

    def _no_depth_at(self, stamp_ns: int, nearest: tuple[int, Any] | None) -> _Lacking:
        came = 'none' if nearest is None else f'nearest at {seconds(nearest[0])}'
        return _Lacking(
            ObservationReason.NO_DEPTH,
            f'wanted {self._name(Kind.DEPTH)} within {self.settings.slop_s * 1e3:g} ms of the '
            f'picture of {seconds(stamp_ns)}, {came}',
        )

    def _too_old(self, stamp_ns: int) -> _Lacking | None:
        now_ns = self.now_ns()
        age_s = (now_ns - stamp_ns) / NS_IN_S
        if abs(age_s) <= self.settings.maximum_age_s:
            return None
        side = f'{age_s:.2f} s old' if age_s > 0.0 else f'{-age_s:.2f} s ahead of ROS time'
        return _Lacking(
            ObservationReason.STALE_IMAGE,
            f'the newest complete picture is {side} ({seconds(stamp_ns)}, ROS time '
            f'{seconds(now_ns)}), allowed are {self.settings.maximum_age_s:g} s',
        )

    def _nothing_newer(self, after_ns: int | None) -> _Lacking:
        newest_ns = self._queues[Kind.COLOUR].newest_ns or 0
        return self._too_old(newest_ns) or _Lacking(
            ObservationReason.NO_IMAGE, f'no picture after {seconds(after_ns or 0)}'
        )

    def _start_again(self, newest_ns: int) -> None:
        for queue in self._queues.values():
            queue.clear()
        self._delivered_ns = None
        self._newest_before_set_back_ns = newest_ns
        self._times_set_back += 1

    def _before_set_back(self, stamp_ns: int) -> bool:
        """Return whether a stamp was taken before time was set back, so that all is newer."""
        newest_ns = self._queues[Kind.COLOUR].newest_ns
        if self._newest_before_set_back_ns is None or newest_ns is None:
            return False
        return stamp_ns > newest_ns + SET_BACK_NS

    def _wants(self, kind: Kind) -> bool:
        return kind is not Kind.DEPTH or self.settings.with_depth

    def _name(self, kind: Kind) -> str:
        topic = self.topics.get(kind)
        return kind.value if topic is None else f'{kind.value} ({topic})'


def _not_kept(stamp_ns: int, kept: Mapping[int, Any]) -> str:
    return (
        f'the picture of {seconds(stamp_ns)} was asked for; kept are {len(kept)}, from '
        f'{seconds(min(kept))} to {seconds(max(kept))}'
    )
