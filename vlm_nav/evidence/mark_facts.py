"""The metric facts of the marks, in words: what a model cannot read off a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

from vlm_nav.core.candidate import Candidate, MetricFacts

_PLACE = re.compile(r'(\d+): (\d+\.\d) m (?:ahead|behind|left|right)'
                    r'(?:, (\d+\.\d) m (?:left|right))?(?:,.*)?')  # fmt: skip
_FREE = re.compile(r'(\d+): .*free for (\d+(?:\.\d+)?) m')


def mark_facts(candidates: Iterable[Candidate[Any]]) -> tuple[str, ...]:
    """Return one line for each candidate: "3: 1.4 m ahead, 0.5 m left, free for 2.1 m".

    Distances are seen from the robot's base, to a tenth of a metre; what rounds to nothing is
    left out, and so is a free distance that was not measured. A candidate without facts has no
    line, and neither has a refused one, for it is not drawn.
    """
    return tuple(
        f'{candidate.label}: {", ".join(_words(candidate.facts))}'
        for candidate in candidates
        if candidate.refused is None and candidate.facts is not None and _finite(candidate.facts)
    )


def free_distances_m(lines: Iterable[str]) -> dict[int, float]:
    """Return the free distances by label that lines of `mark_facts` tell; others tell none."""
    found = (_FREE.fullmatch(line) for line in lines)
    return {int(match[1]): float(match[2]) for match in found if match}


def straight_distances_m(lines: Iterable[str]) -> dict[int, float]:
    """Return by label how far from the base, straight on, the places lie that lines tell of."""
    found = (_PLACE.fullmatch(line) for line in lines)
    return {
        int(match[1]): math.hypot(float(match[2]), float(match[3] or 0.0))
        for match in found
        if match
    }


def place_in_words(forward_m: float, left_m: float) -> list[str]:
    """Return how far ahead of the base a place lies, and how far to which side, in tenths."""
    return [
        *_distance(forward_m, 'ahead', 'behind'),
        *_distance(left_m, 'left', 'right'),
    ] or ['where the robot stands']


def _words(facts: MetricFacts) -> list[str]:
    forward_m = facts.range_m * math.cos(facts.bearing_rad)
    left_m = facts.range_m * math.sin(facts.bearing_rad)
    words = place_in_words(forward_m, left_m)
    if facts.free_m is not None and math.isfinite(facts.free_m):
        words.append(f'free for {facts.free_m:.1f} m')
    return words


def _distance(distance_m: float, positive: str, negative: str) -> list[str]:
    tenths = round(abs(distance_m), 1)
    return [f'{tenths:.1f} m {positive if distance_m > 0 else negative}'] if tenths else []


def _finite(facts: MetricFacts) -> bool:
    return math.isfinite(facts.range_m) and math.isfinite(facts.bearing_rad)
