"""The demonstration in a furnished house: an instruction, carried on until the robot is there.

The simulator, the navigator (started by its launch file) and its watchdog are processes of their
own, over DDS. What is seen here beside them, where the robot truly is, only the screen is told.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _demo_processes import (
    START_S,
    DemoError,
    Processes,
    launch_command,
    notice,
    say,
    start_simulator,
    wait_until,
    who_answers,
    write_parameters,
)
from _demo_screen import HouseScreen
from rclpy.node import Node

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.in_words import printable
from vlm_nav.records.errors import RecordError
from vlm_nav.records.report import write_report
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.driving.geodesic import DistanceField, distances_to_thing, sample_start
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.house.house_planning import plan_house

# A whole house is searched before something is not there.
MISSION_S = 600.0
LATEST_S = MISSION_S + START_S
NEAREST_M, FARTHEST_M = 5.0, 9.0
AHEAD_M = 1.2
AGE_S, BLIND_S = 0.5, 3.0


@dataclass(frozen=True)
class Task:
    """A house, what is meant in it, and where the robot begins, None where any place does."""

    plan: HousePlan
    field: DistanceField | None
    start: FloorPose | None


def task_for(instruction: str, template: str, seed: int) -> Task:
    """Return the task: a start some metres of way from the nearest thing that is meant.

    The robot looks along that way, so that something can be seen from where it begins.
    """
    plan = plan_house(template, seed)
    fields = [distances_to_thing(plan, thing) for thing in things_named(instruction, plan)]
    if not fields:
        return Task(plan, None, None)
    nearest_m = np.minimum.reduce([field.values_m for field in fields])
    field = replace(fields[0], values_m=nearest_m)
    random = np.random.default_rng(seed)
    start = sample_start(plan, field, random, NEAREST_M, FARTHEST_M)
    start = start or sample_start(plan, field, random, 0.0, FARTHEST_M)
    return Task(plan, field, None if start is None else looking_along(field, start))


def looking_along(field: DistanceField, start: FloorPose) -> FloorPose:
    """Return a start that looks to where the way on is shortest."""
    angles = np.linspace(-math.pi, math.pi, 72, endpoint=False).tolist()
    left_m = [
        field.at(start.x_m + AHEAD_M * math.cos(angle), start.y_m + AHEAD_M * math.sin(angle))
        for angle in angles
    ]
    return replace(start, yaw_rad=angles[int(np.argmin(left_m))])


def run(asked: argparse.Namespace) -> int:
    """Start everything, carry the instruction out, and end everything; return the status."""
    say(notice(asked.vlm))
    task = task_for(asked.instruction, asked.template, asked.seed)
    say(f'[1/3] starting the simulator of a house ({asked.template} {asked.seed}) ...')
    screen = HouseScreen(Node('demo'))
    try:
        with Processes(asked.out / 'logs') as running:
            start(running, task, asked)
            wait_until(screen.ready, screen, running, START_S, 'the start of the navigator')
            say(f'[2/3] "{asked.instruction}": the robot looks, decides and drives ...')
            outcome = carried_out(screen, running, asked.instruction)
            say('[3/3] ending all processes ...')
        return shown(outcome, screen, task, asked.out)
    except KeyboardInterrupt:
        if screen.record:
            say(f'Report:   {report_of(screen, asked.out)}')
        raise
    finally:
        screen.node.destroy_node()


def start(running: Processes, task: Task, asked: argparse.Namespace) -> None:
    """Start the simulator, and the navigator as soon as that is there."""
    given: dict[str, object] = {'template': asked.template, 'seed': asked.seed}
    if task.start is not None:
        given['start'] = start_words(task.start)
    answers_url = start_simulator(running, {**given, 'pace': asked.pace})
    start_navigator(running, answers_url, asked)


def start_words(pose: FloorPose) -> str:
    """Return a start as the simulator takes it."""
    return f'{pose.x_m:.3f} {pose.y_m:.3f} {np.degrees(pose.yaw_rad):.1f}'


def start_navigator(
    running: Processes, answers_url: str, asked: argparse.Namespace, **more: object
) -> None:
    """Start the navigator, some of its parameters otherwise than here."""
    changed: dict[str, Any] = {
        'until_arrived': True,
        'strategy': asked.strategy,
        'mission_timeout_s': MISSION_S,
        # Simulated time goes by while a picture is on its way and while none comes.
        'maximum_age_s': AGE_S * asked.pace,
        'recheck_blind_s': BLIND_S * asked.pace,
        'records': {'folder': str(asked.out / 'runs')},
        'vlm': who_answers(asked.vlm, answers_url),
        **more,
    }
    file = write_parameters(asked.out, changed)
    # A laptop that draws a house with every core is late with a heartbeat.
    arguments = ('use_sim_time:=true', 'watchdog_timeout_s:=2.0')
    running.start('navigator', launch_command(file, *arguments))


def carried_out(screen: HouseScreen, running: Processes, instruction: str) -> dict[str, Any]:
    """Send the instruction and return how it ended."""
    screen.send(instruction)
    try:
        wait_until(
            lambda: screen.outcome is not None,
            screen,
            running,
            LATEST_S,
            'the end of the instruction',
        )
    finally:
        screen.end_progress()
    assert screen.outcome is not None
    return screen.outcome


def shown(outcome: dict[str, Any], screen: HouseScreen, task: Task, out: Path) -> int:
    """Say how it ended and where the report is; return the exit status."""
    arrived = outcome['outcome'] == 'arrived'
    word = str(outcome['reason'] or outcome['outcome']).replace('_', ' ')
    say(printable(f'Outcome:  {word} ({outcome["detail"]})'))
    way = f'{screen.driven_m:.1f} m driven, {screen.decisions} decisions'
    say(f'Way:      {way}{truth(screen, task)}')
    say(f'Report:   {report_of(screen, out)}')
    return 0 if arrived else 1


def truth(screen: HouseScreen, task: Task) -> str:
    """Return how far it truly is to what was meant, in words; empty where nothing was meant."""
    if task.field is None or not screen.path:
        return ''
    away_m = task.field.at(*screen.path[-1])
    return f'; in truth it stands {away_m:.1f} m of way from what was meant'


def report_of(screen: HouseScreen, out: Path) -> Path:
    """Write the report of the run and return where it is."""
    try:
        return write_report(out / 'runs' / screen.record, path=screen.path)
    except RecordError as error:
        raise DemoError(f'no report: {error}') from error
