"""Starts the chain of processes on the kitchen recording, and steers it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sensor_data import folder

from end_to_end.human import Human
from end_to_end.processes import JsonProcess, Line

BAG_TOPICS = {
    'image': '/camera/color/image_raw',
    'camera_info': '/camera/color/camera_info',
    'depth': '/camera/depth/image_raw',
    'depth_camera_info': '/camera/depth/camera_info',
}
MAXIMUM_AGE_S = 0.4
TESTS = str(Path(__file__).resolve().parents[1])
KEY = 'sk-end-to-end-0123456789'


@dataclass
class Chain:
    """The running processes; `frame` and `behave` steer the camera and the model."""

    player: JsonProcess
    model: JsonProcess
    base: JsonProcess
    navigator: JsonProcess
    human: Human
    base_url: str
    records: Path

    def play(self, frame: int, fault: str | None = None) -> None:
        """Hold a frame of the recording, with a fault or none, until nothing else is left."""
        told = self.player.told
        before = len(told.lines)
        wanted = {'frame': frame, 'fault': fault}
        if told.lines[-1].get('state') == wanted:
            return
        self.player.write(wanted)
        told.wait(lambda line: line.get('state') == wanted, before)
        # What was sent before may be looked at as long as it is young enough.
        time.sleep(MAXIMUM_AGE_S + 0.1)

    def behave(self, **change: Any) -> None:
        """Change what the model's double looks for, or how it behaves."""
        request = urllib.request.Request(
            self.base_url.removesuffix('/v1') + '/control',
            data=json.dumps(change).encode(),
            headers={'Content-Type': 'application/json'},
        )
        with urllib.request.urlopen(request, timeout=10.0) as response:
            assert response.status == 200

    def record_of(self, decision: Line) -> dict[str, Any]:
        """Return the record of a decision whose instruction has ended."""
        self.human.outcomes.wait(lambda line: line['record'] == decision['record'])
        path = self.records / decision['record'] / 'decision.json'
        record: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        return record


@contextmanager
def running_chain(
    node: Any,
    records: Path,
    *,
    speed_m_s: float = 0.5,
    clock: bool = False,
    parameters: dict[str, Any] | None = None,
    player_options: Sequence[str] = (),
) -> Iterator[Chain]:
    """Start all processes and wait until the navigator is active; end them afterwards."""
    with ExitStack() as ending:

        def start(module: str, *arguments: str) -> JsonProcess:
            environment = {'OPENAI_API_KEY': KEY, 'PYTHONPATH': TESTS}
            process = JsonProcess(module, arguments, environment)
            ending.callback(process.stop)
            return process

        model = start('vlm_nav.sim.answering.openai_double')
        url = model.told.wait(lambda line: 'listening' in line)['listening']
        given = {
            'vlm.base_url': url,
            'vlm.model': 'double',
            'until_arrived': False,
            'records.folder': str(records),
            'maximum_age_s': MAXIMUM_AGE_S,
            'look_timeout_s': 2.0,
        }
        file = records / 'parameters.yaml'
        file.write_text(yaml.safe_dump(_parameters({**given, **(parameters or {})})))
        sim_time = f'use_sim_time:={str(clock).lower()}'
        base = start(
            'vlm_nav.ros.doubles.navigate_to_pose_server',
            '--ros-args', '-p', f'speed_m_s:={speed_m_s}', '-p', sim_time,
        )  # fmt: skip
        topics = [f'{name}:={topic}' for name, topic in BAG_TOPICS.items()]
        navigator = start(
            'end_to_end.launch_file', 'navigate.launch.py', *topics,
            'image_transport:=compressed', sim_time, f'params_file:={file}',
        )  # fmt: skip
        bag = str(folder('bags') / 'kitchen_rgbd')
        options = ['--frame', '0', '--wait-for', 'navigator', *(['--clock'] if clock else [])]
        options += player_options
        player = start('vlm_nav.ros.doubles.bag_player', bag, *options)
        player.told.wait(lambda line: 'state' in line)
        yield Chain(player, model, base, navigator, Human(node), url, records)


def _parameters(values: dict[str, Any]) -> dict[str, Any]:
    return {'/**': {'ros__parameters': values}}
