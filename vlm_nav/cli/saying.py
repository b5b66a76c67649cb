"""How the command line speaks."""

from __future__ import annotations

from rich.console import Console

from vlm_nav.navigation.in_words import printable


def say(line: str, *, stderr: bool = False, style: str | None = None) -> None:
    """Print a line as it is: what others wrote holds no markup, and is not wrapped."""
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    console.print(line, style=style, soft_wrap=True)


def note(words: str) -> None:
    """Say on standard error what is good to know beside the answer."""
    say(printable(words), stderr=True, style='dim')


def warn(problem: str) -> None:
    """Say on standard error what went wrong and ended nothing."""
    say(printable(f'vlm-nav: {problem}'), stderr=True, style='yellow')
