"""Pictures at 30 Hz and an instruction every few seconds, for as long as one wants.

The camera shows a room that the package draws, a double of an OpenAI server answers, a stand-in
takes Nav2's place, records are written; the navigator is the real one, started by its launch
file. Before and after the instructions the navigator only receives pictures: what it then takes
of a core is compared with a bare node that hears the same topics and does nothing with them.

--json prints one object instead of words:
minutes, instructions: how long instructions came, and how many;
missed: the words of those without a decision or without an outcome;
ends: how often instructions ended in which way ("reached", or the reason code);
rss_start_mb, rss_end_mb, growth_mb: resident memory after the warm-up, at the end, and between;
slope_mb_h: the slope of the line through all samples after the warm-up;
idle_share, bare_share, beyond_share: of one core, before and after, without instructions;
busy_share: of one core, while instructions came;
limits_held: whether nothing was missed and growth_mb and beyond_share are below the limits.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from _demo_processes import (
    DemoError,
    Processes,
    launch_command,
    status_of,
    write_parameters,
)
from _soak_measuring import (
    MemorySample,
    child_of,
    cpu_s,
    cpu_shares,
    growth_mb,
    memory_of,
    slope_mb_h,
)
from rclpy.node import Node
from std_msgs.msg import String

from vlm_nav.ros.doubles.lifecycle_watch import LifecycleWatch
from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.spinning import SpinThread

ROOT = Path(__file__).resolve().parent.parent
BARE_NODE = Path(__file__).with_name('_soak_bare_node.py')
DOUBLES = 'vlm_nav.ros.doubles'
GROWTH_LIMIT_MB = 20.0
BEYOND_LIMIT = 0.05
RATE_HZ = 30.0
START_S = 60.0
END_S = 30.0
SETTLE_S = 3.0
STEP_S = 0.05
CHANGED_PARAMETERS: dict[str, dict[str, float]] = {
    # So few that the oldest ones are removed during the run, as they are on a robot.
    'records': {'keep_last': 50},
    # The drawn robot stands still, and the navigator asks whether it has arrived.
    'nav2': {'position_tolerance_m': 10.0},
}


@dataclass(frozen=True)
class Figures:
    """What a run measured; the module's docstring says what the names mean."""

    minutes: float
    instructions: int
    missed: list[str]
    ends: dict[str, int]
    rss_start_mb: float
    rss_end_mb: float
    growth_mb: float
    slope_mb_h: float
    idle_share: list[float]
    bare_share: list[float]
    beyond_share: list[float]
    busy_share: float

    def limits_held(self) -> bool:
        """Return whether the run was as good as it has to be."""
        beyond = max(self.beyond_share)
        return not self.missed and self.growth_mb < GROWTH_LIMIT_MB and beyond <= BEYOND_LIMIT


class Commander:
    """Gives instructions and keeps what the navigator says of them."""

    def __init__(self, node: Node) -> None:
        """Subscribe to the navigator's topics."""
        self.given: list[str] = []
        self.decided: set[str] = set()
        self.ends: dict[str, str] = {}
        self._navigator = LifecycleWatch(node, 'navigator')
        self._instruction = node.create_publisher(String, 'navigator/instruction', COMMAND)
        node.create_subscription(String, 'navigator/decision', self._decided, COMMAND)
        node.create_subscription(String, 'navigator/outcome', self._ended, COMMAND)

    def ready(self) -> bool:
        """Return whether the navigator takes instructions."""
        return self._instruction.get_subscription_count() > 0 and self._navigator.is_active()

    def instruct(self) -> None:
        """Give an instruction that no other one equals."""
        self.given.append(f'go to the red chair ({len(self.given) + 1})')
        self._instruction.publish(String(data=self.given[-1]))

    def missed(self) -> list[str]:
        """Return the instructions that have no decision or no outcome."""
        return [one for one in self.given if not (one in self.decided and one in self.ends)]

    def _decided(self, message: String) -> None:
        self.decided.add(json.loads(message.data)['instruction'])

    def _ended(self, message: String) -> None:
        end = json.loads(message.data)
        self.ends[end['instruction']] = 'reached' if end['reached'] else str(end['reason'])


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog='scripts/soak',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--minutes', type=float, default=30.0, help='how long instructions come')
    parser.add_argument('--every', type=float, default=5.0, metavar='S', help='between two')
    parser.add_argument('--warm-up', type=float, default=120.0, metavar='S', help='not measured')
    parser.add_argument('--idle', type=float, default=30.0, metavar='S', help='without any')
    parser.add_argument('--json', action='store_true', help='print one JSON object')
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'build' / 'soak', help='where records and logs go'
    )
    asked = parser.parse_args()
    if asked.minutes * 60.0 < asked.warm_up + asked.every:
        parser.error('no time is left after the warm-up: more --minutes or less --warm-up')
    return asked


