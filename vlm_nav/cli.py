"""`vlm-nav`, the command line."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vlm_nav.core.errors import VlmNavError
from vlm_nav.records.read import read_record
from vlm_nav.records.summary import summary_line
from vlm_nav.vlm.specification import known_specifications

app = typer.Typer(help='Robot navigation in words.', no_args_is_help=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        Console().print(version('vlm_nav'), highlight=False)
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
        Console().print(specification, highlight=False)


@app.command()
def record(
    folder: Annotated[Path, typer.Argument(help='The folder of one recorded decision.')],
) -> None:
    """Say in a line what a recorded decision was."""
    Console().print(summary_line(read_record(folder)), highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line; an error of the package ends it with one line and status 1."""
    try:
        app()
    except VlmNavError as error:
        Console(stderr=True).print(f'vlm-nav: {error}', style='red', highlight=False)
        raise SystemExit(1) from error
