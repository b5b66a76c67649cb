"""What is counted while an episode is driven: by the world itself, not by the robot's word."""

from __future__ import annotations

import math
from typing import Protocol

from vlm_nav.bench.tokens import answered_tokens, asked_tokens
from vlm_nav.core.events import Event
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.events import Decided
from vlm_nav.vlm.events import Answered
from vlm_nav.vlm.question import Answer


class World(Protocol):
    """What a simulator tells of the robot in it."""

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        ...

    def touched(self) -> tuple[str, ...]:
        """Return what the robot touches now."""
        ...


class PathWatch:
    """Follows the robot's true path, and counts how often it began to touch something."""

    def __init__(self, start: FloorPose) -> None:
        """Begin at a pose."""
        self.path: list[tuple[float, float]] = [(start.x_m, start.y_m)]
        self.path_m = 0.0
        self.collisions = 0
        self._touched: frozenset[str] = frozenset()

    def __call__(self, world: World) -> None:
        """See where the robot is now."""
        pose = world.true_pose()
        last = self.path[-1]
        self.path_m += math.hypot(pose.x_m - last[0], pose.y_m - last[1])
        self.path.append((pose.x_m, pose.y_m))
        touched = frozenset(world.touched())
        self.collisions += len(touched - self._touched)
        self._touched = touched


class CallWatch:
    """Counts, as a listener of a mission, its decisions, its questions, and their tokens.

    Where a model counts no tokens they are estimated: see `vlm_nav.bench.tokens`.
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.decisions = 0
        self.vlm_calls = 0
        self.tokens = 0

    def __call__(self, event: Event) -> None:
        """Count an event."""
        if isinstance(event, Decided):
            self.decisions += 1
        elif isinstance(event, Answered):
            self.vlm_calls += 1
            self.tokens += _tokens(event)


def _tokens(event: Answered) -> int:
    """Return the tokens of a question and its answer: as they were counted, else about so many."""
    counted = event.result.tokens.prompt + event.result.tokens.completion
    if counted:
        return counted
    answered = answered_tokens(event.result) if isinstance(event.result, Answer) else 0
    return asked_tokens(event.asked.question) + answered
