"""From an instruction to a Nav2 goal in a drawn room, all in processes of their own.

The camera shows a room that the package draws. A double of an OpenAI server answers: it looks
for the colour that the instruction names and understands nothing else. A stand-in takes Nav2's
place. What lies between them, the navigator, is the real one, started by its launch file.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import rclpy
from _demo_processes import (
    DemoError,
    Processes,
    launch_command,
    say,
    write_parameters,
)
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from vlm_nav.messages.images import rgb_from_message
from vlm_nav.ros.doubles.lifecycle_watch import LifecycleWatch
from vlm_nav.ros.qos import COMMAND, LATCHED
from vlm_nav.sim.answering.disc_choosing import HUES

DOUBLES = 'vlm_nav.ros.doubles'
START_S = 20.0
DECIDE_S = 25.0
SHOW_S = 3.0
SPIN_S = 0.05


class Screen:
    """Sends the instruction, and keeps what the navigator says and shows."""

    def __init__(self) -> None:
        """Subscribe to the navigator's topics."""
        self.node = Node('demo')
        self.decision: dict[str, Any] | None = None
        self.pictures: list[Image] = []
        self._navigator = LifecycleWatch(self.node, 'navigator')
        node = self.node
        self._instruction = node.create_publisher(String, 'navigator/instruction', COMMAND)
        node.create_subscription(String, 'navigator/decision', self._decided, LATCHED)
        node.create_subscription(Image, 'navigator/annotated', self.pictures.append, LATCHED)

    def ready(self) -> bool:
        """Return whether the navigator takes instructions."""
        heard = int(self._instruction.get_subscription_count())
        return heard > 0 and self._navigator.is_active()

    def send(self, instruction: str) -> None:
        """Publish the instruction."""
        self._instruction.publish(String(data=instruction))

    def _decided(self, message: String) -> None:
        self.decision = json.loads(message.data)
        # A picture that shows the goal follows.
        self.pictures.clear()


def color_in(instruction: str) -> str:
    """Return the first colour that an instruction names."""
    for word in re.findall(r'[a-z]+', instruction.lower()):
        if word in HUES:
            return str(word)
    known = ', '.join(HUES)
    raise DemoError(f'the double only knows colours: name one of {known} in the instruction')


def start(running: Processes, color: str, out: Path) -> None:
    """Start the camera, the doubles and the navigator."""
    module = [sys.executable, '-m']
    answering = [*module, 'vlm_nav.sim.answering.openai_double', '--target-color', color]
    base_url = running.start('openai_double', answering).line('listening', START_S)['listening']
    running.start('drawn_room_camera', [*module, f'{DOUBLES}.drawn_room_camera'])
    running.start('navigate_to_pose_double', [*module, f'{DOUBLES}.navigate_to_pose_server'])
    endpoint = {'OPENAI_BASE_URL': base_url, 'OPENAI_API_KEY': 'none-needed'}
    running.start('navigator', launch_command(write_parameters(out)), endpoint)


def wait_until(
    happened: Callable[[], bool], screen: Screen, running: Processes, timeout_s: float, what: str
) -> None:
    """Spin until something has happened; DemoError where a process ends or time is up."""
    until_s = time.monotonic() + timeout_s
    while not happened():
        running.require_alive()
        if time.monotonic() > until_s:
            raise DemoError(f'{what} did not happen within {timeout_s:g} s\n{running.tails()}')
        rclpy.spin_once(screen.node, timeout_sec=SPIN_S)


def decide(screen: Screen, running: Processes, instruction: str) -> dict[str, Any]:
    """Send the instruction and return the decision."""
    wait_until(screen.ready, screen, running, START_S, 'the start of the navigator')
    say(f'[2/3] "{instruction}": the double answers, the navigator decides ...')
    screen.send(instruction)
    wait_until(lambda: screen.decision is not None, screen, running, DECIDE_S, 'a decision')
    assert screen.decision is not None
    return screen.decision


def show_picture(screen: Screen, running: Processes, out: Path) -> Path:
    """Write the picture that shows the marks and the goal; return its path."""
    wait_until(lambda: bool(screen.pictures), screen, running, SHOW_S, 'an annotated picture')
    file = out / 'annotated.png'
    rgb = rgb_from_message(screen.pictures[-1])
    if not cv2.imwrite(str(file), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)):
        raise DemoError(f'cannot write the picture {file}')
    return file


def in_words(decision: dict[str, Any]) -> str:
    """Return a decision as people read it."""
    asked = f'after {decision["calls"]} questions'
    if decision['outcome'] != 'goal':
        reason = f'{decision["reason"]}: {decision["detail"]}' if decision['reason'] else ''
        return f'{decision["outcome"]} {asked}, no goal. {reason}'.strip()
    sure = decision['confidence']
    confidence = '' if sure is None else f', confidence {sure:.2f}'
    return f'drive to {place(decision)} {asked}{confidence}'


def place(pose: dict[str, Any]) -> str:
    """Return a pose in metres and degrees."""
    degrees = math.degrees(pose['yaw_rad'])
    return f'x {pose["x_m"]:.2f} m, y {pose["y_m"]:.2f} m, {degrees:.0f} deg in {pose["frame_id"]}'


def demonstrate(screen: Screen, running: Processes, asked: argparse.Namespace) -> int:
    """Run the chain once; return 0 for a goal that Nav2's stand-in took, else 1."""
    color = color_in(asked.instruction)
    say('[1/3] starting the camera of a drawn room, the doubles and the navigator ...')
    start(running, color, asked.out)
    decision = decide(screen, running, asked.instruction)
    say(f'Decision: {in_words(decision)}')
    if decision['outcome'] != 'goal':
        return 1
    say(f'Picture:  {show_picture(screen, running, asked.out)}')
    accepted = running.started['navigate_to_pose_double'].line('accepted', SHOW_S)
    say(f'Nav2:     its stand-in received {place(accepted)}')
    return 0


def run(asked: argparse.Namespace) -> int:
    """Start everything, demonstrate, and end everything; return the exit status."""
    screen = Screen()
    say('A demonstration: answers come from a double that looks for a colour, not from a model.')
    try:
        with Processes(asked.out / 'logs') as running:
            status = demonstrate(screen, running, asked)
            say('[3/3] ending all processes ...')
            return status
    finally:
        screen.node.destroy_node()
