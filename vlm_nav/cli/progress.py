"""How far a long command has come."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import Progress


@contextlib.contextmanager
def progress(start: int, end: int) -> Iterator[Callable[[int], None]]:
    """Give what is to be called with the place between `start` and `end` that was reached.

    A bar on standard error, shown where that is a terminal and standard output is none: there
    the lines themselves show how far it is.
    """
    if sys.stdout.isatty() or not sys.stderr.isatty():
        yield lambda reached: None
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task('', total=max(1, end - start))
        yield lambda reached: bar.update(task, completed=reached - start)
