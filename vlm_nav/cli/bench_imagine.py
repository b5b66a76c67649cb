"""`vlm-nav bench imagine`: what imagining is worth, row by row on the same episodes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vlm_nav.cli.bench_drive import ROOM_FOR_ALL, TABLE, Workers, cores
from vlm_nav.cli.decision_options import (
    AsJson,
    DecisionOptions,
    OneParameter,
    settings_of,
    values_of,
)
from vlm_nav.cli.saying import note, say
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import without_secrets

if TYPE_CHECKING:
    from vlm_nav.bench.drive import DriveOptions
    from vlm_nav.bench.imagine import Ablation, Cell, Finished


def imagine(
    episodes: Annotated[int, typer.Option(min=1, help='How many errands a row.')] = 120,
    seed: Annotated[int, typer.Option(min=0, help="The first errand's seed.")] = 0,
    errors: Annotated[
        str, typer.Option(help='Shares of wrong answers, with commas between them.')
    ] = '0,0.2',
    rows: Annotated[
        Optional[str], typer.Option(help='Names of rows, with commas between them; else all.')
    ] = None,
    workers: Workers = None,
    out: Annotated[
        Optional[Path], typer.Option(help='Folder that keeps what is done: a second run goes on.')
    ] = None,
    kept: Annotated[
        bool, typer.Option('--kept', help='Drive nothing: tell what the folder keeps.')
    ] = False,
    param: OneParameter = None,
    as_json: AsJson = False,
) -> None:
    """Drive the same errands with and without imagination, with true and with warped pictures.

    The simulator answers, wrong in the given shares. The table is Markdown; its differences are
    paired, with 95 % intervals.
    """
    from vlm_nav.bench.imagine import Ablation
    from vlm_nav.bench.imagine_table import fields, table

    if kept and out is None:
        raise InvalidValueError('--kept tells what --out keeps, which is not given')
    cells, seeds = _cells(rows, errors), range(seed, seed + episodes)
    ablation = Ablation(cells, seeds, _options(param), workers or cores(), out)
    finished = ablation.kept() if kept else _driven(ablation)
    if as_json:
        say(json.dumps([fields(one, finished) for one in finished]))
        return
    for line in table(finished):
        say(line)


def _options(param: list[str] | None) -> 'DriveOptions':
    from vlm_nav.bench.drive import DriveOptions, Strategy

    values = values_of(ROOM_FOR_ALL | DecisionOptions(param=param, table=TABLE).given(), TABLE)
    settings = settings_of(dict(values))
    return DriveOptions(Strategy.IMAGINE, 'seer', settings, None, without_secrets(values))


def _cells(rows: str | None, errors: str) -> 'list[Cell]':
    from vlm_nav.bench.imagine import Cell, rows_named
    from vlm_nav.bench.imagine import rows as all_rows

    chosen = all_rows() if rows is None else rows_named(_words(rows))
    return [Cell(row, error) for error in _shares(errors) for row in chosen]


def _driven(ablation: 'Ablation') -> 'list[Finished]':
    """Return what came of each cell; each errand is told on the way."""
    from vlm_nav.bench.imagine import Finished

    results: dict[Cell, list[Mapping[str, Any]]] = {cell: [] for cell in ablation.cells}
    for cell, result in ablation.drive():
        results[cell].append(result)
        done = f'{len(results[cell])}/{len(ablation.seeds)}'
        note(f'{cell.name} {done}: seed {result["seed"]}, spl {result["spl"]:.2f}')
    return [
        Finished(cell, tuple(sorted(found, key=lambda one: int(one['seed']))))
        for cell, found in results.items()
    ]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(',') if word.strip()]


def _shares(text: str) -> list[float]:
    try:
        shares = [float(word) for word in _words(text)]
    except ValueError:
        shares = []
    if not shares or not all(0.0 <= share <= 1.0 for share in shares):
        raise InvalidValueError(f'shares of wrong answers lie in 0..1, got {text!r}')
    return list(dict.fromkeys(shares))
