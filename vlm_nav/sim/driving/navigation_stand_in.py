"""Nav2 as its clients know it, without Nav2: what it accepts, how goals end, and what it says.

Pure logic in simulated time. Its behaviour is that of Nav2 1.4 (Kilted) as it was measured, but
for crashes: what makes Nav2's planner die is a goal outside of the map here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.nav2_states import NavResult
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.navigation_drive import Drive
from vlm_nav.sim.driving.navigation_frames import MAP, Frames, NotFound
from vlm_nav.sim.driving.navigation_motions import LookAhead
from vlm_nav.sim.driving.navigation_settings import StandInSettings
from vlm_nav.sim.driving.navigation_words import (
    FAILED_TO_LOAD_BEHAVIOR_TREE,
    TF_ERROR,
    Ended,
    Moment,
    NavigationFeedback,
    NavigationGoal,
    Said,
)
from vlm_nav.sim.driving.occupancy import ROBOT_HEIGHT_M, in_the_way
from vlm_nav.sim.driving.pursuit import STANDING, Velocity, eased
from vlm_nav.sim.driving.spin_stand_in import CANCELED, NO_WORD, SpinStandIn
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_plan import HousePlan

NAVIGATOR, PLANNER, CONTROLLER = 'bt_navigator', 'planner_server', 'controller_server'
SERVERS = frozenset({NAVIGATOR, PLANNER, CONTROLLER})

CANCEL_NONE, CANCEL_UNKNOWN_GOAL, CANCEL_GOAL_TERMINATED = 0, 2, 3
"""The return codes of a cancel request, as in action_msgs/CancelGoal."""

# Of the commands of a turn and of a drive at once, the base hears this share of the turn's.
_TURNS_SHARE = 3
# How many ended goals are told apart from those that never were.
_REMEMBERED = 256


@dataclass
class _Run:
    """The goal in the slot; `error` is what its own check found while an older drive went on."""

    goal: NavigationGoal
    began_ns: int
    drive: Drive
    error: NavResult | None = None
    feedback_due_ns: int = 0


@dataclass
class _Arrived:
    """A goal that was accepted and not looked at yet."""

    goal: NavigationGoal
    since_ns: int | None = None


@dataclass
class _Saying:
    """What is said at one moment, collected."""

    feedback: list[NavigationFeedback] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


class NavigationStandIn:
    """Takes goals and turns, and tells the base how fast to go at each moment.

    Goals may come and be cancelled between moments; what becomes of them is said at the next.
    """

    def __init__(
        self,
        costmap: Costmap,
        clearance_m: Callable[[FloatArray], FloatArray],
        settings: StandInSettings = StandInSettings(),
    ) -> None:
        """Drive by a costmap in the frame map; see LookAhead for `clearance_m`."""
        self.costmap = costmap
        self.settings = settings
        self.spin = SpinStandIn(settings.pursuit)
        self._look_ahead = LookAhead(clearance_m, settings.radius_m)
        self._frames = Frames()
        self._inactive: set[str] = set()
        self._arrived: list[_Arrived] = []
        self._run: _Run | None = None
        self._cancelled: set[bytes] = set()
        self._ended: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._velocity = STANDING
        self._moments = 0
        self._now_ns: int | None = None
        self._seen: Moment | None = None
        self._lost_since_ns: int | None = None

    @property
    def active(self) -> bool:
        """Return whether goals are accepted."""
        return NAVIGATOR not in self._inactive

    @property
    def rolling_out(self) -> bool:
        """Return whether the base still moves, although nobody wants it anywhere."""
        wanted = bool(self._arrived) or self._run is not None or self.spin.busy
        return not wanted and self._velocity != STANDING

    def set_active(self, server: str, active: bool) -> None:
        """Bring one of the SERVERS up or down; raises InvalidValueError for any other."""
        if server not in SERVERS:
            raise InvalidValueError(f'one of {sorted(SERVERS)} was wanted, got {server!r}')
        (self._inactive.discard if active else self._inactive.add)(server)

    def send(self, goal: NavigationGoal) -> bool:
        """Return whether the goal is accepted: it is not looked at before that."""
        if self.active:
            self._arrived.append(_Arrived(goal))
        return self.active

    def cancel(self, goal_id: bytes | None = None) -> int:
        """Cancel a goal, or all of them; return the code of the answer."""
        known = [arrived.goal.goal_id for arrived in self._arrived]
        if self._run is not None:
            known.append(self._run.goal.goal_id)
        if goal_id is None:
            self._cancelled.update(known)
            return CANCEL_NONE
        if goal_id in known:
            self._cancelled.add(goal_id)
            return CANCEL_NONE
        return CANCEL_GOAL_TERMINATED if goal_id in self._ended else CANCEL_UNKNOWN_GOAL

    def step(self, moment: Moment) -> Said:
        """Return what to do and to say at a moment; moments never go back in time."""
        last_ns = moment.stamp_ns if self._now_ns is None else self._now_ns
        self._now_ns = moment.stamp_ns
        self._frames.take(moment)
        saying = _Saying()
        for arrived in tuple(self._arrived):
            self._look_at(arrived, moment, saying)
        wanted, plan = self._drive(moment, saying)
        turn, spin_feedback, spin_ended = self.spin.step(moment)
        self._moments += 1
        if turn is not None and (self._run is None or self._moments % _TURNS_SHARE == 0):
            wanted = turn
        duration_s = (moment.stamp_ns - last_ns) / NS_IN_S
        self._velocity = eased(wanted, self._velocity, duration_s, self.settings.pursuit)
        ended = (*saying.ended, *spin_ended)
        return Said(self._velocity, tuple(saying.feedback), spin_feedback, ended, plan)

    def _look_at(self, arrived: _Arrived, moment: Moment, saying: _Saying) -> None:
        """Check a goal, and give it the slot as soon as its place in the map is known."""
        goal = arrived.goal
        if arrived.since_ns is None:
            arrived.since_ns = moment.stamp_ns
        if goal.behavior_tree:
            words = f'Error loading XML file: {goal.behavior_tree}. Navigation canceled.'
            alone = NavResult(GoalStatus.ABORTED, FAILED_TO_LOAD_BEHAVIOR_TREE, words)
            self._arrived.remove(arrived)
            self._end(goal, arrived.since_ns, alone if self._run is None else NO_WORD, saying)
            return
        target = self._frames.target(goal)
        waited_s = (moment.stamp_ns - arrived.since_ns) / NS_IN_S
        patient = waited_s < self.settings.transform_patience_s
        if isinstance(target, NotFound) and patient and goal.goal_id not in self._cancelled:
            return
        self._arrived.remove(arrived)
        if isinstance(target, NotFound):
            self._take_nowhere(arrived, arrived.since_ns, saying)
        else:
            self._take(goal, arrived.since_ns, target, saying)

    def _take(
        self, goal: NavigationGoal, began_ns: int, target: FloorPose, saying: _Saying
    ) -> None:
        before = self._preempt(saying)
        drive = Drive(target, self.costmap, self._look_ahead, self.settings, before)
        self._run = _Run(goal, began_ns, drive)

    def _take_nowhere(self, arrived: _Arrived, began_ns: int, saying: _Saying) -> None:
        """Take a goal without a place: it fails, or rides along with the drive that goes on."""
        goal = arrived.goal
        words = (
            f"Failed to transform a goal pose provided with frame_id '{goal.frame_id}' "
            f"to the global frame '{MAP}'."
        )
        failure = NavResult(GoalStatus.ABORTED, TF_ERROR, words)
        before = self._preempt(saying)
        if before is not None:
            self._run = _Run(goal, began_ns, before, failure)
        elif goal.goal_id in self._cancelled:
            self._end(goal, began_ns, CANCELED, saying)
        else:
            self._end(goal, began_ns, failure, saying)

    def _preempt(self, saying: _Saying) -> Drive | None:
        """End the goal in the slot, if there is one, and return its drive."""
        run, self._run = self._run, None
        if run is None:
            return None
        self._end(run.goal, run.began_ns, NO_WORD, saying)
        return run.drive

    def _drive(self, moment: Moment, saying: _Saying) -> tuple[Velocity, FloatArray | None]:
        """Go on with the goal in the slot; return the velocity, and the plan where it is new."""
        run = self._run
        if run is None:
            return STANDING, None
        over = self._over_before_its_end(run)
        if over is not None:
            self._run = None
            self._end(run.goal, run.began_ns, over, saying)
            return STANDING, None
        self._say_where(run, moment, saying)
        if moment.map_from_base is None:
            self._lost_since_ns = self._lost_since_ns or moment.stamp_ns
            return STANDING, None
        self._find_again(run, moment)
        now_s = moment.stamp_ns / NS_IN_S
        velocity, result = run.drive.step(now_s, moment.map_from_base)
        if result is not None:
            self._run = None
            self._end(run.goal, run.began_ns, _with_error(result, run.error), saying)
        return velocity, run.drive.new_plan

    def _over_before_its_end(self, run: _Run) -> NavResult | None:
        if self._inactive:
            return NO_WORD
        return CANCELED if run.goal.goal_id in self._cancelled else None

    def _find_again(self, run: _Run, moment: Moment) -> None:
        """Count it as a failed turn when the robot was lost for longer than one may take."""
        since_ns, self._lost_since_ns = self._lost_since_ns, None
        if since_ns is not None:
            lost_s = (moment.stamp_ns - since_ns) / NS_IN_S
            run.drive.spin_failed |= lost_s > self.settings.recovery.motion_allowance_s
        self._seen = moment

    def _say_where(self, run: _Run, moment: Moment, saying: _Saying) -> None:
        seen = self._seen if moment.map_from_base is None else moment
        if seen is None or seen.map_from_base is None or moment.stamp_ns < run.feedback_due_ns:
            return
        run.feedback_due_ns = moment.stamp_ns + round(self.settings.feedback_period_s * NS_IN_S)
        left_m, speed_m_s = run.drive.left_m, self._velocity.forward_m_s
        feedback = NavigationFeedback(
            goal_id=run.goal.goal_id,
            map_from_base=seen.map_from_base,
            stamp_ns=seen.stamp_ns,
            navigation_time_s=(moment.stamp_ns - run.began_ns) / NS_IN_S,
            estimated_time_remaining_s=left_m / speed_m_s if speed_m_s > 0.01 else 0.0,
            number_of_recoveries=run.drive.recoveries,
            distance_remaining_m=left_m,
        )
        saying.feedback.append(feedback)

    def _end(
        self, goal: NavigationGoal, began_ns: int, result: NavResult, saying: _Saying
    ) -> None:
        now_ns = began_ns if self._now_ns is None else self._now_ns
        self._ended.append(goal.goal_id)
        self._cancelled.discard(goal.goal_id)
        saying.ended.append(Ended(goal.goal_id, result, (now_ns - began_ns) / NS_IN_S))


def stand_in_for(
    plan: HousePlan,
    settings: StandInSettings = StandInSettings(),
    robot_height_m: float = ROBOT_HEIGHT_M,
) -> NavigationStandIn:
    """Return the stand-in that drives a robot of this height through a house."""
    costmap = house_costmap(plan, settings.radius_m, robot_height_m)
    boxes = in_the_way(plan.footprints(), robot_height_m)
    return NavigationStandIn(costmap, Clearance(boxes), settings)


def _with_error(result: NavResult, error: NavResult | None) -> NavResult:
    """Return a result with the code and the words that were found before, where they count more.

    The smallest code above 0 is told.
    """
    if error is None or 0 < result.error_code < error.error_code:
        return result
    return NavResult(result.status, error.error_code, error.error_msg)
