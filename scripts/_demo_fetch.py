"""A robot in a room goes to a table, picks up what words mean, and comes back with it.

The simulator, the navigator and the manipulator are processes of their own, over DDS. Who tells
them one after the other what to do is here.
"""

from __future__ import annotations

import argparse
import math
import re

from _demo_arm import DRAWN_IN, OVER_BASE, RobotMover
from _demo_hand import LIFTED_M, Table, picture_of, start_manipulator, table_for
from _demo_hand import carry_out as pick_up
from _demo_hand_screen import HandScreen
from _demo_house import carried_out as go_there
from _demo_house import report_of, start_navigator, start_words
from _demo_processes import (
    START_S,
    Processes,
    notice,
    say,
    start_simulator,
    wait_until,
)
from _demo_screen import HouseScreen
from rclpy.node import Node

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.in_words import printable

FETCHES = re.compile(r'\s*(fetch|bring|get)\b(\s+(me|us)\b)?\s*', re.IGNORECASE)
START = FloorPose(-1.4, 0.6, math.radians(-15.0))
# The robot has arrived where a thing is within 1 m, and looks at it; the arm wants to be as near
# as the table lets the base. Nav2 ends up to a quarter of a metre before a goal.
UP_TO_IT_M = 0.5
BACK_M = 0.7


def is_fetching(task: str) -> bool:
    """Return whether a task is to go somewhere, pick something up and come back."""
    return FETCHES.match(task) is not None


def run(asked: argparse.Namespace) -> int:
    """Start everything, have the task carried out, end everything; return the status."""
    say(notice(asked.vlm))
    thing = FETCHES.sub('', asked.task, count=1)
    table = table_for(thing, asked.seed)
    say(f'[1/5] starting the simulator of a table (seed {table.scene.plan.seed}) ...')
    node = Node('demo')
    house, hand = HouseScreen(node), HandScreen(node)
    try:
        with Processes(asked.out / 'logs') as running:
            start(running, table, asked)
            for screen in (house, hand):
                wait_until(screen.ready, screen, running, START_S, 'the start of the nodes')
            done = fetched(house, hand, running, thing)
            say('[5/5] ending all processes ...')
        return shown(done, house, hand, table, asked)
    finally:
        node.destroy_node()


def start(running: Processes, table: Table, asked: argparse.Namespace) -> None:
    """Start the simulator with the robot away from the table, and both nodes."""
    given = {'template': 'table', 'seed': table.scene.plan.seed, 'pace': asked.pace}
    answers_url = start_simulator(running, {**given, 'start': start_words(START)})
    start_navigator(running, answers_url, asked)
    start_manipulator(running, answers_url, asked)


def fetched(house: HouseScreen, hand: HandScreen, running: Processes, thing: str) -> bool:
    """Go there, pick it up and come back; return whether all of that was done."""
    say(f'[2/5] "go to {thing}": the robot looks, decides and drives ...')
    outcome = go_there(house, running, f'go to {thing}')
    if outcome['outcome'] != 'arrived':
        word = str(outcome['reason'] or outcome['outcome']).replace('_', ' ')
        say(printable(f'Outcome:  {word} ({outcome["detail"]})'))
        return False
    say(f'[3/5] "pick up {thing}": it drives up to it, looks, points, and moves its arm ...')
    mover = RobotMover(hand, running)
    mover.drive_on(UP_TO_IT_M)
    pick_up(hand, running, f'pick up {thing}')
    assert hand.outcome is not None
    if not hand.picked:
        word = str(hand.outcome['reason']).replace('_', ' ')
        say(printable(f'Outcome:  {word} ({hand.outcome["detail"]})'))
        return False
    say('[4/5] it draws its arm in and comes back ...')
    mover.bring_arm(DRAWN_IN, OVER_BASE)
    mover.drive_to(START)
    return True


def shown(
    done: bool, house: HouseScreen, hand: HandScreen, table: Table, asked: argparse.Namespace
) -> int:
    """Say where what was meant truly is, and what shows how it went; return the status."""
    back = []
    for thing in table.scene.plan.things:
        if thing.identifier in table.meant:
            x_m, y_m, z_m = hand.place_m(thing.identifier)
            away_m = math.hypot(x_m - START.x_m, y_m - START.y_m)
            say(f'Truth:    the {thing.name} is {away_m:.2f} m from where the robot began, '
                f'{z_m:.2f} m above the floor')  # fmt: skip
            back.append(away_m < BACK_M and z_m > LIFTED_M)
    if done:
        say('Outcome:  fetched' if any(back) else 'Outcome:  lost on the way')
    say(f'Way:      {house.driven_m:.1f} m driven, {house.decisions} decisions')
    say(f'Report:   {report_of(house, asked.out)}')
    if hand.outcome is not None:
        say(f'Picture:  {picture_of(hand, asked.out)}')
    return 0 if done and any(back) else 1
