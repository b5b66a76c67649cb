"""The simulated robot in its house: it drives, looks and measures, in a time of its own."""

from __future__ import annotations

import functools
import math
import threading
from dataclasses import replace

import mujoco
import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import (
    FloorPose,
    floor_pose_of,
    inverse,
    transform_from_floor_pose,
)
from vlm_nav.sim.contacts import Contacts
from vlm_nav.sim.driving.drives import Drive, PlanarDrive, WheelDrive
from vlm_nav.sim.errors import SimulatorError
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.picture_renderer import PictureRenderer
from vlm_nav.sim.robot.lidar import FIRST_RAD, Lidar
from vlm_nav.sim.robot.posture import Posture
from vlm_nav.sim.robot.robot import CAMERA, LIDAR
from vlm_nav.sim.robot.robot_arm import GRASP
from vlm_nav.sim.robot.robot_sizes import ArmPose
from vlm_nav.sim.robot.sensors import Odometry, Scan
from vlm_nav.sim.simulator_model import STEP_NS, model_of
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.sim.view import SimulatedView

START_NS = 1_000_000_000
"""The simulated time at the beginning; not 0, which ROS takes for no time."""

_STEP_S = STEP_NS / 1e9
# How many steps odometry adds up at a time.
_STEPS_OF_ODOMETRY = 5
# MuJoCo's cameras look along their z backwards, y up.
_CAMERA_FROM_OPTICAL = np.diag([1.0, -1.0, -1.0])


