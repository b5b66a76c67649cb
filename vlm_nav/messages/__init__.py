"""ROS messages read by the names of their fields; no ROS is needed for it."""
