"""How the command line speaks."""

from __future__ import annotations

from rich.console import Console


def say(line: str, *, stderr: bool = False, style: str | None = None) -> None:
    """Print a line as it is: what others wrote holds no markup, and is not wrapped."""
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    console.print(line, style=style, soft_wrap=True)
