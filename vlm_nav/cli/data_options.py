"""The option of commands that measure on recorded pictures."""

from pathlib import Path
from typing import Annotated

import typer

VARIABLE = 'VLM_NAV_TEST_DATA'

Data = Annotated[
    Path,
    typer.Option(envvar=VARIABLE, help='Folder with recorded pictures, where there is one.'),
]
