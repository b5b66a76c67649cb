"""Commands about records."""

from pathlib import Path
from typing import Annotated

import typer

from vlm_nav.cli.saying import say
from vlm_nav.records.read import read_record
from vlm_nav.records.summary import summary_line


def record(
    folder: Annotated[Path, typer.Argument(help='The folder of one recorded decision.')],
) -> None:
    """Say in a line what a recorded decision was."""
    say(summary_line(read_record(folder)))
