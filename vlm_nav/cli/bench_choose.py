"""`vlm-nav bench choose`: what asking several times makes of a model's errors."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Optional

import typer

from vlm_nav.bench.choose import (
    CHECKED_AGREEMENT,
    ERROR_RATES,
    RIGHT_M,
    Errors,
    Figure,
    bench_choose,
)
from vlm_nav.bench.choose_plot import plot_of
from vlm_nav.bench.scenes import BESIDE_THE_CHECKOUT
from vlm_nav.cli.data_options import Data
from vlm_nav.cli.saying import note, say
from vlm_nav.files.reading import FileError
from vlm_nav.records.pictures import png_of_color

_SHOWN = (0.1, 0.3, 0.5)
_ERRORS = {
    Errors.ANSWER: 'wrong answers, drawn by lot',
    Errors.BELIEF: 'errands about which another place is taken for the one that is meant',
    Errors.SIDE: 'errands about which the left of the picture is taken',
}


def choose(
    data: Data = BESIDE_THE_CHECKOUT,
    decisions: Annotated[
        int, typer.Option(min=1, help='Decisions for each way and error rate.')
    ] = 100,
    out: Annotated[
        Optional[Path], typer.Option(help='A picture of accuracy against tokens, as .png.')
    ] = None,
    as_json: Annotated[bool, typer.Option('--json', help='One JSON object.')] = False,
) -> None:
    """Count how often each way of asking several times is right, and for how many tokens.

    Doubles answer that know the place and err in a given share of their answers; some minutes.
    """
    scene, figures = bench_choose(data, decisions)
    if out is not None:
        _write(out, png_of_color(plot_of(figures, _SHOWN)))
        note(f'picture: {out}')
    if as_json:
        rows = [one.as_json() for one in figures]
        say(json.dumps({'scene': scene, 'decisions': decisions, 'rows': rows}))
        return
    say(f'right within {RIGHT_M:g} m on {scene}, {decisions} decisions each; tokens are estimated')
    say(f'in brackets: no decision, as less than {CHECKED_AGREEMENT:g} of it was sure')
    for errors, words in _ERRORS.items():
        say(f'\n{words}')
        for line in _table([one for one in figures if one.errors is errors]):
            say(line)


def _table(figures: Sequence[Figure]) -> list[str]:
    rates = [rate for rate in ERROR_RATES if any(one.error_rate == rate for one in figures)]
    lines = [
        ''.join(['way'.ljust(18), *(f'{100 * rate:6.0f} %     ' for rate in rates), 'tokens'])
    ]
    ways = dict.fromkeys(one.way for one in figures)
    for way in ways:
        of_way = [one for one in figures if one.way == way]
        shares = ''.join(f'{100 * one.right:6.0f} %{_held(one)}' for one in of_way)
        tokens = sum(one.tokens for one in of_way) / len(of_way)
        lines.append(f'{way.name:18}{shares}{tokens:6.0f}')
    return lines


def _held(figure: Figure) -> str:
    return f'({100 * figure.held:.0f})'.ljust(5) if figure.way.checks else '     '


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise FileError(f'a picture was to be written to {path}: {error}') from error