def start(running: Processes, out: Path) -> None:
    """Start the camera, the doubles and the navigator."""
    module = [sys.executable, '-m']
    answering = [*module, 'vlm_nav.sim.answering.openai_double', '--target-color', 'red']
    base_url = running.start('openai_double', answering).line('listening', START_S)['listening']
    camera = [*module, f'{DOUBLES}.drawn_room_camera', '--ros-args', '-p', f'rate_hz:={RATE_HZ}']
    running.start('drawn_room_camera', camera)
    base = [*module, f'{DOUBLES}.navigate_to_pose_server', '--ros-args', '-p', 'speed_m_s:=5.0']
    running.start('navigate_to_pose_double', base)
    parameters = write_parameters(out, CHANGED_PARAMETERS)
    endpoint = {'OPENAI_BASE_URL': base_url, 'OPENAI_API_KEY': 'none-needed'}
    running.start('navigator', launch_command(parameters), endpoint)


def wait_until(
    happened: Callable[[], bool], running: Processes, timeout_s: float, what: str
) -> None:
    """Wait until something has happened; DemoError where a process ends or time is up."""
    until_s = time.monotonic() + timeout_s
    while not happened():
        running.require_alive()
        if time.monotonic() > until_s:
            raise DemoError(f'{what} did not happen within {timeout_s:g} s\n{running.tails()}')
        time.sleep(STEP_S)


def idle_shares(running: Processes, navigator: int, duration_s: float) -> list[float]:
    """Return the shares of a core of the navigator and of a bare node, nothing being asked."""
    bare = running.start('bare', [sys.executable, str(BARE_NODE)])
    time.sleep(SETTLE_S)
    shares = cpu_shares([navigator, bare.process.pid], duration_s)
    running.require_alive()
    bare.stop()
    del running.started['bare']
    return shares


def instruct(
    running: Processes, commander: Commander, navigator: int, asked: argparse.Namespace
) -> list[MemorySample]:
    """Give instructions at their times; return the memory right before each of them."""
    samples = []
    began_s = time.monotonic()
    while time.monotonic() < began_s + asked.minutes * 60.0:
        running.require_alive()
        samples.append(memory_of(navigator))
        commander.instruct()
        time.sleep(max(began_s + len(samples) * asked.every - time.monotonic(), 0.0))
    return samples


def write_samples(file: Path, samples: list[MemorySample], began_s: float) -> None:
    """Write the memory over time as a table, for whoever asks where it went."""
    rows = [f'{x.at_s - began_s:.1f},{x.rss_mb:.2f},{x.anonymous_mb:.2f}' for x in samples]
    file.write_text('\n'.join(['at_s,rss_mb,anonymous_mb', *rows, '']))


def wait_for_ends(commander: Commander, running: Processes) -> None:
    """Give the last instructions time to end; what is missed then stays missed."""
    until_s = time.monotonic() + END_S
    while commander.missed() and time.monotonic() < until_s:
        running.require_alive()
        time.sleep(STEP_S)


