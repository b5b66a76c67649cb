"""What the robot remembers of where it was."""