class Simulator:
    """A house with the robot in it; one thread owns it from its making to its closing.

    Nothing moves but within `advance`. What it tells is the state at `time_ns`.
    """

    def __init__(self, plan: HousePlan, settings: SimulatorSettings, start: FloorPose) -> None:
        """Build the house and put the robot into it.

        Raises RenderingError without EGL and OSMesa, SimulatorError for impossible sizes.
        """
        self._thread = threading.get_ident()
        self._plan, self._settings = plan, settings
        self._model = model_of(plan, settings)
        self._data = mujoco.MjData(self._model)
        self._renderer: PictureRenderer | None = PictureRenderer(
            self._model, settings.width_px, settings.height_px, smooth=settings.smooth
        )
        self._contacts = Contacts(self._model, self._data, plan)
        self._camera_id = int(self._model.camera(CAMERA).id)
        self._drive = self._made_drive()
        self._posture = Posture(self._model, self._data, settings.robot)
        self._lidar = Lidar(self._model, settings.robot.lidar)
        self._odometry = Odometry(start, settings.odometry_drift, settings.seed)
        self._steps, self._owed_s = 0, 0.0
        self.place(start)

    @property
    def plan(self) -> HousePlan:
        """Return the house."""
        return self._plan

    @functools.cached_property
    def camera(self) -> PinholeCamera:
        """Return the head's camera."""
        width_px, height_px = self._settings.width_px, self._settings.height_px
        focal_px = height_px / 2 / math.tan(self._settings.robot.head.field_of_view_rad / 2)
        middle_px = ((width_px - 1) / 2, (height_px - 1) / 2)
        return PinholeCamera(width_px, height_px, focal_px, focal_px, *middle_px)

    @property
    def time_ns(self) -> int:
        """Return the simulated time."""
        return START_NS + self._steps * STEP_NS

    def close(self) -> None:
        """Give back what pictures are drawn with; a second call does nothing."""
        self._require_own_thread()
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def advance(self, duration_s: float) -> None:
        """Let time go on by whole steps; what is left of a step is added to the next call."""
        self._require_own_thread()
        if not 0.0 <= duration_s < math.inf:
            raise InvalidValueError(f'time goes on by 0 s or more, got {duration_s}')
        due_s = self._owed_s + duration_s
        # A sum of decimal fractions may lack the last digit of a whole step.
        steps = int(due_s / _STEP_S + 1e-6)
        self._owed_s = max(0.0, due_s - steps * _STEP_S)
        for begun in range(0, steps, _STEPS_OF_ODOMETRY):
            for _ in range(begun, min(begun + _STEPS_OF_ODOMETRY, steps)):
                self._drive.before_step()
                mujoco.mj_step(self._model, self._data)
            self._odometry.moved_to(self._drive.pose())
        self._steps += steps

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds until told otherwise, ahead and to the left positive."""
        self._require_own_thread()
        if not (math.isfinite(forward_m_s) and math.isfinite(turn_rad_s)):
            raise InvalidValueError(f'speeds are finite, got {forward_m_s} and {turn_rad_s}')
        self._drive.set_velocity(forward_m_s, turn_rad_s)

    def set_head(self, pan_rad: float, tilt_rad: float) -> None:
        """Turn the head, left and down positive; it goes no farther than it can."""
        self._require_own_thread()
        if not (math.isfinite(pan_rad) and math.isfinite(tilt_rad)):
            raise InvalidValueError(f'angles are finite, got {pan_rad} and {tilt_rad}')
        self._posture.set_head(pan_rad, tilt_rad)

    def head(self) -> tuple[float, float]:
        """Return where the head is: pan and tilt in radians."""
        self._require_own_thread()
        return self._posture.head()

    def set_arm(self, pose: ArmPose) -> None:
        """Move the arm; no joint goes farther than it can."""
        self._require_own_thread()
        self._posture.set_arm(pose)

    def arm(self) -> ArmPose:
        """Return where the arm is."""
        self._require_own_thread()
        return self._posture.arm()

    def set_gripper(self, opening_m: float) -> None:
        """Open or close the fingers, as far as they can and what they hold lets them."""
        self._require_own_thread()
        if not math.isfinite(opening_m):
            raise InvalidValueError(f'an opening is finite, got {opening_m}')
        self._posture.set_gripper(opening_m)

    def gripper(self) -> float:
        """Return how far the fingers are from one another, in metres."""
        self._require_own_thread()
        return self._posture.gripper()

    def base_from_grasp(self) -> FloatArray:
        """Return where the middle between the finger tips is (4, 4): x along the fingers."""
        self._require_own_thread()
        self._update_places()
        site = self._data.site(GRASP)
        map_from_grasp = _transform(site.xpos, site.xmat.reshape(3, 3))
        return inverse(transform_from_floor_pose(self._drive.pose())) @ map_from_grasp

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        self._require_own_thread()
        return self._drive.pose()

    def odometry(self) -> FloorPose:
        """Return odom_from_base; where the robot was placed last, odom and map are the same."""
        self._require_own_thread()
        return self._odometry.pose

    def place(self, pose: FloorPose) -> None:
        """Put the robot somewhere, at rest."""
        self._require_own_thread()
        self._drive.set_velocity(0.0, 0.0)
        self._drive.place(pose)
        self._data.qvel[:] = self._data.qacc_warmstart[:] = 0.0
        mujoco.mj_forward(self._model, self._data)
        self._odometry.restart(pose)

    def look(self) -> SimulatedView:
        """Return what the camera sees now."""
        self._require_own_thread()
        if self._renderer is None:
            raise SimulatorError('a look was wanted of a simulator that is closed')
        self._update_places()
        drawn = self._renderer.draw(self._data, self._camera_id)
        noise, depth_m = self._settings.depth_noise, drawn.depth_m
        if noise is not None:
            # By the time and not in turn: who looks twice does not change what others see.
            depth_m = noise(depth_m, np.random.default_rng((self._settings.seed, self.time_ns)))
        map_from_base = transform_from_floor_pose(self._drive.pose())
        return SimulatedView(
            identifier=f'{self._settings.camera_name}/{self.time_ns}',
            rgb=drawn.rgb,
            depth_m=depth_m,
            true_depth_m=drawn.depth_m,
            things=self._contacts.names.things(drawn.geoms),
            camera=self.camera,
            base_from_camera=self._base_from_camera(),
            map_from_base=map_from_base,
            stamp_ns=self.time_ns,
        )

    def look_from(self, map_from_camera: FloatArray, identifier: str) -> SimulatedView:
        """Return what the camera would see from a pose (4, 4), which some place of the base gives.

        The robot stays where it is, and its head as it is.
        """
        self._require_own_thread()
        self._update_places()
        base_from_camera = self._base_from_camera()
        stood = self._data.qpos.copy()
        try:
            self._drive.place(floor_pose_of(map_from_camera @ inverse(base_from_camera)))
            return replace(self.look(), identifier=identifier)
        finally:
            self._data.qpos[:] = stood
            self._update_places()

    def scan(self) -> Scan:
        """Return what the lidar measures now, of what collides."""
        self._require_own_thread()
        self._update_places()
        site = self._data.site(LIDAR)
        map_from_lidar = _transform(site.xpos, site.xmat.reshape(3, 3))
        map_from_base = transform_from_floor_pose(self._drive.pose())
        sizes = self._settings.robot.lidar
        return Scan(
            ranges_m=self._lidar.measure(self._data, map_from_lidar),
            angle_min_rad=FIRST_RAD,
            angle_increment_rad=self._lidar.increment_rad,
            range_min_m=sizes.range_min_m,
            range_max_m=sizes.range_max_m,
            base_from_lidar=inverse(map_from_base) @ map_from_lidar,
            stamp_ns=self.time_ns,
        )

    def touched(self) -> tuple[str, ...]:
        """Return the identifiers of things and names of walls that the robot touches now."""
        self._require_own_thread()
        return self._contacts.touched()

    def place_of(self, identifier: str) -> FloatArray:
        """Return where a thing's underside is on the map (3,); it moves where it is loose."""
        self._require_own_thread()
        self._update_places()
        place: FloatArray = self._data.body(self._plan.thing(identifier).identifier).xpos.copy()
        return place

    def pressed_n(self, identifier: str) -> float:
        """Return with how many newtons in all the robot presses on a thing now."""
        self._require_own_thread()
        return self._contacts.pressed_n(identifier)

    def _made_drive(self) -> Drive:
        if self._settings.wheels:
            return WheelDrive(self._model, self._data, self._settings.robot.base)
        return PlanarDrive(self._model, self._data)

    def _update_places(self) -> None:
        """Compute where everything is; after a step it is known only from before that step."""
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)

    def _base_from_camera(self) -> FloatArray:
        rotation = self._data.cam_xmat[self._camera_id].reshape(3, 3) @ _CAMERA_FROM_OPTICAL
        map_from_camera = _transform(self._data.cam_xpos[self._camera_id], rotation)
        return inverse(transform_from_floor_pose(self._drive.pose())) @ map_from_camera

    def _require_own_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise SimulatorError(
                'the simulator belongs to the thread that made it, got a call from '
                f'{threading.current_thread().name}; let one executor with one worker make and '
                'ask it'
            )


def _transform(position: FloatArray, rotation: FloatArray) -> FloatArray:
    transform = np.eye(4)
    transform[:3, :3], transform[:3, 3] = rotation, position
    return transform
