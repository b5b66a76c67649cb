"""A robot before a table picks up what words mean, in processes of their own.

The simulator and the manipulator (started by its launch file) are the real ones, over DDS. What is
seen here beside them, where the things truly are, only the screen is told.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from _demo_hand_screen import HandScreen
from _demo_processes import (
    ROOT,
    START_S,
    DemoError,
    Processes,
    launch_command,
    notice,
    say,
    start_simulator,
    wait_until,
    who_answers,
)
from rclpy.node import Node

from vlm_nav.navigation.in_words import printable
from vlm_nav.sim.answering.naming import things_named
from vlm_nav.sim.house.pick_scenes import LOOSE_KG, PickScene, pick_scene

PICKED_WITHIN_S = 300.0
HELD_S = 3.0
HOLDING_S = 60.0
LIFTED_M = 0.15
TABLES = 50
AGE_S = 2.0


@dataclass(frozen=True)
class Table:
    """A table and the things on it that the task means, none where it means none."""

    scene: PickScene
    meant: tuple[str, ...]


def table_for(task: str, seed: int) -> Table:
    """Return the first table from a seed on that has what is meant, else that of the seed."""
    for one in range(seed, seed + TABLES):
        scene = pick_scene(one)
        things = things_named(task, scene.plan)
        meant = tuple(thing.identifier for thing in things if thing.on)
        if meant:
            return Table(scene, meant)
    return Table(pick_scene(seed), ())


def run(asked: argparse.Namespace) -> int:
    """Start everything, have the task carried out, end everything; return the status."""
    say(notice(asked.vlm))
    table = table_for(asked.task, asked.seed)
    say(f'[1/3] starting the simulator of a table (seed {table.scene.plan.seed}) ...')
    on_it = ', '.join(thing.name for thing in table.scene.plan.things if thing.on)
    say(f'      on it: {on_it}')
    screen = HandScreen(Node('demo'))
    try:
        with Processes(asked.out / 'logs') as running:
            start(running, table, asked)
            wait_until(screen.ready, screen, running, START_S, 'the start of the manipulator')
            say(f'[2/3] "{asked.task}": the robot looks, points, and moves its arm ...')
            carry_out(screen, running, asked.task)
            say('[3/3] ending all processes ...')
        return shown(screen, table, asked.out)
    finally:
        screen.node.destroy_node()


def start(running: Processes, table: Table, asked: argparse.Namespace) -> None:
    """Start the simulator, and the manipulator as soon as that is there."""
    given = {'template': 'table', 'seed': table.scene.plan.seed, 'pace': asked.pace}
    start_manipulator(running, start_simulator(running, given), asked)


def start_manipulator(running: Processes, answers_url: str, asked: argparse.Namespace) -> None:
    """Start the manipulator with the simulated arm."""
    vlm = who_answers(asked.vlm, answers_url)
    changed = {
        'vlm': vlm,
        'maximum_age_s': AGE_S * asked.pace,
        'records': {'folder': str(asked.out / 'runs')},
    }
    file = write_hand_parameters(asked.out, changed)
    command = launch_command(file, 'use_sim_time:=true', file='manipulate.launch.py')
    running.start('manipulator', command)


def write_hand_parameters(out: Path, changed: dict[str, Any]) -> Path:
    """Write the parameters of the simulated hand, with some more."""
    settings = yaml.safe_load((ROOT / 'config' / 'simulated_hand.yaml').read_text())
    settings['/**']['ros__parameters'] |= changed
    file = out / 'manipulator.yaml'
    file.write_text(yaml.safe_dump(settings))
    return file


def carry_out(screen: HandScreen, running: Processes, task: str) -> None:
    """Send the task, wait for its end, and see whether what was picked is held."""
    screen.send(task)
    try:
        ended = 'the end of the task'
        wait_until(screen.has_ended, screen, running, PICKED_WITHIN_S, ended)
        if screen.picked:
            until_s = screen.simulated_s + HELD_S
            wait_until(
                lambda: screen.simulated_s >= until_s,
                screen, running, HOLDING_S, f'{HELD_S:g} simulated seconds of holding',
            )  # fmt: skip
    finally:
        screen.end_progress()


def shown(screen: HandScreen, table: Table, out: Path) -> int:
    """Say how it ended and where the picture is; return the exit status."""
    outcome = screen.outcome
    assert outcome is not None
    if screen.picked:
        say(f'Outcome:  picked ({printable(outcome["detail"])})')
    else:
        word = str(outcome['reason']).replace('_', ' ')
        say(printable(f'Outcome:  {word} ({outcome["detail"]})'))
    held = [name for name, rise_m in screen.rises_m().items() if rise_m >= LIFTED_M]
    for thing in table.scene.plan.things:
        rise_m = screen.rises_m().get(thing.identifier, 0.0)
        if thing.identifier in (*held, *table.meant):
            say(f'Truth:    the {thing.name} is {rise_m:.2f} m higher than before')
    say(f'Picture:  {picture_of(screen, out)}')
    return 0 if screen.picked and set(held) & set(table.meant) else 1


def picture_of(screen: HandScreen, out: Path) -> Path:
    """Write what was asked about, what was pointed at and what came of it side by side."""
    pictures = screen.pictures()
    if not pictures:
        raise DemoError('no picture came')
    file = out / 'hand.png'
    # A closer look is smaller.
    height = pictures[-1].shape[0]
    shown = [cv2.resize(one, (one.shape[1] * height // one.shape[0], height)) for one in pictures]
    bgr = cv2.cvtColor(np.hstack(shown), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(file), bgr):
        raise DemoError(f'no picture could be written to {file}')
    return file


def known_things() -> str:
    """Return the names of what may stand on a table, for people."""
    return ', '.join(name.replace('_', ' ') for name in LOOSE_KG)
