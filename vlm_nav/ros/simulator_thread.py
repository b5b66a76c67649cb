"""The thread that owns a simulator: it lets simulated time go on at its pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
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
        self._made: Future[SimulatorT] = Future()
        self._ended: Future[None] = Future()
        self._began = threading.Event()
        self._on_step: Callable[[SimulatorT], None] = lambda simulator: None
        self._thread = threading.Thread(target=self._run, name='simulator')

    def make(self) -> SimulatorT:
        """Start the thread and return the simulator, to be called within steps only.

        Raises what its making raised.
        """
        self._thread.start()
        return self._made.result()

    def begin(self, on_step: Callable[[SimulatorT], None]) -> None:
        """Let time go on; `on_step` is called in the thread before each step."""
        self._on_step = on_step
        self._began.set()

    def check(self) -> None:
        """Raise what ended the thread, where something did."""
        if self._ended.done():
            self._ended.result()

    def stop(self) -> None:
        """End the thread; the simulator is closed."""
        self._stopping.set()
        self._began.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            simulator = self._make()
        except BaseException as error:
            # Whatever it was: who waits for the simulator is the one to be told.
            self._made.set_exception(error)
            return
        self._made.set_result(simulator)
        try:
            self._began.wait()
            self._go_on(simulator)
            self._ended.set_result(None)
        except BaseException as error:
            self._ended.set_exception(error)
        finally:
            simulator.close()

    def _go_on(self, simulator: SimulatorT) -> None:
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
            self._on_step(simulator)
            simulator.advance(self._step_s)
