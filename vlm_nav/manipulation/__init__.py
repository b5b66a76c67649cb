"""From a pixel to a pose of the gripper."""
