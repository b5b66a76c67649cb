"""The metric facts of views, in words: what a model cannot read off a picture."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from vlm_nav.core.candidate import Candidate
from vlm_nav.evidence.mark_facts import place_in_words
from vlm_nav.imagination.viewpoint import Viewpoint

_NEW_FLOOR = 'm² of floor not looked over yet'
_TOLD = re.compile(rf'(\d+): .*?(\d+\.\d) m of way, (\d+\.\d) {_NEW_FLOOR}')


def view_facts(candidates: Iterable[Candidate[Viewpoint]]) -> tuple[str, ...]:
    """Return one line for each view: "3: 2.1 m ahead, 0.4 m left, 2.3 m of way" and so on."""
    return tuple(f'{one.label}: {", ".join(_words(one.action))}' for one in candidates)


@dataclass(frozen=True)
class ToldOfView:
    """What a line of `view_facts` tells: how much new floor would show, and how far the way is."""

    new_floor_m2: float = 0.0
    way_m: float = math.inf


def told_of_views(lines: Iterable[str]) -> dict[int, ToldOfView]:
    """Return by label what lines of `view_facts` tell of ways and of new floor; others nothing."""
    found: dict[int, ToldOfView] = {}
    for line in lines:
        told = _TOLD.fullmatch(line)
        if told is not None:
            found[int(told[1])] = ToldOfView(float(told[3]), float(told[2]))
    return found


def _words(viewpoint: Viewpoint) -> list[str]:
    pose = viewpoint.pose
    words = place_in_words(pose.x_m, pose.y_m)
    if math.isfinite(viewpoint.way_m):
        words.append(f'{viewpoint.way_m:.1f} m of way')
    if math.isfinite(viewpoint.shown_m2):
        words.append(f'{viewpoint.shown_m2:.1f} {_NEW_FLOOR}')
    return words
