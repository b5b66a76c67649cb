"""What the robot saw, in the frames of the robot."""
