"""Commands that measure."""

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from vlm_nav.bench.pivot import PivotBench, bench_pivot
from vlm_nav.bench.scenes import BESIDE_THE_CHECKOUT
from vlm_nav.cli.bench_choose import choose
from vlm_nav.cli.bench_drive import drive
from vlm_nav.cli.bench_imagine import imagine
from vlm_nav.cli.bench_pick import pick
from vlm_nav.cli.bench_warp import warp
from vlm_nav.cli.data_options import Data
from vlm_nav.cli.saying import say

if TYPE_CHECKING:
    from vlm_nav.bench.ask import AskBench

bench = typer.Typer(help='Measure.', no_args_is_help=True)


@bench.callback()
def measure() -> None:
    """Measure."""


bench.command()(choose)
bench.command()(drive)
bench.command()(pick)
bench.command()(imagine)
bench.command()(warp)


@bench.command()
def ask(
    data: Data = BESIDE_THE_CHECKOUT,
    calls: Annotated[int, typer.Option(min=1, help='Questions one after the other.')] = 200,
    at_once: Annotated[int, typer.Option(min=1, help='Questions at once.')] = 100,
    as_json: Annotated[bool, typer.Option('--json', help='One JSON object.')] = False,
) -> None:
    """Measure what asking takes beside the model, and how long many questions hold up a node.

    A process on this machine answers; a picture of robot_floor_frame where it is at hand.
    """
    # The openai package is large, and the other measurements need none of it.
    from vlm_nav.bench.ask import bench_ask

    found = bench_ask(data, calls=calls, at_once=at_once)
    if as_json:
        say(json.dumps(found.as_json()))
        return
    for line in ask_lines(found):
        say(line)


@bench.command()
def pivot(
    data: Data = BESIDE_THE_CHECKOUT,
    calls: Annotated[int, typer.Option(min=1, help='Calls of each measurement.')] = 40,
    as_json: Annotated[bool, typer.Option('--json', help='One JSON object.')] = False,
) -> None:
    """Measure PIVOT's own work: floor, places, drawing, encoding; the model answers at once.

    10 marks, 3 picks, 3 rounds, 3 runs at 640 x 480, on robot_floor_frame where it is at hand.
    """
    found = bench_pivot(data, calls)
    if as_json:
        say(json.dumps(found.as_json()))
        return
    for line in pivot_lines(found):
        say(line)


def ask_lines(found: 'AskBench') -> list[str]:
    """Return what was measured of asking, for people."""
    lags = ', '.join(f'{lag_ms:.0f}' for lag_ms in found.loop_lags_ms)
    return [
        f'a question               {found.ask_ms:7.2f} ms  of processor, median of {found.calls}',
        f'  the openai package     {found.client_ms:7.2f} ms  for the same content, JSON included',
        f'  drawing and JPEG       {found.jpeg_ms:7.2f} ms',
        f'  the rest               {found.overhead_ms:7.2f} ms',
        f'{found.at_once} questions at once: the loop {found.loop_lag_ms:.1f} ms late at worst, '
        f'median of {lags}; {found.idle_lag_ms:.1f} ms without any',
    ]


def pivot_lines(found: PivotBench) -> list[str]:
    """Return what was measured of PIVOT's own work, for people."""
    first, decision = found.propose_check_draw, found.decision_3x3
    return [
        f'on {found.scene}, pictures of {found.pictures}, one of {os.cpu_count()} cores; medians',
        f'propose, check and draw  {first.median_ms:7.2f} ms  {found.marks_drawn} marks',
        f'decision, 3 rounds x 3   {decision.median_ms:7.2f} ms  {found.decision_marks} marks, '
        f'{decision.ratio_to(first):.1f} times the first',
        f'encode a picture         {found.encode.median_ms:7.2f} ms  {found.encode_bytes} bytes',
        f'project 1000 points      {found.project_1000.median_ms:7.3f} ms  '
        f'{found.project_1000.ratio_to(found.project_1000_opencv):.2f} times as long as OpenCV',
    ]
