"""The camera and the costmaps of a bag as a mission's eyes, moment by moment."""

from __future__ import annotations

import contextlib
from typing import Any

from vlm_nav.bags.errors import BagMessageError
from vlm_nav.bags.lasting import Lasting
from vlm_nav.bags.reading import Bag, BagMessage, OnProblem, readable
from vlm_nav.bags.topics import BagTopics
from vlm_nav.core.deadline import Deadline
from vlm_nav.messages.matched_set import Kind, MatchedSet, SynchroniserSettings
from vlm_nav.messages.sights import SightSettings, costmap_views, frame_from
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.messages.synchroniser import Synchroniser
from vlm_nav.navigation.sight import Sight


class BagEyes:
    """Implements navigation.ports.Eyes: the bag goes on until there is something to see.

    Time is the bag's: that of its clock topic, else when each message was recorded. Messages
    are brought together, judged and placed as on the robot, but transforms and the calibration
    of depth in a frame of its own are known from the beginning.
    """

    def __init__(
        self,
        bag: Bag,
        topics: BagTopics,
        lasting: Lasting,
        settings: SightSettings,
        synchroniser: SynchroniserSettings,
        on_problem: OnProblem,
    ) -> None:
        """Stand before the first message; what cannot be read is told to `on_problem`."""
        self.now_ns = _start_ns(bag, topics)
        self._topics = topics
        self._lasting = lasting
        self._settings = settings
        self._on_problem = on_problem
        names = {Kind.COLOUR: topics.colour, Kind.COLOUR_INFO: topics.colour_info}
        if topics.depth is not None:
            names[Kind.DEPTH] = topics.depth
        self._kinds = {topic: kind for kind, topic in names.items()}
        self._synchroniser = Synchroniser(synchroniser, lambda: self.now_ns, names)
        self._costmaps: dict[str, Any] = {}
        self._found: MatchedSet | None = None
        self._messages = bag.messages(topics.seen, on_problem)

    def go_on(self, due_ns: int, until_ns: int) -> bool:
        """Read on until a complete picture is there at `due_ns` or later, or time is `until_ns`.

        Returns False where the bag ended before either. A picture that nobody looked at is gone.
        """
        self._found = None
        while True:
            if self.now_ns >= due_ns:
                self._found = self._synchroniser.newest()
            if self._found is not None or self.now_ns >= until_ns:
                return True
            message = next(self._messages, None)
            if message is None:
                return False
            self._take(message)

    @property
    def stamp_ns(self) -> int:
        """When the picture that is to be looked at was taken; the time now without one."""
        return self.now_ns if self._found is None else self._found.stamp_ns

    async def look(self, deadline: Deadline) -> Sight:
        """Return what `go_on` came upon, placed at its stamp, and the costmaps with it.

        Raises Refusal with the reason where it came upon nothing, or that is unusable.
        """
        found, self._found = self._found, None
        if found is None:
            # Says what is missing.
            found = await self._synchroniser.wait_newer(0, Deadline.after(0.0))
        settings, transforms = self._settings, self._lasting.transforms
        frame = await frame_from(found, settings, transforms, self._lasting.depth_info)
        views = await costmap_views(
            self._costmaps, self._topics.costmaps, found.stamp_ns, settings, transforms
        )
        return Sight(frame, views)

    def _take(self, message: BagMessage) -> None:
        if self._topics.clock is None:
            self.now_ns = message.received_ns
        read = readable(message, self._on_problem)
        if read is None:
            return
        if message.topic == self._topics.clock:
            self.now_ns = stamp_ns_of(read.clock)
        elif message.topic in self._kinds:
            kind = self._kinds[message.topic]
            self._synchroniser.add(kind, stamp_ns_of(read.header.stamp), read)
        else:
            self._costmaps[message.topic] = read


def _start_ns(bag: Bag, topics: BagTopics) -> int:
    """Return what time it is when the bag begins."""
    if topics.clock is not None:
        for message in bag.messages([topics.clock]):
            with contextlib.suppress(BagMessageError):
                return stamp_ns_of(message.read().clock)
    return bag.start_ns
