"""Draws views of simulated houses from random places where the robot could stand.

Writes each picture, a list of what is seen in it, and all of them as contact sheets, so that a
person may judge whether everything can be named.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vlm_nav.drawing.contact_sheet import contact_sheet
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.sim.driving.geodesic import distances_to_thing, sample_start
from vlm_nav.sim.house.house_planning import plan_house, templates
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.sim.view import SimulatedView

ON_A_SHEET = 12
LEAST_PX = 150
DARK = 60


@dataclass(frozen=True)
class Shot:
    """A picture of a house, what is seen in it by its share, and how long it took."""

    name: str
    rgb: RgbArray
    seen: tuple[str, ...]
    took_ms: float


def shots(template: str, seed: int, number: int) -> Iterator[Shot]:
    """Yield pictures from random places of a house."""
    plan = plan_house(template, seed)
    generator = np.random.default_rng(seed)
    field = distances_to_thing(plan, plan.things[0])
    start = sample_start(plan, field, generator, 0.0, math.inf)
    if start is None:
        raise SystemExit(f'{template} {seed} has no place to stand')
    simulator = Simulator(plan, SimulatorSettings(depth_noise=None, smooth=True), start)
    try:
        for index in range(number):
            pose = sample_start(plan, field, generator, 0.0, math.inf) or start
            simulator.place(pose)
            began = time.perf_counter()
            view = simulator.look()
            took_ms = (time.perf_counter() - began) * 1e3
            room = plan.room_at((pose.x_m, pose.y_m))
            name = f'{template} {seed} {room.name if room else ""} {index}'
            yield Shot(name, view.rgb, seen_in(view, [t.name for t in plan.things]), took_ms)
    finally:
        simulator.close()


def seen_in(view: SimulatedView, names: list[str]) -> tuple[str, ...]:
    """Return the names of the things that show, the largest first."""
    indices, counts = np.unique(view.things[view.things >= 0], return_counts=True)
    order = np.argsort(-counts)
    return tuple(
        f'{names[int(indices[i])]} ({int(counts[i])} px)' for i in order if counts[i] >= LEAST_PX
    )


def main() -> int:
    """Draw and write the pictures; tell how dark they are and how long they took."""
    parser = argparse.ArgumentParser(prog='scripts/house_pictures', description=__doc__)
    parser.add_argument('--number', type=int, default=40)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--to', type=Path, default=Path('house_pictures'))
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    each = math.ceil(given.number / len(templates()))
    taken = [
        shot
        for index, template in enumerate(templates())
        for shot in shots(template, given.seed + index, each)
    ][: given.number]
    lines = []
    for shot in taken:
        file = given.to / f'{shot.name.replace(" ", "_")}.png'
        cv2.imwrite(str(file), cv2.cvtColor(shot.rgb, cv2.COLOR_RGB2BGR))
        lines.append(f'{shot.name}: {", ".join(shot.seen)}')
    (given.to / 'seen.txt').write_text('\n'.join([*lines, '']), encoding='utf-8')
    for start in range(0, len(taken), ON_A_SHEET):
        sheet = contact_sheet([(s.name, s.rgb) for s in taken[start : start + ON_A_SHEET]])
        file = given.to / f'sheet_{start // ON_A_SHEET}.png'
        cv2.imwrite(str(file), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    light = [float(shot.rgb.mean()) for shot in taken]
    print(f'{len(taken)} pictures in {given.to}')
    print(
        f'mean brightness: darkest {min(light):.0f}, median {statistics.median(light):.0f} of 255'
    )
    print(f'dark pixels (below {DARK}): {dark_share(taken):.1%}')
    print(f'a look: median {statistics.median(shot.took_ms for shot in taken):.0f} ms')
    print(f'pictures without anything to name: {sum(not shot.seen for shot in taken)}')
    return 0


def dark_share(taken: list[Shot]) -> float:
    """Return which share of all pixels is dark."""
    return float(np.mean([(shot.rgb.max(axis=2) < DARK).mean() for shot in taken]))


if __name__ == '__main__':
    sys.exit(main())
