"""`vlm-nav bench drive`: errands in simulated houses, and two ways of driving compared."""

import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from vlm_nav.bench.comparing import Comparison, PairedDifference, compare
from vlm_nav.bench.results import EpisodeResult, summary
from vlm_nav.cli.decision_options import (
    DECISION_TABLE,
    AsJson,
    BaseUrl,
    CassetteFolder,
    CassetteUse,
    DecisionOptions,
    ModelName,
    OneParameter,
    ParamsFile,
    settings_of,
    values_of,
)
from vlm_nav.cli.saying import note, say
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import DecisionSettings, without_secrets
from vlm_nav.navigation.mission_parameters import MISSION_PARAMETERS

TABLE = (*DECISION_TABLE, *MISSION_PARAMETERS)
# The classical way looks around at each place that it comes to: so may the others, and a look
# around is a decision as well.
ROOM_FOR_ALL = {'decision_limit': 60, 'look_around': 'when_unseen'}
# Seeds of training begin there.
_SEEDS = 100_000
_STRATEGIES = ('pivot', 'imagine', 'hybrid', 'frontier', 'random')

Seed = Annotated[
    Optional[int],
    typer.Option(min=0, help="The first errand's seed, the others follow; else one is drawn."),
]
Who = Annotated[
    str, typer.Option(help='seer, seer:P or oracle, which the simulator answers; or any model.')
]
Workers = Annotated[
    Optional[int], typer.Option(min=1, help='Processes; as many as cores unless given.')
]
Compared = Annotated[
    Optional[tuple[str, str]],
    typer.Option(
        '--compare',
        metavar='A B',
        help='How A differs from B: strategies, or files that --json wrote.',
    ),
]
Records = Annotated[Optional[Path], typer.Option(help='Where a record of each errand goes.')]


def drive(
    episodes: Annotated[int, typer.Option(min=1, help='How many errands.')] = 12,
    seed: Seed = None,
    strategy: Annotated[
        str, typer.Option(help=f'How places are chosen: {", ".join(_STRATEGIES)}.')
    ] = 'pivot',
    vlm: Who = 'seer',
    workers: Workers = None,
    compare_: Compared = None,
    wheels: Annotated[
        bool, typer.Option('--wheels', help='The base rolls on wheels, which slip.')
    ] = False,
    model: ModelName = None,
    base_url: BaseUrl = None,
    params: ParamsFile = None,
    param: OneParameter = None,
    cassette: CassetteFolder = None,
    cassette_mode: CassetteUse = None,
    out: Records = None,
    as_json: AsJson = False,
) -> None:
    """Drive to things in simulated houses, and count how often and how directly it arrives.

    Means of all errands. Seeds that follow each other go through all houses; the same seed is the
    same errand.
    """
    options = DecisionOptions(None, model, base_url, params, param, TABLE, cassette, cassette_mode)
    values = values_of(ROOM_FOR_ALL | options.given(), TABLE)
    first = random.randrange(max(1, _SEEDS - episodes)) if seed is None else seed
    order = _Order(episodes, first, vlm, workers or cores(), values, out, wheels)
    if compare_ is not None:
        _say_comparison(compare_, order, as_json)
        return
    figures = _driven(strategy, order)
    if as_json:
        say(json.dumps(figures))
        return
    for line in _lines(figures):
        say(line)


@dataclass(frozen=True)
class _Order:
    episodes: int
    seed: int
    vlm: str
    workers: int
    values: Mapping[str, Any]
    out: Path | None
    wheels: bool

    @property
    def settings(self) -> DecisionSettings:
        return settings_of(dict(self.values))


def _driven(strategy: str, order: _Order) -> dict[str, Any]:
    """Return the figures of a run; what is done is told on the way."""
    # They need MuJoCo, which no other command does.
    from vlm_nav.bench.drive import DriveOptions, Strategy, notice_for
    from vlm_nav.bench.driving import drive_seeds, in_order
    from vlm_nav.sim.furniture.furniture import Furniture
    from vlm_nav.sim.furniture.furniture_cache import furniture_folder

    if strategy not in _STRATEGIES:
        raise InvalidValueError(f'wanted one of {", ".join(_STRATEGIES)}, got {strategy!r}')
    shown = without_secrets({**order.values, 'strategy': strategy})
    options = DriveOptions(
        Strategy(strategy), order.vlm, order.settings, order.out, shown, order.wheels
    )
    seeds = range(order.seed, order.seed + order.episodes)
    for problem in Furniture(furniture_folder()).spoilt():
        note(f'{problem}; it is drawn from solids instead')
    who = f'{strategy}{" on wheels" if order.wheels else ""} with {order.vlm}'
    note(f'{who}, seeds {seeds[0]} to {seeds[-1]}: {notice_for(options)}')
    began_s = time.perf_counter()
    results: list[EpisodeResult] = []
    for result in drive_seeds(seeds, options, order.workers):
        results.append(result)
        note(f'{len(results)}/{order.episodes} {_words(result)}')
    return summary(in_order(results), time.perf_counter() - began_s)


def _words(result: EpisodeResult) -> str:
    reason = f' ({result.reason})' if result.reason else ''
    return (
        f'seed {result.seed}, {result.house}, {result.target}: {result.outcome}{reason}, '
        f'spl {result.spl:.2f}, {result.path_m:.1f} m of {result.geodesic_m:.1f} m, '
        f'{result.decisions} decisions, {result.vlm_calls} questions, '
        f'{result.collisions} collisions, {result.wall_s:.1f} s'
    )


def _lines(figures: Mapping[str, Any]) -> list[str]:
    return [
        f'episodes    {figures["episodes"]}',
        f'success     {figures["success"]:.3f}',
        f'spl         {figures["spl"]:.3f}',
        f'collisions  {figures["collisions"]}',
        f'path        {figures["path_m"]:.2f} m',
        f'decisions   {figures["decisions"]:.1f}',
        f'questions   {figures["vlm_calls"]:.1f}',
        f'tokens      {figures["tokens"]:.0f}',
        f'wall        {figures["wall_s"]:.1f} s in all',
    ]


def _say_comparison(names: tuple[str, str], order: _Order, as_json: bool) -> None:
    found = compare(*(_results_of(name, order) for name in names))
    if as_json:
        say(json.dumps(_comparison_as_json(names, found)))
        return
    say(f'{names[0]} less {names[1]}, {found.episodes} episodes, 95 % interval')
    say(f'success  {_interval(found.success)}')
    say(f'spl      {_interval(found.spl)}')


def _results_of(name: str, order: _Order) -> Sequence[Mapping[str, object]]:
    """Return `per_episode` of a strategy that is driven now, or of a file."""
    if name in _STRATEGIES:
        driven: list[dict[str, object]] = _driven(name, order)['per_episode']
        return driven
    try:
        figures = json.loads(Path(name).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            f'wanted one of {", ".join(_STRATEGIES)}, or a file of results, got {name}: {error}'
        ) from error
    rows = figures.get('per_episode') if isinstance(figures, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidValueError(f'{name} holds no results: per_episode is missing')
    return rows


def _interval(found: PairedDifference) -> str:
    return f'{found.mean:+.3f}  [{found.low:+.3f}, {found.high:+.3f}]'


def _comparison_as_json(names: tuple[str, str], found: Comparison) -> dict[str, Any]:
    return {
        'compared': list(names),
        'episodes': found.episodes,
        'success': vars(found.success),
        'spl': vars(found.spl),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
