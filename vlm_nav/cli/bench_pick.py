"""`vlm-nav bench pick`: things picked up from tables in the simulator."""

import json
from typing import Annotated

import typer

from vlm_nav.cli.decision_options import AsJson
from vlm_nav.cli.saying import note, say


def pick(
    episodes: Annotated[int, typer.Option(min=1, help='How many picks.')] = 9,
    seed: Annotated[int, typer.Option(min=0, help='Of the first; the others follow.')] = 0,
    as_json: AsJson = False,
) -> None:
    """Pick things up from tables, and count how many are lifted and held by friction.

    The simulator says which pixel shows the thing; its point and its grasp come from the depth.
    """
    # They need MuJoCo, which no other command does.
    from vlm_nav.bench.pick import pick as pick_once
    from vlm_nav.bench.pick import summary

    results = []
    for number in range(seed, seed + episodes):
        results.append(pick_once(number))
        last = results[-1]
        note(
            f'{len(results)}/{episodes} seed {number}, {last.target}: '
            f'{"lifted" if last.lifted else "not lifted"}{_why(last.reason)}, '
            f'rise {last.rise_m:.3f} m, table {last.table_n:.0f} N'
        )
    figures = summary(results)
    if as_json:
        say(json.dumps(figures))
        return
    for name, value in figures.items():
        if name != 'per_episode':
            say(f'{name:24} {value if value is None else round(value, 3)}')


def _why(reason: str | None) -> str:
    return f' ({reason})' if reason else ''
