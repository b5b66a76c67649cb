"""What came of episodes, and the figures of a run of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class EpisodeResult:
    """How one episode went; lengths in metres, `wall_s` all that it cost in seconds.

    `geodesic_m` is the shortest way that would have been a success; `collisions` counts how often
    the robot began to touch something. `tokens` are as the model counted them, else
    about so many.
    """

    seed: int
    house: str
    target: str
    outcome: str
    reason: str | None
    success: bool
    geodesic_m: float
    path_m: float
    collisions: int
    decisions: int
    vlm_calls: int
    tokens: int
    wall_s: float

    @property
    def spl(self) -> float:
        """Return the success weighted by how short the path was: 0 to 1."""
        if not self.success:
            return 0.0
        longest_m = max(self.path_m, self.geodesic_m)
        return self.geodesic_m / longest_m if longest_m > 0.0 else 1.0

    def as_json(self) -> dict[str, Any]:
        """Return what is told of each episode."""
        return {
            'seed': self.seed,
            'house': self.house,
            'target': self.target,
            'outcome': self.outcome,
            'reason': self.reason,
            'success': self.success,
            'spl': round(self.spl, 4),
            'geodesic_m': round(self.geodesic_m, 3),
            'path_m': round(self.path_m, 3),
            'collisions': self.collisions,
        }


def summary(results: Sequence[EpisodeResult], wall_s: float) -> dict[str, Any]:
    """Return the figures of a run: means over its episodes, but the sum of the collisions.

    `wall_s` is what the whole run took.
    """
    return {
        'episodes': len(results),
        'success': _mean([float(one.success) for one in results]),
        'spl': _mean([one.spl for one in results]),
        'collisions': sum(one.collisions for one in results),
        'path_m': _mean([one.path_m for one in results]),
        'decisions': _mean([float(one.decisions) for one in results]),
        'vlm_calls': _mean([float(one.vlm_calls) for one in results]),
        'tokens': _mean([float(one.tokens) for one in results]),
        'wall_s': round(wall_s, 3),
        'per_episode': [one.as_json() for one in results],
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if len(values) else 0.0
