"""Pictures of where the robot could be, among which the model chooses."""
