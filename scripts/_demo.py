"""A robot is told in words where to go or what to pick up, with nothing but this machine.

In a furnished house: it looks, decides, drives, looks again, arrives and says so. A simulator
moves it and draws what it sees; a double that sees through the simulator's pictures answers in
a model's place. With --task it picks something up from a table. Where no picture of a house can
be drawn (neither EGL nor OSMesa), one decision in a room that needs neither.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import _demo_fetch
import _demo_hand
import _demo_house
import _demo_room
from _demo_processes import say, status_of

from vlm_nav.navigation.imagine_parameters import Strategy
from vlm_nav.sim.answering.disc_choosing import HUES
from vlm_nav.sim.house.house_planning import templates

ROOT = Path(__file__).resolve().parent.parent
FIRST_HOUSE = 'open_flat'
DRAWING_S = 60.0
SLOWEST, FASTEST = 1.0, 4.0
TRY_TO_DRAW = 'from vlm_nav.sim.rendering import open_context; open_context(8, 8).free()'


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog='scripts/demo', description=__doc__)
    parser.add_argument(
        '--instruction',
        default='go to the red chair',
        help='names a thing; in the drawn room a colour: ' + ', '.join(HUES),
    )
    parser.add_argument(
        '--task',
        help='"pick up the ..." from a table, or "fetch the ..." with a drive there and back: '
        + _demo_hand.known_things(),
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='which house of its kind, or the first table'
    )
    parser.add_argument(
        '--template', choices=templates(), default=FIRST_HOUSE, help='the kind of house'
    )
    parser.add_argument(
        '--vlm',
        default='seer',
        help='who answers: seer, seer:0.7 (right so often), oracle, or a model: ollama, gemini, '
        'others of docs/models.md, openai with OPENAI_BASE_URL, OPENAI_MODEL and OPENAI_API_KEY',
    )
    parser.add_argument(
        '--strategy',
        choices=[item.value for item in Strategy],
        default=Strategy.PIVOT.value,
        help='how places are chosen in the house: by marks, among views, or both in turn',
    )
    parser.add_argument(
        '--pace', type=float, default=1.0, help='simulated seconds in a second, 1 to 4'
    )
    parser.add_argument('--drawn', action='store_true', help='the drawn room, whatever there is')
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'build' / 'demo', help='where reports and logs go'
    )
    asked = parser.parse_args()
    if not SLOWEST <= asked.pace <= FASTEST:
        parser.error(f'--pace goes from {SLOWEST:g} to {FASTEST:g}, got {asked.pace:g}')
    if asked.seed < 0:
        parser.error(f'--seed is 0 or more, got {asked.seed}')
    return asked


def can_draw() -> bool:
    """Return whether this machine can draw pictures of a house; say why where it cannot."""
    # In a process of its own: a context of OpenGL belongs to a thread and outlives its end badly.
    tried = subprocess.run(
        [sys.executable, '-c', TRY_TO_DRAW],
        capture_output=True,
        text=True,
        timeout=DRAWING_S,
        check=False,
    )
    if tried.returncode == 0:
        return True
    why = (tried.stderr.strip().splitlines() or ['no word of why'])[-1]
    say(f'No house can be drawn here, so it is one decision in a drawn room: {why}')
    return False


def run_of(task: str | None) -> Callable[[argparse.Namespace], int]:
    """Return what carries a task out, or an instruction where there is none."""
    if task is None:
        return _demo_house.run
    return _demo_fetch.run if _demo_fetch.is_fetching(task) else _demo_hand.run


def main() -> int:
    """Run the demonstration; 0 arrived or picked, 1 not, 2 failure, 130 interrupted."""
    asked = options()
    asked.out = asked.out.resolve()
    asked.out.mkdir(parents=True, exist_ok=True)
    run: Callable[[argparse.Namespace], int] = _demo_room.run
    if not asked.drawn and can_draw():
        run = run_of(asked.task)
    elif asked.task is not None:
        print('scripts/demo: --task needs pictures of the simulator', file=sys.stderr)
        return 2
    return status_of('scripts/demo', partial(run, asked))


if __name__ == '__main__':
    sys.exit(main())