def soak(commander: Commander, running: Processes, asked: argparse.Namespace) -> Figures:
    """Run it all and return what was measured."""
    start(running, asked.out)
    wait_until(commander.ready, running, START_S, 'the start of the navigator')
    navigator = child_of(running.started['navigator'].process.pid)
    if navigator is None:
        raise DemoError('the launch file has started no process')
    before = idle_shares(running, navigator, asked.idle)
    say(asked, f'idle before: {in_percent(before)}; now {asked.minutes:g} minutes')
    began_s, computed_s = time.monotonic(), cpu_s(navigator)
    samples = instruct(running, commander, navigator, asked)
    busy = (cpu_s(navigator) - computed_s) / (time.monotonic() - began_s)
    wait_for_ends(commander, running)
    after = idle_shares(running, navigator, asked.idle)
    samples.append(memory_of(navigator))
    write_samples(asked.out / 'memory.csv', samples, began_s)
    warm = [sample for sample in samples if sample.at_s >= began_s + asked.warm_up]
    return Figures(
        minutes=asked.minutes,
        instructions=len(commander.given),
        missed=commander.missed(),
        ends=dict(Counter(commander.ends.values())),
        rss_start_mb=warm[0].rss_mb,
        rss_end_mb=warm[-1].rss_mb,
        growth_mb=growth_mb(warm),
        slope_mb_h=slope_mb_h(warm),
        idle_share=[before[0], after[0]],
        bare_share=[before[1], after[1]],
        beyond_share=[shares[0] - shares[1] for shares in (before, after)],
        busy_share=busy,
    )


def in_percent(shares: list[float]) -> str:
    """Return the shares of the navigator and of the bare node as people read them."""
    navigator, bare = shares
    return f'navigator {navigator:.1%} of a core, bare node {bare:.1%}'


def show(figures: Figures, as_json: bool) -> None:
    """Print what was measured."""
    held = figures.limits_held()
    if as_json:
        print(json.dumps({**asdict(figures), 'limits_held': held}), flush=True)
        return
    print(
        f'{figures.instructions} instructions in {figures.minutes:g} minutes, '
        f'{len(figures.missed)} missed; ends: {figures.ends}\n'
        f'memory: {figures.rss_start_mb:.1f} MB after the warm-up, {figures.rss_end_mb:.1f} MB at '
        f'the end, growth {figures.growth_mb:.1f} MB (limit {GROWTH_LIMIT_MB:g}), '
        f'slope {figures.slope_mb_h:.1f} MB/h\n'
        f'idle, before and after: {_percents(figures.idle_share)} of a core, '
        f'bare node {_percents(figures.bare_share)}, beyond it '
        f'{_percents(figures.beyond_share)} (limit {BEYOND_LIMIT:.0%})\n'
        f'with instructions: {figures.busy_share:.1%} of a core\n'
        f'{"All limits held." if held else "A LIMIT WAS NOT HELD."}',
        flush=True,
    )


def _percents(shares: list[float]) -> str:
    return ' and '.join(f'{share:.1%}' for share in shares)


def say(asked: argparse.Namespace, text: str) -> None:
    """Print a line of progress at once, beside the JSON where that is wanted."""
    print(text, file=sys.stderr if asked.json else sys.stdout, flush=True)


def main() -> int:
    """Run it; 0 limits held, 1 not, 2 failure, 130 interrupted."""
    asked = options()
    asked.out = asked.out.resolve()
    asked.out.mkdir(parents=True, exist_ok=True)
    return status_of('scripts/soak', partial(run, asked))


def run(asked: argparse.Namespace) -> int:
    """Measure and show the figures; return the exit status."""
    node = Node('soak')
    commander = Commander(node)
    try:
        with SpinThread(node), Processes(asked.out / 'logs') as running:
            figures = soak(commander, running, asked)
    finally:
        node.destroy_node()
    show(figures, asked.json)
    return 0 if figures.limits_held() else 1


if __name__ == '__main__':
    sys.exit(main())
