"""`vlm-nav bench imagine`: what imagining is worth, row by row on the same episodes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vlm_nav.cli.bench_drive import TABLE, cores
from vlm_nav.cli.decision_options import AsJson, DecisionOptions, settings_of, values_of
from vlm_nav.cli.saying import note, say
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import without_secrets

if TYPE_CHECKING:
    from vlm_nav.bench.imagine import Finished

# As all strategies are driven: room for their decisions, and a look around where it helps.
_ROOM_FOR_ALL = {'decision_limit': 60, 'look_around': 'when_unseen'}


def imagine(
    episodes: Annotated[int, typer.Option(min=1, help='How many errands a row.')] = 120,
    seed: Annotated[int, typer.Option(min=0, help="The first errand's seed.")] = 0,
    errors: Annotated[
        str, typer.Option(help='Shares of wrong answers, with commas between them.')
    ] = '0,0.2',
    rows: Annotated[
        Optional[str], typer.Option(help='Names of rows, with commas between them; else all.')
    ] = None,
    workers: Annotated[
        Optional[int], typer.Option(min=1, help='Processes; as many as cores unless given.')
    ] = None,
    out: Annotated[
        Optional[Path], typer.Option(help='Folder that keeps what is done: a second run goes on.')
    ] = None,
    param: Annotated[
        Optional[list[str]],
        typer.Option('--param', '-p', metavar='NAME:=VALUE', help='One parameter.'),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Drive the same errands with and without imagination, with true and with warped pictures.

    The simulator answers, wrong in the given shares. Differences are paired, with 95 % intervals,
    against the row without imagination.
    """
    from vlm_nav.bench.drive import DriveOptions, Strategy
    from vlm_nav.bench.imagine import Cell, Finished, driven, rows_named
    from vlm_nav.bench.imagine import rows as all_rows

    values = values_of(_ROOM_FOR_ALL | DecisionOptions(param=param, table=TABLE).given(), TABLE)
    options = DriveOptions(
        Strategy.IMAGINE, 'seer', settings_of(dict(values)), None, without_secrets(values)
    )
    chosen = all_rows() if rows is None else rows_named(_words(rows))
    seeds = range(seed, seed + episodes)
    finished: list[Finished] = []
    for error in _shares(errors):
        for row in chosen:
            cell = Cell(row, error)
            results = []
            for result in driven(cell, seeds, options, workers or cores(), out):
                results.append(result)
                note(f'{cell.name} {len(results)}/{episodes}: seed {result["seed"]}')
            results.sort(key=lambda one: int(one['seed']))
            finished.append(Finished(cell, tuple(results)))
            note(_line(finished[-1], finished))
    if as_json:
        say(json.dumps([_fields(one, finished) for one in finished]))
        return
    for line in (_HEAD, *(_line(one, finished) for one in finished)):
        say(line)


_HEAD = 'row                  error     SR    SPL  calls  tokens  SR and SPL less no imagination'


def _without(one: 'Finished', finished: 'Sequence[Finished]') -> 'Finished | None':
    """Return the row without imagination at the same share of wrong answers."""
    from vlm_nav.bench.imagine import NO_IMAGINATION

    found = (
        other
        for other in finished
        if other.cell.error == one.cell.error and other.cell.row.name == NO_IMAGINATION
    )
    return next(found, None)


def _fields(one: 'Finished', finished: 'Sequence[Finished]') -> dict[str, Any]:
    base = _without(one, finished)
    fields: dict[str, Any] = {
        'row': one.cell.row.name,
        'error': one.cell.error,
        'episodes': len(one.per_episode),
        'success': round(one.mean('success'), 4),
        'spl': round(one.mean('spl'), 4),
        'vlm_calls': round(one.mean('vlm_calls'), 2),
        'tokens': round(one.mean('tokens'), 1),
    }
    if base is not None and base is not one:
        found = one.less(base)
        fields |= {'success_less_none': vars(found.success), 'spl_less_none': vars(found.spl)}
    return fields


def _line(one: 'Finished', finished: 'Sequence[Finished]') -> str:
    fields = _fields(one, finished)
    line = (
        f'{fields["row"]:20} {fields["error"]:5.2f} {fields["success"]:6.3f} {fields["spl"]:6.3f} '
        f'{fields["vlm_calls"]:6.1f} {fields["tokens"]:7.0f}'
    )
    for name in ('success_less_none', 'spl_less_none'):
        if name in fields:
            found = fields[name]
            line += f'  {found["mean"]:+.3f} [{found["low"]:+.3f}, {found["high"]:+.3f}]'
    return line


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(',') if word.strip()]


def _shares(text: str) -> list[float]:
    try:
        shares = [float(word) for word in _words(text)]
    except ValueError:
        shares = []
    if not shares or not all(0.0 <= share <= 1.0 for share in shares):
        raise InvalidValueError(f'shares of wrong answers lie in 0..1, got {text!r}')
    return shares
