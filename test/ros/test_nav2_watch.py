"""Feedback that froze is told from a robot that stands; what comes often is let through seldom."""

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.nav2_states import DriveProgress
from vlm_nav.ros.nav2_watch import FeedbackWatch, Throttle


class Clock:
    """A clock that is set by hand."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def feedback(stamp_ns: int, x_m: float) -> DriveProgress:
    """Return a feedback at a place."""
    return DriveProgress('map', stamp_ns, FloorPose(x_m, 0.0, 0.0), 1.0, 0)


def test_frozen_feedback_is_silence_and_a_standing_robot_is_not() -> None:
    clock = Clock()
    watch = FeedbackWatch(5.0, clock)
    assert 'no feedback' in watch.words()
    for clock.now_s in (1.0, 2.0, 3.0):
        watch.take(feedback(stamp_ns=7, x_m=0.0))
    assert watch.left_s() == 3.0
    clock.now_s = 4.0
    watch.take(feedback(stamp_ns=8, x_m=0.0))
    assert watch.left_s() == 5.0
    clock.now_s = 10.0
    assert watch.left_s() == 0.0
    assert 'froze' in watch.words()


def test_a_throttle_lets_one_through_in_each_period() -> None:
    clock = Clock()
    throttle = Throttle(0.2, clock)
    passed = 0
    for step in range(100):
        clock.now_s = step * 0.01
        passed += throttle.passes()
    assert passed == 5
