"""The commands of `vlm-nav` and how they end."""

from __future__ import annotations

from importlib.metadata import version

import typer

from vlm_nav.cli.ask import ask
from vlm_nav.cli.bench import bench
from vlm_nav.cli.check_calibration import check_calibration
from vlm_nav.cli.doctor import doctor
from vlm_nav.cli.explain import explain
from vlm_nav.cli.lift import grasp, lift
from vlm_nav.cli.models import models
from vlm_nav.cli.pivot import pivot
from vlm_nav.cli.records import record
from vlm_nav.cli.replay import replay
from vlm_nav.cli.report import report
from vlm_nav.cli.saying import say
from vlm_nav.cli.train import train
from vlm_nav.core.errors import VlmNavError
from vlm_nav.navigation.in_words import printable

app = typer.Typer(help='Robot navigation in words.', no_args_is_help=True)
app.add_typer(bench, name='bench')
app.add_typer(train, name='train')
app.command()(ask)
app.command()(check_calibration)
app.command()(doctor)
app.command()(explain)
app.command()(grasp)
app.command()(lift)
app.command()(models)
app.command()(pivot)
app.command()(record)
app.command()(replay)
app.command()(report)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(version('vlm_nav'))
        raise typer.Exit


@app.callback()
def options(
    # Not by Annotated: the typer 0.9.0 of Ubuntu 24.04 loses an option's name there.
    show_version: bool = typer.Option(
        False, '--version', callback=_show_version, is_eager=True, help='Show the version.'
    ),
) -> None:
    """Robot navigation in words."""


def main() -> None:
    """Run the command line; an error of the package ends it with one line and status 1."""
    try:
        app()
    except VlmNavError as error:
        say(printable(f'vlm-nav: {error}'), stderr=True, style='red')
        raise SystemExit(1) from error
