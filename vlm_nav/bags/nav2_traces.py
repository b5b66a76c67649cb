"""What a bag holds of each goal of NavigateToPose, as it was recorded and not yet judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vlm_nav.bags.nav2_topics import Nav2Topics
from vlm_nav.bags.reading import Bag, BagMessage, OnProblem, readable
from vlm_nav.bags.transforms import BagTransforms
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.goal_status import ENDED_STATUSES
from vlm_nav.messages.poses import floor_pose_from
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.observation.costmap import Costmap

# Farther apart than this, stamps are simulated time and the recorder's clock is not.
_SAME_CLOCK_NS = 3600 * NS_IN_S
_TRACK_PERIOD_NS = NS_IN_S // 10
_BASES = ('base_link', 'base_footprint', 'base')


@dataclass(frozen=True)
class Place:
    """A pose on the floor of a frame."""

    frame_id: str
    pose: FloorPose

    def is_finite(self) -> bool:
        """Return whether all its numbers are finite."""
        return all(map(math.isfinite, (self.pose.x_m, self.pose.y_m, self.pose.yaw_rad)))


@dataclass(frozen=True)
class Sighting:
    """Where the robot was when; with feedback also what Nav2 said of its progress."""

    received_ns: int
    place: Place
    stamp_ns: int = 0
    recoveries: int | None = None


@dataclass
class GoalTrace:
    """A goal as recorded: its states in order, feedback, and the map when it began."""

    goal_id: bytes
    began_ns: int
    states: list[tuple[int, int]] = field(default_factory=list)
    feedback: list[Sighting] = field(default_factory=list)
    costmap: BagMessage | None = None

    def ended_ns(self) -> int | None:
        """Return when it was first seen ended, None where the bag does not show it."""
        return next((at_ns for at_ns, state in self.states if state in ENDED_STATUSES), None)

    def last_ns(self) -> int:
        """Return when the bag last tells of it, until its end."""
        times = [at_ns for at_ns, _ in self.states] + [one.received_ns for one in self.feedback]
        return self.ended_ns() or max(times, default=self.began_ns)


@dataclass
class Nav2Traces:
    """Everything of one action in a bag; `track` is the robot's way by tf or odometry."""

    goals: dict[bytes, GoalTrace] = field(default_factory=dict)
    goal_poses: list[tuple[int, Place]] = field(default_factory=list)
    plans: list[tuple[int, Place]] = field(default_factory=list)
    track: list[Sighting] = field(default_factory=list)
    first_costmap: BagMessage | None = None


def read_traces(bag: Bag, topics: Nav2Topics, on_problem: OnProblem) -> Nav2Traces:
    """Read all that tells of an action's goals; what cannot be read is told and passed over."""
    reading = _Reading(bag.start_ns, topics, on_problem)
    for message in bag.messages(topics.all, on_problem):
        reading.take(message)
    return reading.traces


def costmap_in(message: BagMessage | None, on_problem: OnProblem) -> Costmap | None:
    """Return the grid in a message, None without one or where it holds none."""
    read = None if message is None else readable(message, on_problem)
    if read is None:
        return None
    try:
        return costmap_from_message(read)
    except InvalidValueError as error:
        on_problem(f'{message.topic}: {error}' if message else str(error))
        return None


class _Reading:
    def __init__(self, start_ns: int, topics: Nav2Topics, on_problem: OnProblem) -> None:
        self.traces = Nav2Traces()
        self._start_ns = start_ns
        self._on_problem = on_problem
        self._topics = topics
        self._transforms = BagTransforms()
        self._costmap: BagMessage | None = None
        self._tracked_ns = -_TRACK_PERIOD_NS
        self._take: dict[str | None, Callable[[int, Any], None]] = {
            topics.status: self._take_status,
            topics.feedback: self._take_feedback,
            topics.goal_pose: self._take_goal_pose,
            topics.plan: self._take_plan,
            topics.odometry: self._take_odometry,
        }

    def take(self, message: BagMessage) -> None:
        """Take one message in, in the order of their recording."""
        if message.topic == self._topics.costmap:
            # Large, and nearly all of them are never looked at.
            self._costmap = message
            self.traces.first_costmap = self.traces.first_costmap or message
            return
        read = readable(message, self._on_problem)
        if read is None:
            return
        if message.topic in self._topics.tf or message.topic in self._topics.tf_static:
            self._take_transforms(message.received_ns, read, message.topic)
        else:
            self._take[message.topic](message.received_ns, read)

    def _take_status(self, received_ns: int, message: Any) -> None:
        for status in message.status_list:
            goal_id = bytes(status.goal_info.goal_id.uuid)
            began_ns = stamp_ns_of(status.goal_info.stamp)
            if goal_id not in self.traces.goals and self._is_old(began_ns, status.status):
                continue
            trace = self._goal(goal_id, received_ns)
            if not trace.states and abs(received_ns - began_ns) < _SAME_CLOCK_NS:
                trace.began_ns = min(began_ns, received_ns)
            if not trace.states or trace.states[-1][1] != status.status:
                trace.states.append((received_ns, status.status))

    def _is_old(self, began_ns: int, state: int) -> bool:
        """Return whether a goal ended before the bag began: the topic keeps them for a while."""
        same_clock = abs(self._start_ns - began_ns) < _SAME_CLOCK_NS
        return state in ENDED_STATUSES and same_clock and began_ns < self._start_ns

    def _take_feedback(self, received_ns: int, message: Any) -> None:
        current = message.feedback.current_pose
        trace = self._goal(bytes(message.goal_id.uuid), received_ns)
        trace.feedback.append(
            Sighting(
                received_ns,
                Place(current.header.frame_id, floor_pose_from(current.pose)),
                stamp_ns_of(current.header.stamp),
                int(getattr(message.feedback, 'number_of_recoveries', 0)),
            )
        )

    def _goal(self, goal_id: bytes, received_ns: int) -> GoalTrace:
        if goal_id not in self.traces.goals:
            self.traces.goals[goal_id] = GoalTrace(goal_id, received_ns, costmap=self._costmap)
        return self.traces.goals[goal_id]

    def _take_goal_pose(self, received_ns: int, message: Any) -> None:
        place = Place(message.header.frame_id, floor_pose_from(message.pose))
        self.traces.goal_poses.append((received_ns, place))

    def _take_plan(self, received_ns: int, message: Any) -> None:
        if message.poses:
            place = Place(message.header.frame_id, floor_pose_from(message.poses[-1].pose))
            self.traces.plans.append((received_ns, place))

    def _take_odometry(self, received_ns: int, message: Any) -> None:
        # Transforms tell the same in the map, where there are any.
        if not self._topics.tf:
            pose = floor_pose_from(message.pose.pose)
            self.traces.track.append(Sighting(received_ns, Place(message.header.frame_id, pose)))

    def _take_transforms(self, received_ns: int, message: Any, topic: str) -> None:
        self._transforms.add(message, static=topic in self._topics.tf_static)
        if received_ns < self._tracked_ns + _TRACK_PERIOD_NS:
            return
        self._tracked_ns = received_ns
        base = next((name for name in _BASES if name in self._transforms.frames), _BASES[0])
        found = self._transforms.in_root(base)
        if found is not None and found[0] != base:
            place = Place(found[0], floor_pose_of(found[1]))
            self.traces.track.append(Sighting(received_ns, place))
