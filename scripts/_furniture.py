"""Fetches the models of furniture for the simulated houses, beside the rest of scripts/setup.

Without them the simulator draws its furniture from simple solids: nothing here makes a set-up
fail. As a program it fetches the catalogue alone; needs the standard library alone.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from vlm_nav.sim.furniture.furniture_cache import catalogue_file, furniture_folder
from vlm_nav.sim.furniture.furniture_fetching import DEADLINE_S, FetchError, fetch_catalogue

# What is left to do when the deadline of the download has passed: ending it, or unpacking.
_UNPACKING_S = 60.0
_MAKING_S = 180.0
_ENDING_S = 10.0
NOTICE = (
    'scripts/setup: no models of furniture ({why}); the simulator draws it from simple solids.'
    ' scripts/setup --furniture tries again.'
)


class _MakingError(Exception):
    """There are no models; the message says why."""


def is_there() -> bool:
    """Return whether the models are already made."""
    folder = furniture_folder()
    try:
        return folder.is_dir() and any(folder.iterdir())
    except OSError:
        return False


def made_with() -> str:
    """Return what tells models from those that were made in another way."""
    return furniture_folder().name


def start() -> subprocess.Popen[str]:
    """Fetch the catalogue in a process of its own."""
    return subprocess.Popen(
        [sys.executable, '-I', str(Path(__file__).resolve())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def make(fetching: subprocess.Popen[str], python: Path, say: Callable[[str], None]) -> None:
    """Make the models once the catalogue is there, or say why there are none."""
    try:
        _, said = fetching.communicate(timeout=DEADLINE_S + _UNPACKING_S)
        if fetching.returncode:
            raise _MakingError(said)
        command = [str(python), '-m', 'vlm_nav.sim.furniture.furniture_import']
        made = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_MAKING_S,
            check=False,
        )
        if made.returncode:
            raise _MakingError(made.stderr)
    except (_MakingError, subprocess.TimeoutExpired, OSError) as error:
        say(NOTICE.format(why=' '.join(str(error).split())[-300:]))


def stop(fetching: subprocess.Popen[str]) -> None:
    """End the process if it still runs; it cleans up behind itself."""
    if fetching.poll() is None:
        fetching.terminate()
    try:
        fetching.communicate(timeout=_ENDING_S)
    except subprocess.TimeoutExpired:
        fetching.kill()
        fetching.communicate()


def _give_up(number: int, frame: FrameType | None) -> None:
    """Leave by an exception, so that what is half done is cleaned up."""
    raise SystemExit(1)


def main() -> int:
    """Fetch the catalogue and return the exit status."""
    signal.signal(signal.SIGTERM, _give_up)
    try:
        fetch_catalogue(catalogue_file())
    except FetchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
