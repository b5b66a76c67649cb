"""`vlm-nav`, the command line."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vlm_nav.core.errors import VlmNavError
from vlm_nav.navigation.in_words import printable
from vlm_nav.records.read import read_record
from vlm_nav.records.summary import summary_line
from vlm_nav.vlm.specification import known_specifications

app = typer.Typer(help='Robot navigation in words.', no_args_is_help=True)


def _say(line: str, *, stderr: bool = False, style: str | None = None) -> None:
    """Print a line as it is: what others wrote holds no markup, and is not wrapped."""
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    console.print(line, style=style, soft_wrap=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        _say(version('vlm_nav'))
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option('--version', callback=_show_version, is_eager=True, help='Show the version.'),
    ] = False,
) -> None:
    """Robot navigation in words."""


@app.command()
def models() -> None:
    """List the forms of a model's specification (parameter vlm.spec)."""
    for specification in known_specifications():
        _say(specification)


@app.command()
def record(
    folder: Annotated[Path, typer.Argument(help='The folder of one recorded decision.')],
) -> None:
    """Say in a line what a recorded decision was."""
    _say(summary_line(read_record(folder)))


def main() -> None:
    """Run the command line; an error of the package ends it with one line and status 1."""
    try:
        app()
    except VlmNavError as error:
        _say(printable(f'vlm-nav: {error}'), stderr=True, style='red')
        raise SystemExit(1) from error
