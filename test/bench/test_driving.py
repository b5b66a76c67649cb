"""The processes that drive episodes end with who wants the figures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip('mujoco')

PATIENCE_S = 30.0
COMMAND = ('bench', 'drive', '--episodes', '2', '--seed', '3', '--workers', '2', '--json')


@pytest.mark.skipif(not Path('/proc').is_dir(), reason='processes are found in /proc')
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGKILL])
def test_no_worker_is_left_when_the_command_is_interrupted_or_killed(number: int) -> None:
    command = subprocess.Popen(
        [sys.executable, '-c', 'from vlm_nav.cli.main import main; main()', *COMMAND],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_until(lambda: len(workers_of(command.pid)) == 2)
        command.send_signal(number)
        out, _ = command.communicate(timeout=PATIENCE_S)
        assert out == b''
        assert command.returncode in (130, -number)
        assert wait_until(lambda: not workers_of(command.pid))
    finally:
        for left in {command.pid, *workers_of(command.pid)}:
            if command.poll() is None or left != command.pid:
                os.kill(left, signal.SIGKILL)
        command.wait()


def workers_of(session: int) -> list[int]:
    """Return the processes of a session that multiprocessing has spawned to work."""
    found = []
    for folder in Path('/proc').glob('[0-9]*'):
        try:
            words = (folder / 'cmdline').read_bytes()
            its_session = int((folder / 'stat').read_text().rpartition(')')[2].split()[3])
        except (OSError, IndexError):
            continue
        if its_session == session and b'spawn_main' in words:
            found.append(int(folder.name))
    return found


def wait_until(holds: Callable[[], bool]) -> bool:
    """Return whether something holds before patience ends."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if holds():
            return True
        time.sleep(0.05)
    return False
