"""The thread that owns a simulator: everything in one thread, at a pace, and it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

pytest.importorskip('rclpy')

from vlm_nav.ros.simulator_thread import STEP_S, SimulatorThread
from vlm_nav.ros.simulator_work import Every

PATIENCE_S = 10.0


class CountedSimulator:
    """Counts its steps, and in which threads it was asked."""

    def __init__(self) -> None:
        self.time_ns = 1_000_000_000
        self.threads = {threading.get_ident()}
        self.closed = False

    def advance(self, duration_s: float) -> None:
        self.threads.add(threading.get_ident())
        self.time_ns += round(duration_s * 1e9)

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed = True


def until(happened: Callable[[], bool]) -> None:
    """Wait until something has happened; fail after a while."""
    until_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until_s
        time.sleep(0.001)


def test_one_thread_makes_steps_and_closes_the_simulator() -> None:
    running = SimulatorThread(CountedSimulator, pace=20.0)
    simulator = running.make()
    steps: list[int] = []
    running.begin(lambda stepped: steps.append(stepped.time_ns))
    until(lambda: len(steps) >= 5)
    running.stop()
    assert simulator.closed
    assert len(simulator.threads) == 1
    assert threading.get_ident() not in simulator.threads
    # Each step of time comes after who works with it, none twice and none without.
    step_ns = round(STEP_S * 1e9)
    assert steps[:5] == [1_000_000_000 + index * step_ns for index in range(5)]
    running.check()


def test_simulated_time_never_goes_faster_than_it_is_asked_to() -> None:
    running = SimulatorThread(CountedSimulator, pace=2.0)
    simulator = running.make()
    began_s = time.monotonic()
    running.begin(lambda stepped: None)
    until(lambda: simulator.time_ns >= 1_400_000_000)
    assert time.monotonic() - began_s >= 0.4 / 2.0 - STEP_S
    running.stop()


def test_what_was_missed_while_it_could_not_go_on_is_not_raced_through() -> None:
    running = SimulatorThread(CountedSimulator, pace=1.0)
    simulator = running.make()
    stepped: list[float] = []

    def step(_: CountedSimulator) -> None:
        stepped.append(time.monotonic())
        if len(stepped) == 3:
            time.sleep(1.0)

    running.begin(step)
    until(lambda: len(stepped) >= 8)
    running.stop()
    simulated_s = (simulator.time_ns - 1_000_000_000) / 1e9
    assert simulated_s < stepped[-1] - stepped[0] - 0.5


def test_who_waits_for_a_simulator_that_cannot_be_made_is_told() -> None:
    def broken() -> CountedSimulator:
        raise RuntimeError('no picture can be drawn')

    running = SimulatorThread(broken)
    with pytest.raises(RuntimeError, match='no picture'):
        running.make()
    running.stop()


def test_what_ends_the_thread_is_told_and_the_simulator_is_closed() -> None:
    running = SimulatorThread(CountedSimulator, pace=20.0)
    simulator = running.make()

    def fail(_: CountedSimulator) -> None:
        raise RuntimeError('the wheel came off')

    def has_failed() -> bool:
        running.check()
        return False

    running.begin(fail)
    with pytest.raises(RuntimeError, match='wheel'):
        until(has_failed)
    running.stop()
    assert simulator.closed


def test_what_happens_so_often_is_due_so_often_and_not_made_up_for() -> None:
    every = Every(5.0)
    due = [now_ms for now_ms in range(0, 1000, 20) if every.due(now_ms * 1_000_000)]
    assert due == [0, 200, 400, 600, 800]
    assert every.due(5_000_000_000)
    assert [every.due(now_ns) for now_ns in (5_020_000_000, 5_200_000_000)] == [False, True]
