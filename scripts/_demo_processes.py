"""The processes of the demonstration: their logs, their lines of JSON, and their end."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol

import rclpy
import yaml
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vlm_nav.ros.own_domain import NoDomainError, own_domain
from vlm_nav.vlm.profiles import ready_profiles
from vlm_nav.vlm.specification import specified_names

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0
END_S = 12.0
SPIN_S = 0.05
TAIL_LINES = 12


class DemoError(Exception):
    """What keeps the demonstration from going on, in words for its user."""


class Screen(Protocol):
    """What tells a person how things go, with a node that is spun meanwhile."""

    @property
    def node(self) -> Node:
        """Return the node."""
        ...

    def show_progress(self) -> None:
        """Renew the one line that shows what happens, where somebody sees it."""
        ...


class Started:
    """A process whose output goes into a log; lines of JSON are kept."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, more: Mapping[str, str]
    ) -> None:
        """Start it in a session of its own, so that Ctrl-C leaves its end to us."""
        self.name, self.log = name, log
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        with log.open('wb') as errors:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **more},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def line(self, key: str, timeout_s: float) -> dict[str, Any]:
        """Return the next line with a key, or whose event is that; DemoError if none comes."""
        until_s = time.monotonic() + timeout_s
        while (left_s := until_s - time.monotonic()) > 0.0:
            with contextlib.suppress(queue.Empty):
                line = self._lines.get(timeout=left_s)
                if key in line or line.get('event') == key:
                    return line
        raise DemoError(f'{self.name} told nothing of {key!r} within {timeout_s:g} s{self.tail()}')

    def tail(self) -> str:
        """Return the end of the log in words, empty where nothing was logged."""
        lines = self.log.read_text(errors='replace').splitlines()[-TAIL_LINES:]
        return '\n'.join([f'\nend of {self.log}:', *lines]) if lines else ''

    def stop(self) -> None:
        """Ask it to end; end it and what it started where it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output, self.log.open('ab') as log:
            for line in output:
                log.write(line)
                log.flush()
                with contextlib.suppress(ValueError):
                    told = json.loads(line)
                    if isinstance(told, dict):
                        self._lines.put(told)


class Processes:
    """All processes that were started; the last one ends first."""

    def __init__(self, logs: Path) -> None:
        """Keep logs in a folder, made where it is missing."""
        self._logs = logs
        self.started: dict[str, Started] = {}

    def start(self, name: str, command: Sequence[str], more: Mapping[str, str] = {}) -> Started:
        """Start a process with some environment variables more."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self.started[name] = Started(name, command, self._logs / f'{name}.log', more)
        return self.started[name]

    def require_alive(self) -> None:
        """Raise DemoError where a process has ended."""
        for one in self.started.values():
            if one.process.poll() is not None:
                code = one.process.returncode
                raise DemoError(f'{one.name} ended with status {code}{one.tail()}')

    def tails(self) -> str:
        """Return the ends of all logs."""
        return '\n'.join(one.tail() for one in self.started.values())

    def __enter__(self) -> Processes:
        """Begin without any."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all: the navigator before those whom it wants to tell that it ends."""
        for one in reversed(self.started.values()):
            one.stop()


def status_of(name: str, work: Callable[[], int]) -> int:
    """Return the exit status of a script's work, which has ROS 2 and nobody else's nodes.

    2 where a DemoError ends it, told under the script's name, and 130 for Ctrl-C or SIGTERM.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        # What runs here must drive no robot, and hear nobody who runs it as well.
        with own_domain() as domain:
            os.environ['ROS_DOMAIN_ID'] = str(domain)
            os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
            return _with_ros(work)
    except (DemoError, NoDomainError) as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _with_ros(work: Callable[[], int]) -> int:
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        return work()
    finally:
        rclpy.shutdown()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def asks_a_model(vlm: str) -> bool:
    """Return whether a specification names a model behind an endpoint, and no double."""
    return specified_names(vlm)[0].partition(':')[0] in ready_profiles().profiles


def notice(vlm: str) -> str:
    """Return in words who answers."""
    if asks_a_model(vlm):
        return 'A demonstration: answers come from the model at your endpoint.'
    return (
        f'A demonstration: answers come from a double ({vlm}) in the simulator, not from a model.'
    )


def who_answers(vlm: str, answers_url: str) -> dict[str, str]:
    """Return the parameters below `vlm` for a double of the simulator, or a model."""
    if not asks_a_model(vlm):
        return {'spec': f'double:{answers_url}/{vlm}'}
    return {'spec': vlm, 'model': os.environ.get('OPENAI_MODEL', '') if vlm == 'openai' else ''}


def start_simulator(running: Processes, parameters: Mapping[str, object]) -> str:
    """Start the simulator and return the address of its doubles of a model."""
    words = [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]
    command = [*python_module('vlm_nav.ros.simulator'), '--ros-args', *words]
    return str(running.start('simulator', command).line('ready', START_S)['answers'])


def python_module(name: str) -> list[str]:
    """Return the command that runs a module of the package."""
    return [sys.executable, '-m', name]


def wait_until(
    happened: Callable[[], bool],
    screen: Screen,
    running: Processes,
    limit_s: float,
    what: str,
) -> None:
    """Spin until something has happened; DemoError where a process ends or time is up."""
    until_s = time.monotonic() + limit_s
    while not happened():
        running.require_alive()
        if time.monotonic() > until_s:
            raise DemoError(f'{what} did not happen within {limit_s:g} s\n{running.tails()}')
        rclpy.spin_once(screen.node, timeout_sec=SPIN_S)
        screen.show_progress()


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def write_parameters(out: Path, changed: Mapping[str, Any] = {}) -> Path:
    """Write the navigator's own parameters, some changed, with records below `out`.

    Of a group only what is named changes.
    """
    settings = yaml.safe_load((ROOT / 'config' / 'navigator.yaml').read_text())
    parameters = settings['/**']['ros__parameters']
    parameters['records']['folder'] = str(out / 'records')
    # The robot of the drawn room stands where it stands while its base counts the way.
    parameters['until_arrived'] = False
    for name, value in changed.items():
        if isinstance(value, Mapping):
            parameters[name].update(value)
        else:
            parameters[name] = value
    file = out / 'navigator.yaml'
    file.write_text(yaml.safe_dump(settings))
    return file


def launch_command(
    parameters: Path, *arguments: str, file: str = 'navigate.launch.py'
) -> list[str]:
    """Return the command that launches a node, by a stand-in where launch is missing."""
    launched = [file, f'params_file:={parameters}', *arguments]
    if importlib.util.find_spec('launch') and importlib.util.find_spec('launch_ros'):
        return ['ros2', 'launch', 'vlm_nav', *launched]
    return [sys.executable, '-m', 'vlm_nav.ros.launch_stand_in', *launched]
