"""The one line of a demonstration that shows what happens, and since when."""

from __future__ import annotations

import sys
import time

from _demo_processes import say

PERIOD_S = 0.25
CLEAR = '\r\x1b[2K'


class Progress:
    """What goes on after something was asked for; a screen adds what it knows besides."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        self._doing = 'starts'
        self._began_s: float | None = None
        self._shown_s = 0.0
        self._live = sys.stdout.isatty()

    def show_progress(self) -> None:
        """Renew the one line that shows what happens, where somebody sees it."""
        now_s = time.monotonic()
        if self._live and self._began_s is not None and now_s - self._shown_s > PERIOD_S:
            self._shown_s = now_s
            sys.stdout.write(f'{CLEAR}  {self._so_far()}')
            sys.stdout.flush()

    def end_progress(self) -> None:
        """Take the line away."""
        if self._live:
            sys.stdout.write(CLEAR)
            sys.stdout.flush()

    def _begins(self, doing: str) -> None:
        """Count the time from now on."""
        self._began_s = time.monotonic()
        self._doing = doing

    def _tells(self, doing: str) -> None:
        """Leave a line of its own that says what is done now."""
        self._doing = doing
        self.end_progress()
        say(f'  {self._so_far()}')

    def _besides(self) -> str:
        """Return what stands between the time and what is done."""
        return ''

    def _so_far(self) -> str:
        took_s = 0.0 if self._began_s is None else time.monotonic() - self._began_s
        return f'{took_s:5.1f} s  {self._besides()}{self._doing}'
