"""`vlm-nav report`: a record as a page for a browser."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from vlm_nav.cli.saying import say
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.records.report import Prices, write_report


def report(
    folder: Annotated[Path, typer.Argument(help='The folder of one recorded instruction.')],
    out: Annotated[
        Optional[Path], typer.Option(help='The page to write; else report.html in the folder.')
    ] = None,
    prices: Annotated[
        Optional[str],
        typer.Option(help='USD for a million tokens asked and answered, as 2.5,10.'),
    ] = None,
) -> None:
    """Write one page about a record, with its map and its pictures; it needs no network."""
    say(str(write_report(folder, prices=_prices(prices), out=out)))


def _prices(text: str | None) -> Prices | None:
    if text is None:
        return None
    try:
        prompt, completion = (float(part) for part in text.split(','))
    except ValueError:
        raise InvalidValueError(f'--prices are two numbers as 2.5,10, got {text!r}') from None
    return Prices(prompt, completion)
