"""Processes that tell what they do in lines of JSON, and end with the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 30.0

Line = dict[str, Any]


class Told:
    """Lines as they come, from any thread, and waiting for one."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.lines: list[Line] = []
        self._came = threading.Condition()

    def add(self, line: Line) -> None:
        """Take a line in."""
        with self._came:
            self.lines.append(line)
            self._came.notify_all()

    def wait(
        self, fits: Callable[[Line], bool], after: int = 0, patience_s: float = PATIENCE_S
    ) -> Line:
        """Return the first line from number `after` on that fits; fail after a while."""
        until_s = time.monotonic() + patience_s
        with self._came:
            while True:
                for line in self.lines[after:]:
                    if fits(line):
                        return line
                left_s = until_s - time.monotonic()
                assert left_s > 0.0, f'{self.what}: nothing fits of {self.lines[after:]}'
                self._came.wait(left_s)


class JsonProcess:
    """A program of the package; what it prints is told, as JSON or else as {"log": ...}."""

    def __init__(
        self, module: str, arguments: Sequence[str] = (), environment: dict[str, str] | None = None
    ) -> None:
        self.told = Told(module)
        self.process = subprocess.Popen(
            [sys.executable, '-m', module, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream,))
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def wait_log(self, *words: str, after: int = 0) -> str:
        """Return the first line of its log, from number `after` on, that holds all the words."""
        line = self.told.wait(
            lambda line: all(word in line.get('log', '') for word in words), after
        )
        text: str = line['log']
        return text

    def write(self, line: Line) -> None:
        """Send a line of JSON to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + '\n')
        self.process.stdin.flush()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal if it still runs, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            for reader in self._readers:
                reader.join(PATIENCE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return status

    def _read(self, stream: Any) -> None:
        for text in stream:
            try:
                line = json.loads(text)
            except ValueError:
                line = {'log': text.rstrip()}
            self.told.add(line)


def child_of(launched: JsonProcess, executable: str) -> int:
    """Return the process id of what a launch file started by the name of its executable."""
    for status in Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = status.read_text().rpartition(')')[2].split()
            words = (status.parent / 'cmdline').read_bytes().decode().split('\0')
        except OSError:
            continue
        of_launched = int(fields[3]) == launched.process.pid
        if of_launched and any(word.endswith(f'/{executable}') for word in words):
            return int(status.parent.name)
    raise AssertionError(f'no {executable} runs')
