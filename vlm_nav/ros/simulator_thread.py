"""The thread that owns a simulator: it lets simulated time go on at its pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

STEP_S = 0.02
# Who lags farther behind than this goes on from where it is: nobody wants time to race.
_MOST_BEHIND_S = 0.2
_NS_IN_S = 1_000_000_000


class Simulated(Protocol):
    """What the thread needs of a simulator; every call comes from the thread."""

    @property
    def time_ns(self) -> int:
        """Return the simulated time."""
        ...

    def advance(self, duration_s: float) -> None:
        """Let simulated time go on."""
        ...

    def close(self) -> None:
        """Give back what the simulator holds."""
        ...


SimulatorT = TypeVar('SimulatorT', bound=Simulated)


class SimulatorThread(Generic[SimulatorT]):
    """Makes, steps and closes a simulator, all in one thread, for its pictures belong to one."""

    def __init__(
        self, make: Callable[[], SimulatorT], pace: float = 1.0, step_s: float = STEP_S
    ) -> None:
        """Prepare; `pace` is how many simulated seconds are wanted in a second."""
        self._make, self._pace, self._step_s = make, pace, step_s
        self._stopping = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix='simulator')
        self._simulator: SimulatorT | None = None
        self._going: Future[None] | None = None

    def make(self) -> SimulatorT:
        """Return the simulator, to be called within steps only; raises what its making raises."""
        self._simulator = self._thread.submit(self._make).result()
        return self._simulator

    def begin(self, on_step: Callable[[SimulatorT], None]) -> None:
        """Let time go on; `on_step` is called in the thread before each step."""
        if self._simulator is not None:
            self._going = self._thread.submit(self._go_on, self._simulator, on_step)

    def check(self) -> None:
        """Raise what ended the thread, where something did."""
        if self._going is not None and self._going.done():
            self._going.result()

    def stop(self) -> None:
        """End the thread; the simulator is closed."""
        self._stopping.set()
        if self._simulator is not None:
            self._thread.submit(self._simulator.close).result()
            self._simulator = None
        self._thread.shutdown()

    def _go_on(self, simulator: SimulatorT, on_step: Callable[[SimulatorT], None]) -> None:
        # Where simulated time should be, and when it was there.
        anchor_ns, anchor_s = simulator.time_ns, time.monotonic()
        while not self._stopping.is_set():
            now_s = time.monotonic()
            wanted_ns = anchor_ns + round((now_s - anchor_s) * self._pace * _NS_IN_S)
            behind_s = (wanted_ns - simulator.time_ns) / _NS_IN_S / self._pace
            if behind_s < self._step_s / self._pace:
                self._stopping.wait(self._step_s / self._pace - behind_s)
                continue
            if behind_s > _MOST_BEHIND_S:
                anchor_ns, anchor_s = simulator.time_ns, now_s - self._step_s / self._pace
            on_step(simulator)
            simulator.advance(self._step_s)
